"""The list of France services published by the ANCT (liste-fs-AAAAMMJJ.csv).

Its rows bear no date: the day of the list is the one of the file's name; without it every fact is to confirm.
"""

import re
from collections.abc import Iterable, Mapping

from assistance.french import fold
from knowledge_base.importers import cells
from knowledge_base.importers.items import Found, Item, Reading, Report, Setting, is_of_the_departement
from knowledge_base.importers.weekly_hours import FRENCH_DAYS, HoursNotUnderstoodError, parse_spans, write_hours
from knowledge_base.place_record import Record

SOURCE = "ANCT, liste des structures France services"
KEYS = frozenset(
    {"id_fs", "lib_fs", "adresse", "insee_com", "code_postal", "lib_com", "latitude", "longitude", "telephone"}
    | {f"h_{day}" for day in list(FRENCH_DAYS)[:6]}
)
_RARE_DAY = re.compile(
    r"\bouvert\w* (?:\w+ ){0,4}?(?:1er|premiers?|2e|2eme|second|deuxieme|3e|3eme|troisieme|4e|4eme|derniers?|un)"
    rf" ({'|'.join(FRENCH_DAYS)})s? (?:du|de chaque|par|sur)\b"
)
_APPOINTMENTS = {"oui": "possible", "non": "non"}


def recognises(keys: frozenset[str]) -> bool:
    return keys >= {"id_fs", "lib_fs"}


def read(items: Iterable[Item], setting: Setting, reading: Reading, fault: Report) -> None:
    """Add the places of the Pas-de-Calais to `reading`."""
    for item in items:
        if not is_of_the_departement(item.values["insee_com"], item.values["code_postal"]):
            reading.elsewhere += 1
            continue
        row = {name: cells.text(value) for name, value in item.values.items()}
        try:
            week = {day: parse_spans(row.get(f"h_{name}", "")) for name, day in FRENCH_DAYS.items()}
            hours = write_hours({day: spans for day, spans in week.items() if day not in _rare_days(row)})
        except HoursNotUnderstoodError as error:
            fault(item.number, row["id_fs"], str(error))
            continue
        reading.found.append(Found(item.number, row["id_fs"], _record(row, hours, setting)))


def _record(row: Mapping[str, str], hours: str, setting: Setting) -> Record:
    commune = setting.territory.communes.get(row["insee_com"])
    record = {
        "id": f"fs-{cells.slug(row['id_fs'])}",
        "nom": row["lib_fs"],
        "type": "france_services",
        "adresse": ", ".join(filter(None, (row.get("complement_adresse"), row["adresse"]))),
        "code_postal": row["code_postal"],
        "commune": commune.nom if commune else row["lib_com"],
        "code_insee": row["insee_com"],
        "latitude": cells.coordinate(row["latitude"]),
        "longitude": cells.coordinate(row["longitude"]),
        "telephone": cells.french_phone(row["telephone"]),
        "courriel": cells.service_email([row.get("mail", "")]),
        "horaires": hours,
        "rendez_vous": _APPOINTMENTS.get(row.get("prise_rdv", "").lower(), ""),
        "itinerant": _itinerant(row.get("format_fs", "")),
        "remarque": row.get("commentaire", ""),
        "source": SOURCE,
    }
    return setting.dated(record, setting.file_date)


def _rare_days(row: Mapping[str, str]) -> set[str]:
    """The days whose hours are not of every week: "Ouvert le premier samedi du mois". The remark tells them."""
    return {FRENCH_DAYS[day] for day in _RARE_DAY.findall(fold(row.get("commentaire", "")))}


def _itinerant(form: str) -> str:
    return "" if not form else "oui" if "bus" in form.lower() or "itin" in form.lower() else "non"
