"""The State's local directory (DILA, « base de données locales de Service-Public.fr »), in its JSON of today.

The whole file is `{"service": [...]}`; the API gives a list of the same objects, their lists written as JSON in text.
An object of 2017 kept its code in `ancien_code_pivot`: "mairie-62041-01" is our "dila-mairie-62041-01".
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from assistance.french import fold
from knowledge_base.importers import cells
from knowledge_base.importers.items import Found, Ignored, Item, Reading, Report, Setting, is_of_the_departement
from knowledge_base.importers.weekly_hours import (
    DAYS,
    FRENCH_DAYS,
    HoursNotUnderstoodError,
    Span,
    parse_spans,
    write_hours,
)
from knowledge_base.place_record import Record

SOURCE = "DILA, Annuaire de l'administration, base de données locales"
KEYS = frozenset({"nom", "pivot"})
_KINDS = {
    "accompagnement_personnes_agees": "plateforme_repit_aidants",
    "banque_de_france": "banque_de_france",
    "bav": "bureau_aide_victimes",
    "caf": "caf",
    "carsat": "carsat",
    "ccas": "ccas",
    "cg": "conseil_departemental",
    "cias": "cias",
    "cidf": "cidff",
    "cij": "pij",
    "clic": "clic",
    "commissariat_police": "police",
    "cpam": "cpam",
    "france_services": "france_services",
    "france_travail": "pole_emploi_france_travail",
    "gendarmerie": "gendarmerie",
    "mairie": "mairie",
    "maison_handicapees": "mdph",
    "mission_locale": "mission_locale",
    "mjd": "point_acces_droit",
    "msa": "msa",
    "msap": "france_services",
    "permanence_juridique": "point_acces_droit",
    "pif": "point_info_famille",
    "pmi": "pmi",
    "pole_emploi": "pole_emploi_france_travail",
    "prefecture": "prefecture",
    "prudhommes": "tribunal",
    "sous_pref": "sous_prefecture",
    "te": "tribunal",
    "tgi": "tribunal",
    "ti": "tribunal",
    "tribunal_judiciaire": "tribunal",
    "tribunal_proximite": "tribunal",
}
_ACCESS = {
    "ACC": "accessible aux personnes à mobilité réduite",
    "DEM": "accessible aux personnes à mobilité réduite sur demande",
    "NAC": "non accessible aux personnes à mobilité réduite",
}


def recognises(keys: frozenset[str]) -> bool:
    return keys >= KEYS and bool(keys & {"plage_ouverture", "ancien_code_pivot"})


def read(items: Iterable[Item], setting: Setting, reading: Reading, fault: Report) -> None:
    """Add the places of the Pas-de-Calais to `reading`."""
    for item in items:
        values = item.values
        written_id = cells.text(values.get("id"))
        address = _address(values)
        code = _code_insee(values, address, setting)
        if not is_of_the_departement(code, cells.text(address.get("code_postal"))):
            reading.elsewhere += 1
            continue
        types = [cells.text(pivot.get("type_service_local")) for pivot in _listed(values, "pivot")]
        kind = next((_KINDS[one] for one in types if one in _KINDS), None)
        if kind is None:
            reason = f"type « {', '.join(types)[:60]} » : Proche n'a pas de lieu de ce type"
            reading.ignored.append(Ignored(item.number, written_id, reason))
            continue
        try:
            record = _record(values, address, code, kind, setting)
        except HoursNotUnderstoodError as error:
            fault(item.number, written_id, f"« plage_ouverture » : {error}")
            continue
        former = f"r2-{record['id']}"  # ids of the second survey
        reading.found.append(Found(item.number, written_id, record, (former,)))


def _record(values: Mapping[str, Any], address: Mapping[str, Any], code: str, kind: str, setting: Setting) -> Record:
    hours, remark = _hours(values)
    commune = setting.territory.communes.get(code)
    parts = ("complement1", "complement2", "numero_voie")
    record = {
        "id": "dila-" + (cells.text(values.get("ancien_code_pivot")) or cells.slug(cells.text(values.get("id")))),
        "nom": cells.text(values.get("nom")),
        "type": kind,
        "adresse": ", ".join(filter(None, (cells.text(address.get(part)) for part in parts))),
        "code_postal": cells.text(address.get("code_postal")),
        "commune": commune.nom if commune else cells.text(address.get("nom_commune")),
        "code_insee": code,
        "latitude": cells.coordinate(address.get("latitude")),
        "longitude": cells.coordinate(address.get("longitude")),
        "telephone": cells.french_phone(_first(values, "telephone")),
        "courriel": cells.service_email(_texts(values, "adresse_courriel")),
        "site_web": cells.website(_first(values, "site_internet")),
        "horaires": hours,
        "accessibilite": _ACCESS.get(cells.text(address.get("accessibilite")), ""),
        "remarque": remark,
        "source": SOURCE,
    }
    return setting.dated(record, values.get("date_modification"))


def _code_insee(values: Mapping[str, Any], address: Mapping[str, Any], setting: Setting) -> str:
    """Where the place stands: its own code, else the commune of its address, else the only commune it serves."""
    if code := cells.text(values.get("code_insee_commune")):
        return code
    name, postcode = fold(cells.text(address.get("nom_commune"))), cells.text(address.get("code_postal"))
    name = name.partition(" cedex")[0]
    same = [one.code_insee for one in setting.territory.communes.values() if fold(one.nom) == name] if name else []
    if len(same) == 1 and postcode.startswith("62"):
        return same[0]
    lists = [pivot.get("code_insee_commune") for pivot in _listed(values, "pivot")]
    served = [code for codes in lists if isinstance(codes, list) for code in codes]
    return cells.text(served[0]) if len(served) == 1 else ""


def _address(values: Mapping[str, Any]) -> Mapping[str, Any]:
    addresses = _listed(values, "adresse")
    return next((one for one in addresses if one.get("type_adresse") == "Adresse"), addresses[0] if addresses else {})


def _listed(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list, which the API writes as JSON in a text."""
    value = values.get(key)
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _first(values: Mapping[str, Any], key: str) -> str:
    return next(filter(None, (cells.text(one.get("valeur")) for one in _listed(values, key))), "")


def _texts(values: Mapping[str, Any], key: str) -> list[str]:
    value = values.get(key)
    return [cells.text(one) for one in (value if isinstance(value, list) else [value])]


def _hours(values: Mapping[str, Any]) -> tuple[str, str]:
    """The week, and in words what a week cannot hold: an opening that bears a comment is not one of every week."""
    week: dict[str, list[Span]] = {}
    words = [cells.text(values.get("commentaire_plage_ouverture"))]
    for opening in _listed(values, "plage_ouverture"):
        days = _days(opening)
        spans = [span for rank in "12" for span in _spans(opening, rank)]
        if comment := cells.text(opening.get("commentaire")):
            said = " et ".join(f"{start}-{end}" for start, end in spans)
            words.append(f"{_said(opening)} {said} : {comment}".replace("  ", " "))
            continue
        for day in days:
            week.setdefault(day, []).extend(spans)
    return write_hours(week), " ; ".join(filter(None, words))


def _spans(opening: Mapping[str, Any], rank: str) -> list[Span]:
    start, end = (cells.text(opening.get(f"valeur_heure_{edge}_{rank}")) for edge in ("debut", "fin"))
    return parse_spans(f"{start}-{end}") if start or end else []


def _days(opening: Mapping[str, Any]) -> tuple[str, ...]:
    first, last = (cells.text(opening.get(f"nom_jour_{edge}")).lower() for edge in ("debut", "fin"))
    for name in (first, last or first):
        if name not in FRENCH_DAYS:
            raise HoursNotUnderstoodError(f"jour non compris : « {name[:60]} »")
    start, stop = DAYS.index(FRENCH_DAYS[first]), DAYS.index(FRENCH_DAYS[last or first])
    return tuple(DAYS[day % 7] for day in range(start, stop + 1 if stop >= start else stop + 8))


def _said(opening: Mapping[str, Any]) -> str:
    first, last = (cells.text(opening.get(f"nom_jour_{edge}")).lower() for edge in ("debut", "fin"))
    return f"le {first}" if last in ("", first) else f"du {first} au {last}"
