"""A place as it is written: the columns of data/territoire/lieux.csv, in French, and what stands beside them.

The same shape serves the CSV files of the repository, the database and every importer: cells are text, "" when not
known, and `permanences`, `passages`, `fermetures` are lists of such rows.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import date
from math import cos, hypot, radians
from re import compile as pattern
from typing import Any

from assistance.fiche import LIEU_KINDS
from assistance.lieu import Closure, Commune, Permanence, Place, Stop
from knowledge_base.rows import EMAIL, POSTCODE, WEBSITE, YES_NO, Row

Record = dict[str, Any]
Fault = Callable[[str], None]

CELLS = (
    "id", "nom", "type", "adresse", "code_postal", "commune", "code_insee", "latitude", "longitude", "telephone",
    "courriel", "site_web", "horaires", "accessibilite", "services", "langues", "rendez_vous", "rendez_vous_url",
    "itinerant", "precision_coord", "a_verifier", "remarque", "source", "source_date",
)  # fmt: skip
ITEM_FIELDS = {
    "permanences": ("operateur", "horaires", "quand"),
    "passages": ("commune", "code_insee", "adresse", "latitude", "longitude", "horaires", "quand"),
    "fermetures": ("du", "au", "motif"),
}
LISTS = tuple(ITEM_FIELDS)
APPOINTMENTS = {"non": "none", "possible": "possible", "obligatoire": "required", "": None}

_PLACE_ID = pattern(r"[a-z0-9]+([_-][a-z0-9]+)*")
_FAR_FROM_HOME_KM = 15.0  # the widest commune of the département is 12 km across


@dataclass(frozen=True)
class PlaceChecks:
    """What a place is checked against: the INSEE codes known (outside ones too) and the communes of the département."""

    codes: Container[str]
    communes: Mapping[str, Commune]


def parse_place(record: Record, checks: PlaceChecks, fault: Fault) -> Place:
    """Return the place of `record`; every fault is told to `fault`, in French, and the place is then not to be used."""
    row = Row({name: str(value) for name, value in record.items() if name not in LISTS}, fault)
    kind = row.text("type")
    if kind not in LIEU_KINDS:
        fault(f"« type » : type de lieu inconnu « {kind[:60]} »")
    code = row.text("code_insee")
    if code not in checks.codes:
        fault(f"« code_insee » : la commune « {code[:60]} » n'est pas connue")
    lat, lon = row.point()
    if lat is not None and lon is not None:
        _check_distance(checks.communes.get(code), lat, lon, fault)
    appointment = row.text("rendez_vous")
    if appointment not in APPOINTMENTS:
        fault(f"« rendez_vous » : non, possible ou obligatoire attendu, « {appointment[:60]} » trouvé")
    return Place(
        id=row.matching("id", _PLACE_ID, "identifiant en minuscules, chiffres et tirets"),
        name=row.needed("nom"),
        kind=kind,
        address=row.text("adresse"),
        code_postal=row.matching("code_postal", POSTCODE, "code postal à cinq chiffres"),
        commune=row.needed("commune"),
        code_insee=code,
        lat=lat,
        lon=lon,
        phone=row.phone("telephone"),
        email=row.matching("courriel", EMAIL, "adresse de courriel", optional=True),
        website=row.matching("site_web", WEBSITE, "adresse web http:// ou https://", optional=True),
        hours=row.counter_hours("horaires"),
        accessibility=row.text("accessibilite"),
        services=row.listed("services"),
        languages=row.listed("langues"),
        appointment=APPOINTMENTS.get(appointment),
        appointment_url=row.matching("rendez_vous_url", WEBSITE, "adresse web http:// ou https://", optional=True),
        source=row.needed("source"),
        source_date=row.day("source_date"),
        to_confirm=row.choice("a_verifier", YES_NO),
        remark=row.text("remarque"),
        itinerant=row.choice("itinerant", YES_NO),
        permanences=tuple(parse_item("permanences", item, fault) for item in record.get("permanences", ())),
        stops=tuple(parse_item("passages", item, fault) for item in record.get("passages", ())),
        closures=tuple(parse_item("fermetures", item, fault) for item in record.get("fermetures", ())),
    )


def _check_distance(commune: Commune | None, lat: float, lon: float, fault: Fault) -> None:
    if commune is None:
        return
    km = 111.2 * hypot(lat - commune.lat, (lon - commune.lon) * cos(radians(commune.lat)))
    if km > _FAR_FROM_HOME_KM:
        fault(f"« latitude », « longitude » : à {km:.0f} km de {commune.nom}, la commune du lieu")


def parse_item(field: str, item: Mapping[str, str], fault: Fault) -> Any:
    """Return the Permanence, Stop or Closure of a row beside a place; faults as in `parse_place`."""
    row = Row(item, fault)
    if field == "permanences":
        return Permanence(row.needed("operateur"), row.counter_hours("horaires"), row.text("quand"))
    if field == "passages":
        lat, lon = row.point()
        hours, when = row.counter_hours("horaires"), row.text("quand")
        return Stop(row.needed("commune"), row.needed("code_insee"), row.text("adresse"), lat, lon, hours, when)
    start, end = row.day("du"), row.day("au")
    if start is None or end is None or end < start:
        fault("« du », « au » : une fermeture va d'un jour à un autre, AAAA-MM-JJ, dans cet ordre")
    return Closure(start or date.min, end or date.min, row.text("motif"))
