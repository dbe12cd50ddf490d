"""Communes and places of reception."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Commune:
    """A commune of the Pas-de-Calais, with one point that stands for it (WGS84 degrees)."""

    code_insee: str
    nom: str
    codes_postaux: tuple[str, ...]
    population: int
    epci_code: str
    epci_nom: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Place:
    """A reception point as recorded, with the source and date of what is said of it."""

    id: str
    name: str
    kind: str  # a key of assistance.fiche.LIEU_KINDS
    address: str
    code_postal: str
    commune: str
    code_insee: str
    lat: float | None
    lon: float | None
    phone: str
    website: str
    hours: str  # OSM opening_hours, "" when unknown
    accessibility: str
    source: str
    source_date: date | None  # None: the source bears no date
    to_confirm: bool  # shown "à confirmer", never as open or closed
    remark: str
    itinerant: bool = False


@dataclass(frozen=True)
class Lieu:
    """A place seen from somewhere at a moment: what the API calls Lieu (design §5.1)."""

    id: str
    name: str
    kind: str
    address: str
    code_insee: str
    commune: str
    phone: str
    website: str
    lat: float | None
    lon: float | None
    distance_km: float | None
    travel_min: int | None  # by car, estimated
    unconditional: bool
    competent: bool
    open_now: bool | None  # None: not certain
    closes_at: datetime | None
    next_opening: datetime | None
    hours_text: str
    to_confirm: bool
    source: str
    source_date: date | None
    appointment: str | None = None  # none, possible, required
    appointment_url: str | None = None
    permanences: list[dict[str, str]] = field(default_factory=list)
    itinerant: bool = False
    stops: list[dict[str, str]] = field(default_factory=list)
    closures: list[dict[str, str]] = field(default_factory=list)
    without_car: str = ""
    accessibility: str = ""
    languages: list[str] = field(default_factory=list)
    note: str = ""  # what to ask for once there, when the place stands in for another
