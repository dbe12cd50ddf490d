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
    arrondissement: str  # INSEE code: which sous-préfecture
    lat: float
    lon: float


@dataclass(frozen=True)
class Permanence:
    """A body that receives inside a place on some half-days."""

    operateur: str
    hours: str  # OSM opening_hours, "" when only words tell
    when: str = ""  # in French, what `hours` cannot say: "le mardi, une semaine sur deux"


@dataclass(frozen=True)
class Stop:
    """Where and when an itinerant place receives: its depot is no counter."""

    commune: str
    code_insee: str
    address: str
    lat: float | None
    lon: float | None
    hours: str  # OSM opening_hours, "" when only words tell
    when: str = ""


@dataclass(frozen=True)
class Closure:
    """Days on which a place is closed, both included."""

    start: date
    end: date
    reason: str


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
    email: str = ""
    services: tuple[str, ...] = ()  # what is done there, in French
    languages: tuple[str, ...] = ()  # spoken there, in French
    appointment: str | None = None  # none, possible, required; None: not known
    appointment_url: str = ""
    permanences: tuple[Permanence, ...] = ()
    stops: tuple[Stop, ...] = ()
    closures: tuple[Closure, ...] = ()


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
    open_on_arrival: bool | None = None  # leaving now by car; None: not certain
    far: int | None = None  # minutes passed, of the accessibility scheme: 10, 20, 30
    appointment: str | None = None  # none, possible, required
    appointment_url: str | None = None
    permanences: list[dict[str, str]] = field(default_factory=list)  # operateur, hours_text
    itinerant: bool = False
    stops: list[dict[str, str]] = field(default_factory=list)  # commune, code_insee, address, hours_text
    closures: list[dict[str, str]] = field(default_factory=list)  # from, to, reason: under way and to come
    services: list[str] = field(default_factory=list)
    without_car: str = ""
    accessibility: str = ""
    languages: list[str] = field(default_factory=list)
    note: str = ""  # what to ask for once there, when the place stands in for another
    ask: str = ""  # which note: a key of texts/lieux.yml

    @property
    def reference(self) -> str:
        """What finds this again: its id, and what it is asked for when it stands in for another."""
        return f"{self.id}?{self.ask}" if self.ask else self.id
