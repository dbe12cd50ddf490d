"""A place in one or two sentences: its name, where it is, its phone, whether it is open."""

from dataclasses import dataclass
from datetime import datetime

from assistance.french import fold
from assistance.lieu import Lieu
from assistance.opening_hours import PARIS
from assistance.wording import Wording
from knowledge_base.doors import Line
from knowledge_base.travel import FAR_MIN

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass(frozen=True)
class PlaceWords:
    """Says places in the sentences of texts/fr.yml."""

    wording: Wording

    def describe(self, lieu: Lieu, now: datetime, sector: bool = False) -> str:
        """One place; `sector` says that it is the one in charge of the commune. Far away, the phone comes first."""
        say = self.wording.say
        name = say("place_in_charge", name=lieu.name) if sector else lieu.name
        address = ", ".join(part for part in (lieu.address, lieu.commune) if part)
        hours = " ".join(part for part in (self.opening(lieu, now), self._appointment(lieu), lieu.note) if part)
        if lieu.phone and lieu.far is not None and lieu.far >= FAR_MIN[1]:
            return say("place_far", name=name, minutes=lieu.travel_min, phone=lieu.phone, address=address, hours=hours)
        phone = say("place_phone", phone=lieu.phone) if lieu.phone else ""
        return say("place", name=name, address=address + self._distance(lieu), phone=phone, hours=hours)

    def _distance(self, lieu: Lieu) -> str:
        if lieu.distance_km is None or lieu.distance_km < 1:
            return ""
        return f" ({say_km(lieu.distance_km)})"

    def opening(self, lieu: Lieu, now: datetime) -> str:
        """Whether it is open, and until or from when; doubtful hours are never said as open or closed."""
        say = self.wording.say
        if lieu.open_now and lieu.open_on_arrival is False:
            again = say("place_reopens", moment=say_moment(lieu.next_opening, now)) if lieu.next_opening else ""
            return f"{say('place_too_late', hour=say_hour(lieu.closes_at or now))} {again}".strip()
        if lieu.open_now and lieu.closes_at:
            return say("place_open", hour=say_hour(lieu.closes_at))
        if lieu.open_now is False and lieu.next_opening:
            return say("place_opens", moment=say_moment(lieu.next_opening, now))
        if lieu.id.count("~"):
            return say("place_stop", hours=lieu.hours_text)
        return say("place_confirm" if lieu.phone else "place_confirm_no_phone")

    def _appointment(self, lieu: Lieu) -> str:
        return self.wording.say("place_appointment") if lieu.appointment == "required" else ""

    def lines(self, lines: tuple[Line, ...], now: datetime) -> str:
        """The telephone lines that answer now, else the one that answers first; "" without any."""
        if not lines:
            return ""
        if lines[0].answers_now:
            said = " ; ".join(f"{line.number}, {line.label}" for line in lines)
            return self.wording.say("line_now", lines=said)
        first = lines[0]
        assert first.next_answer is not None  # find_lines gives no other
        moment = say_moment(first.next_answer, now)
        return self.wording.say("line_later", number=first.number, label=first.label, moment=moment)


def of_commune(name: str) -> str:
    """Return `name` after "de", elided or contracted: "d'Arras", "du Touquet", "des Attaques"."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d'{name}" if fold(name)[:1] in set("aeiouyh") else f"de {name}"


def say_hour(moment: datetime) -> str:
    """An hour in Paris: "à 17 h 30"."""
    local = moment.astimezone(PARIS)
    return f"à {local.hour} h" + (f" {local.minute:02d}" if local.minute else "")


def say_day(moment: datetime, now: datetime) -> str:
    """A day near `now`, in Paris: "demain", "samedi 28/11"."""
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    days = (local.date() - today).days
    named = f"{_DAYS[local.weekday()]} {local.day:02d}/{local.month:02d}"
    return {0: "aujourd'hui", 1: "demain"}.get(days, named)


def say_moment(moment: datetime, now: datetime) -> str:
    """A moment near `now`, in Paris: "demain à 9 h"."""
    return f"{say_day(moment, now)} {say_hour(moment)}"


def say_km(distance_km: float) -> str:
    return f"{distance_km:.0f} km" if distance_km >= 10 else f"{distance_km:.1f} km".replace(".", ",")
