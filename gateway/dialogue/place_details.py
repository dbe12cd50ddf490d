"""What is asked of the places just shown: hours, a day, how far, without a car, an appointment, access, phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from assistance import opening_hours
from assistance.context import Context
from assistance.french_days import find_day
from assistance.lieu import Lieu
from assistance.lieu_details import find_detail
from assistance.opening_hours import PARIS
from assistance.wording import Wording
from gateway.dialogue.place_words import of_commune, say_day, say_hour, say_km, say_moment
from gateway.dialogue.places import DoorsAnswer, PlaceFinder
from gateway.knowledge import Edition
from knowledge_base.travel import FAR_MIN

_OTHERS_THAT_DAY, _KEPT = 2, 3


@dataclass(frozen=True)
class PlaceDetails:
    """Answers about the places a conversation has just been shown."""

    wording: Wording
    places: PlaceFinder

    def answer(self, edition: Edition, context: Context, text: str, now: datetime) -> DoorsAnswer:
        """The detail that `text` asks of `context.lieux`; the same places are shown again."""
        commune = self.places.communes.by_code(context.commune) if context.commune else None
        seen = (edition.locator.by_id(place_id, now, commune) for place_id in context.lieux)
        shown = [lieu for lieu in seen if lieu is not None]
        detail = find_detail(text) or "hours"
        day = find_day(text, now.astimezone(PARIS).date()) if detail == "hours" else None
        if day is not None:
            return self._on_day(edition, context, shown, day, now)
        said = self._sentences(detail, shown, now)
        return DoorsAnswer("\n".join(said), tuple(lieu.reference for lieu in shown), context.commune)

    def _sentences(self, detail: str, shown: Sequence[Lieu], now: datetime) -> list[str]:
        if detail == "without_car":
            return self._without_car(shown)
        say: dict[str, Callable[[Lieu], str]] = {
            "hours": lambda lieu: self._hours(lieu, now),
            "far": self._far,
            "appointment": self._appointment,
            "access": self._access,
            "phone": self._phone,
            "address": self._address,
        }
        return [say[detail](lieu) for lieu in shown]

    def _hours(self, lieu: Lieu, now: datetime) -> str:
        opening = self.places.words.opening(lieu, now) if lieu.open_now is not None else ""
        return self.wording.say("detail_hours", name=lieu.name, hours=lieu.hours_text, opening=opening).strip()

    def _far(self, lieu: Lieu) -> str:
        say = self.wording.say
        if lieu.distance_km is None:
            return say("detail_far_unknown", name=lieu.name)
        if lieu.distance_km < 1:
            return say("detail_far_here", name=lieu.name)
        phone = self._call_first(lieu) if (lieu.far or 0) >= FAR_MIN[1] else ""
        return say("detail_far", name=lieu.name, km=say_km(lieu.distance_km), minutes=lieu.travel_min, phone=phone)

    def _call_first(self, lieu: Lieu) -> str:
        return self.wording.say("detail_call_first", phone=lieu.phone) if lieu.phone else ""

    def _without_car(self, shown: Sequence[Lieu]) -> list[str]:
        say = self.wording.say
        networks = dict.fromkeys(lieu.without_car for lieu in shown if lieu.without_car)
        said = [*networks] or [say("detail_no_network")]
        phones = [say("detail_phone", name=lieu.name, phone=lieu.phone) for lieu in shown if lieu.phone]
        return [*said, say("detail_by_phone"), *phones] if phones else said

    def _appointment(self, lieu: Lieu) -> str:
        sentence = self.wording.texts["detail_appointment"][lieu.appointment or "unknown"]
        return str(sentence).format(name=lieu.name, phone=self._call_first(lieu))

    def _access(self, lieu: Lieu) -> str:
        if lieu.accessibility:
            return self.wording.say("detail_access", name=lieu.name, access=lieu.accessibility)
        return self.wording.say("detail_access_unknown", name=lieu.name, phone=self._call_first(lieu))

    def _phone(self, lieu: Lieu) -> str:
        if lieu.phone:
            return self.wording.say("detail_phone", name=lieu.name, phone=lieu.phone)
        return self.wording.say("detail_phone_unknown", name=lieu.name, ask=f"{lieu.hours_text}.")

    def _address(self, lieu: Lieu) -> str:
        address = ", ".join(part for part in (lieu.address, lieu.commune) if part)
        return self.wording.say("detail_address", name=lieu.name, address=address)

    def _on_day(
        self, edition: Edition, context: Context, shown: Sequence[Lieu], day: date, now: datetime
    ) -> DoorsAnswer:
        """Each place on that day; when none is surely open, others of the same kinds that are."""
        named = say_day(datetime.combine(day, time(12), PARIS), now)
        said = [self._one_on_day(edition, lieu, day, named, now) for lieu in shown]
        ids = [lieu.reference for lieu in shown]
        if not any(self._spans(edition, lieu, day) for lieu in shown):
            others = self._open_on_day(edition, context, shown, day)
            if others:
                said.append(self.wording.say("detail_day_other", day=named))
                said += [self._one_on_day(edition, lieu, day, named, now) for lieu in others]
                ids = [*(lieu.id for lieu in others), *ids[:_KEPT]]
            else:
                near = self.places.communes.by_code(context.commune or "")
                of = of_commune(near.nom) if near else "d'ici"
                said.append(self.wording.say("detail_day_none", day=named, of_commune=of))
        return DoorsAnswer("\n".join(said), tuple(ids), context.commune)

    def _one_on_day(self, edition: Edition, lieu: Lieu, day: date, named: str, now: datetime) -> str:
        say = self.wording.say
        spans = self._spans(edition, lieu, day)
        if spans is None:
            return say("detail_day_unsure", name=lieu.name, hours=lieu.hours_text)
        if spans:
            said = (say("detail_span", start=_hour(start), end=_hour(end)) for start, end in spans)
            return say("detail_day_open", name=lieu.name, day=named, spans=" et ".join(said))
        evening = datetime.combine(day, time(23, 59), PARIS)
        after = opening_hours.state(edition.locator.spots[lieu.id].hours, evening).next_opening
        opens = say("detail_day_next", moment=say_moment(after, now)) if after else ""
        return say("detail_day_closed", name=lieu.name, day=named, next=opens)

    def _spans(self, edition: Edition, lieu: Lieu, day: date) -> list[tuple[datetime, datetime]] | None:
        hours = edition.locator.spots[lieu.id].hours
        return opening_hours.spans_on(hours, day) if hours else None

    def _open_on_day(self, edition: Edition, context: Context, shown: Sequence[Lieu], day: date) -> list[Lieu]:
        """Doors of the same kinds, or France services, that are surely open at ten that day and not shown yet."""
        commune = self.places.communes.by_code(context.commune) if context.commune else None
        if commune is None:
            return []
        at, known = datetime.combine(day, time(10), PARIS), {lieu.id for lieu in shown}
        wanted = [*dict.fromkeys(lieu.kind for lieu in shown), "france_services"]
        found = edition.locator.for_need(commune, wanted, at, limit=8)
        near = [lieu for lieu in found if (lieu.travel_min or 0) <= FAR_MIN[-1] and lieu.id not in known]
        return [lieu for lieu in near if self._spans(edition, lieu, day)][:_OTHERS_THAT_DAY]


def _hour(moment: datetime) -> str:
    return say_hour(moment).removeprefix("à ")
