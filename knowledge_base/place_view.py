"""A place as it is from somewhere at a moment: its state, its hours in words, how to come."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from assistance import opening_hours
from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.lieu import Closure, Commune, Lieu, Place, Stop
from assistance.opening_hours import PARIS, OpeningState
from assistance.wording import Wording
from knowledge_base.competence import Competences
from knowledge_base.nearest import Spot, distance_km
from knowledge_base.territory import Territory, TransportNetwork
from knowledge_base.travel import Origin, TravelTimes, threshold_passed

TEXTS = Path(__file__).parents[1] / "assistance" / "texts" / "lieux.yml"

_NO_STATE = OpeningState(open_now=None)
_PREMIUM_RATE = re.compile(r"08[129]")


@dataclass(frozen=True, slots=True)
class Sight:
    """What ranks a spot seen from somewhere at a moment; `Lieu` says the rest."""

    spot: Spot
    distance_km: float | None
    travel_min: int | None
    competent: bool
    open_now: bool | None
    open_on_arrival: bool | None
    closes_at: datetime | None
    next_opening: datetime | None
    unconditional: bool
    ask: str = ""  # a key of texts/lieux.yml: what to ask for there, when it stands in for another

    @property
    def phone(self) -> str:
        return self.spot.place.phone

    @property
    def to_confirm(self) -> bool:
        return self.spot.place.to_confirm or (self.spot.stop is not None and not self.spot.stop.hours)


class PlaceView:
    """Turns spots into what the API calls Lieu; built once per edition of the places."""

    def __init__(self, territory: Territory, places: Sequence[Place], competences: Competences) -> None:
        self._texts = Wording.load(TEXTS)
        self._territory, self._competences = territory, competences
        self.travel = TravelTimes()
        self._halls: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            if place.kind == "mairie":
                self._halls[place.code_insee].append(place)
        self._without_car = {code: self._say_network(network) for code, network in territory.networks.items()}

    def sight(self, spot: Spot, at: datetime | None, origin: Origin | None = None, km: float | None = None) -> Sight:
        """The spot seen at `at` (no opening state without) from `origin` (no distance without): what ranks it."""
        if km is None and origin is not None and spot.point:
            km = distance_km(*point_of(origin), *spot.point)
        travel = None if km is None or origin is None else self.travel.minutes(origin, spot.id, km)
        state = opening_hours.state(spot.hours, at) if spot.hours and at is not None else _NO_STATE
        arrival = self._on_arrival(spot, at, travel, state)
        return Sight(
            spot=spot,
            distance_km=km,
            travel_min=travel,
            competent=isinstance(origin, Commune) and self._competences.in_charge(spot.place, origin),
            open_now=state.open_now,
            open_on_arrival=arrival,
            closes_at=state.closes_at,
            next_opening=state.next_opening or self._reopening(spot, state, arrival),
            unconditional=spot.place.kind in UNCONDITIONAL_KINDS,
        )

    def lieu(self, sight: Sight, at: datetime | None, origin: Origin | None = None) -> Lieu:
        """All that is said of what `sight` saw at `at` from `origin`."""
        place, stop = sight.spot.place, sight.spot.stop
        today = at.astimezone(PARIS).date() if at else date.min
        return Lieu(
            id=sight.spot.id,
            name=place.name,
            kind=place.kind,
            address=stop.address if stop else place.address,
            code_insee=stop.code_insee if stop else place.code_insee,
            commune=stop.commune if stop else place.commune,
            phone=place.phone,
            website=place.website,
            lat=stop.lat if stop else place.lat,
            lon=stop.lon if stop else place.lon,
            distance_km=None if sight.distance_km is None else round(sight.distance_km, 1),
            travel_min=sight.travel_min,
            far=None if sight.travel_min is None else threshold_passed(sight.travel_min),
            unconditional=sight.unconditional,
            competent=sight.competent,
            open_now=sight.open_now,
            closes_at=sight.closes_at,
            next_opening=sight.next_opening,
            open_on_arrival=sight.open_on_arrival,
            hours_text=self._say_hours(place, stop, today),
            to_confirm=sight.to_confirm,
            source=place.source,
            source_date=place.source_date,
            appointment=place.appointment,
            appointment_url=place.appointment_url or None,
            permanences=[
                {"operateur": one.operateur, "hours_text": say_hours(one.hours) or one.when}
                for one in place.permanences
            ],
            itinerant=place.itinerant,
            stops=[
                {
                    "commune": one.commune, "code_insee": one.code_insee, "address": one.address,
                    "hours_text": say_hours(one.hours) or one.when,
                }
                for one in place.stops
            ],
            closures=[
                {"from": str(one.start), "to": str(one.end), "reason": one.reason}
                for one in place.closures
                if one.end >= today
            ],
            services=list(place.services or self._texts.texts["services"].get(place.kind, ())),
            without_car=self._say_without_car(place, origin),
            accessibility=place.accessibility,
            languages=list(place.languages),
            note=self._texts.say(sight.ask) if sight.ask else "",
            ask=sight.ask,
        )  # fmt: skip

    def _on_arrival(self, spot: Spot, at: datetime | None, travel: int | None, state: OpeningState) -> bool | None:
        if state.open_now is None or at is None or travel is None:
            return state.open_now
        return opening_hours.is_open(spot.hours, at + timedelta(minutes=travel))

    def _reopening(self, spot: Spot, state: OpeningState, arrival: bool | None) -> datetime | None:
        """When a door that closes before one can be there opens again."""
        if state.open_now and arrival is False and state.closes_at:
            return opening_hours.state(spot.hours, state.closes_at).next_opening
        return None

    def _say_hours(self, place: Place, stop: Stop | None, today: date) -> str:
        say = self._texts.say
        if place.itinerant and stop is None:
            return say("hours_itinerant", ask=self._say_ask(place))
        if stop is not None and not stop.hours:
            return say("hours_words", words=stop.when, ask=self._say_ask(place))
        words = say_hours(stop.hours if stop else place.hours)
        if not words:
            return say("hours_unknown", ask=self._say_ask(place))
        words = " ; ".join([words, *self._say_closures(place.closures, today)])
        if not place.to_confirm:
            return words
        date_of = place.source_date
        when = say("in_year", year=date_of.year) if date_of else say("undated")
        if place.phone:
            return say("hours_old", words=words, when=when, phone=place.phone)
        return say("hours_old_no_phone", words=words, when=when, ask=self._say_ask(place))

    def _say_closures(self, closures: Sequence[Closure], today: date) -> list[str]:
        return [
            self._texts.say(
                "closed_day" if one.start == one.end else "closed_span", start=say_day(one.start), end=say_day(one.end)
            )
            + (f" ({one.reason})" if one.reason else "")
            for one in closures
            if one.end >= today
        ]

    def _say_ask(self, place: Place) -> str:
        if place.phone:
            return self._texts.say("ask_phone", phone=place.phone)
        halls = self._halls[place.code_insee] if place.kind != "mairie" else []
        phone = next((hall.phone for hall in halls if hall.phone), "")
        return self._texts.say("ask_mairie", phone=phone) if phone else self._texts.say("ask_there")

    def _say_without_car(self, place: Place, origin: Origin | None) -> str:
        commune = origin if isinstance(origin, Commune) else self._territory.communes.get(place.code_insee)
        return self._without_car.get(commune.epci_code, "") if commune else ""

    def _say_network(self, network: TransportNetwork) -> str:
        """One sentence: the network, free or not, on demand or not, and whom to ask."""
        say = self._texts.say
        demand = network.on_demand not in ("", "non", "inconnu")
        return say(
            "without_car",
            name=network.name.partition(",")[0],
            free=self._texts.texts["free"].get(network.free, ""),
            on_demand=say("on_demand") if demand else "",
            contact=self._say_contact(network),
        )

    def _say_contact(self, network: TransportNetwork) -> str:
        if network.phone:
            premium = _PREMIUM_RATE.match(network.phone.replace(" ", ""))
            return self._texts.say("contact_premium" if premium else "contact_phone", phone=network.phone)
        site = network.website.partition("://")[2].removeprefix("www.").rstrip("/")
        return self._texts.say("contact_site", site=site) if site else ""


def say_hours(hours: str) -> str:
    """The hours in French, "" when unknown or beyond simple words."""
    return opening_hours.in_words(hours) if hours else ""


def say_day(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year}"


def spots_of(place: Place, communes: Mapping[str, Commune]) -> list[Spot]:
    """The place itself first, then its stops; the point of a commune where a door's own is unknown."""
    own = _point(place.lat, place.lon, place.code_insee, communes)
    found = [Spot(place.id, place, None if place.itinerant else own, _certain(place, place.hours, place.itinerant))]
    for number, stop in enumerate(place.stops, 1):
        point = _point(stop.lat, stop.lon, stop.code_insee, communes)
        found.append(Spot(f"{place.id}~{number}", place, point, _certain(place, stop.hours), stop))
    return found


def _certain(place: Place, hours: str, at_depot: bool = False) -> str:
    if place.to_confirm or at_depot:
        return ""
    return opening_hours.with_closures(hours, tuple((one.start, one.end) for one in place.closures))


def _point(
    lat: float | None, lon: float | None, code_insee: str, communes: Mapping[str, Commune]
) -> tuple[float, float] | None:
    if lat is not None and lon is not None:
        return lat, lon
    commune = communes.get(code_insee)
    return (commune.lat, commune.lon) if commune else None


def point_of(origin: Origin) -> tuple[float, float]:
    """Latitude and longitude, degrees."""
    return origin if isinstance(origin, tuple) else (origin.lat, origin.lon)
