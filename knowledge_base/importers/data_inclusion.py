"""data·inclusion, schema v1: structures and their services, in JSON or CSV; the names of v0 are read too.

A structure is a place; its services are said in words. The name of a contact is not taken.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from data_inclusion.schema.v1 import Service, Structure
from pydantic import BaseModel, ValidationError

from assistance.opening_hours import with_closures
from knowledge_base.importers import cells
from knowledge_base.importers.items import Found, Ignored, Item, Reading, Report, Setting, is_of_the_departement
from knowledge_base.importers.reseaux_porteurs import V0_NETWORKS, kind_of
from knowledge_base.place_record import ITEM_FIELDS, LISTS, Record, parse_item

KEYS = frozenset({"source", "id", "nom", "date_maj"})
OWN_SOURCE = "proche"
# What the schema cannot hold, written beside it by our own export and read back from it alone.
OWN_CELLS = (
    "type", "accessibilite", "langues", "rendez_vous", "rendez_vous_url", "itinerant", "precision_coord", "remarque",
    "source", "source_date",
)  # fmt: skip
_V0_STRUCTURE_NAMES = {"horaires_ouverture": "horaires_accueil", "accessibilite": "accessibilite_lieu"}
_V0_KEYS = {"typologie", "labels_nationaux", "presentation_resume", "presentation_detail", "horaires_ouverture"} | {
    "profils", "recurrence", "types", "zone_diffusion_type", "modes_orientation_beneficiaire",
}  # fmt: skip
_V0_WORDS = {"thematiques", "frais", "modes_accueil", "publics", "zone_eligibilite", "type"}  # other vocabularies
_SETS = {
    "reseaux_porteurs", "thematiques", "publics", "modes_accueil", "zone_eligibilite", "modes_mobilisation",
    "mobilisable_par",
}  # fmt: skip
_REASONS = {
    "missing": "est absent",
    "string_type": "n'est pas un texte",
    "string_pattern_mismatch": "n'a pas la forme attendue",
    "string_too_short": "est trop court",
    "string_too_long": "est trop long",
    "enum": "n'est pas une valeur du référentiel",
    "url_parsing": "n'est pas une adresse web",
    "url_scheme": "n'est pas une adresse web http:// ou https://",
    "float_parsing": "n'est pas un nombre",
    "float_type": "n'est pas un nombre",
    "date_type": "n'est pas une date",
    "date_parsing": "n'est pas une date",
    "date_from_datetime_parsing": "n'est pas une date",
    "date_from_datetime_inexact": "n'est pas une date",
}


def recognises(keys: frozenset[str]) -> bool:
    return keys >= KEYS and bool(keys & ({"structure_id", "reseaux_porteurs", "siret", "horaires_accueil"} | _V0_KEYS))


def read(items: Iterable[Item], setting: Setting, reading: Reading, fault: Report) -> None:
    """Add the structures of the Pas-de-Calais to `reading`, with what their services say."""
    structures: dict[str, Found] = {}
    set_aside: set[str] = set()
    services: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for item in items:
        values = _upgraded(item)
        structure_id = cells.text(values.get("structure_id"))
        if _is_service(item):
            if structure_id in structures or _is_here(values):
                services.setdefault(structure_id, []).append((item.number, values))
            else:
                reading.elsewhere += 1
        elif not _is_here(values):
            reading.elsewhere += 1
        elif found := _structure(item.number, values, setting, reading, fault):
            structures[found.written_id] = found
            reading.found.append(found)
        else:
            set_aside.add(cells.text(values.get("id")))
    for structure_id, offers in services.items():
        if structure_id not in set_aside:
            _add_services(structures.get(structure_id), structure_id, offers, reading, fault)


def _is_service(item: Item) -> bool:
    return item.group == "services" or "structure_id" in item.values


def _is_here(values: Mapping[str, Any]) -> bool:
    # Two of our places, headquarters, stand in the Nord.
    is_own = values.get("source") == OWN_SOURCE
    return is_own or is_of_the_departement(cells.text(values.get("code_insee")), cells.text(values.get("code_postal")))


def _structure(
    number: int, values: Mapping[str, Any], setting: Setting, reading: Reading, fault: Report
) -> Found | None:
    written_id = cells.text(values.get("id"))
    if not _is_valid(Structure, values, partial(fault, number, written_id)):
        return None
    own = values if values["source"] == OWN_SOURCE else {}
    kind = cells.text(own.get("x_type")) or kind_of(values.get("reseaux_porteurs") or (), values["nom"])
    if kind is None:
        networks = ", ".join(values.get("reseaux_porteurs") or ()) or "aucun"
        reading.ignored.append(Ignored(number, written_id, f"réseau porteur « {networks} » : pas un lieu de Proche"))
        return None
    code = cells.text(values.get("code_insee"))
    commune = setting.territory.communes.get(code)
    record: Record = {
        "id": place_id(written_id),
        "nom": cells.text(values["nom"]),
        "type": kind,
        "adresse": ", ".join(filter(None, (cells.text(values.get(k)) for k in ("complement_adresse", "adresse")))),
        "code_postal": cells.text(values.get("code_postal")),
        "commune": commune.nom if commune else cells.text(values.get("commune")),
        "code_insee": code,
        "latitude": cells.coordinate(values.get("latitude")),
        "longitude": cells.coordinate(values.get("longitude")),
        "telephone": cells.french_phone(cells.text(values.get("telephone"))),
        "courriel": cells.service_email([cells.text(values.get("courriel"))]),
        "site_web": cells.text(values.get("site_web")),
        "horaires": cells.text(values.get("horaires_accueil")),
        "source": f"data·inclusion, {cells.text(values['source'])}",
    }
    record = setting.dated(record, values["date_maj"])
    if own:
        record = _with_own_cells(record, own)
    return Found(number, written_id, record)


def place_id(structure_id: str) -> str:
    """Our id of a structure: a structure we published keeps the id it had."""
    producer, _, inner = structure_id.partition("--")
    return inner if producer == OWN_SOURCE else f"di-{cells.slug(structure_id)}"


def _with_own_cells(record: Record, own: Mapping[str, Any]) -> Record:
    record = {**record, **{name: cells.text(own[f"x_{name}"]) for name in OWN_CELLS if own.get(f"x_{name}")}}
    for name in LISTS:
        rows = [row for row in own.get(f"x_{name}") or () if isinstance(row, Mapping)]
        if rows:
            record[name] = [{key: cells.text(row.get(key)) for key in ITEM_FIELDS[name]} for row in rows]
    faults: list[str] = []
    closures = [parse_item("fermetures", row, faults.append) for row in record.get("fermetures", ())]
    if closures and record["horaires"] and not faults:
        ending = with_closures("x", [(one.start, one.end) for one in closures]).removeprefix("x")
        record["horaires"] = record["horaires"].removesuffix(ending)
    if own.get("x_a_verifier") == "oui":
        record["a_verifier"] = "oui"
    return record


def _add_services(
    structure: Found | None,
    structure_id: str,
    offers: list[tuple[int, Mapping[str, Any]]],
    reading: Reading,
    fault: Report,
) -> None:
    first = offers[0][0]
    for number, values in offers:
        if not _is_valid(Service, values, partial(fault, number, cells.text(values.get("id")))):
            return
    names = dict.fromkeys(cells.text(values["nom"]).replace("|", "/") for _, values in offers)
    hours = {cells.text(values.get("horaires_accueil")) for _, values in offers} - {""}
    if structure is None:
        # A file of services alone speaks for structures imported before; `reading.py` knows which.
        record: Record = {"id": place_id(structure_id), "services": "|".join(names)}
        reading.found.append(Found(first, structure_id, record))
        return
    structure.record["services"] = "|".join(names)
    if not structure.record["horaires"] and len(hours) == 1:
        structure.record["horaires"] = hours.pop()


def _is_valid(model: type[BaseModel], values: Mapping[str, Any], fault: Callable[[str], None]) -> bool:
    reasons = refusals(model, values)
    for reason in reasons:
        fault(reason)
    return not reasons


def refusals(model: type[BaseModel], values: Mapping[str, Any]) -> list[str]:
    """Why the schema refuses a structure or a service, in French; empty when it does not."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        return [_said(one) for one in error.errors(include_url=False, include_input=False)]
    return []


def _said(error: Mapping[str, Any]) -> str:
    own = error["msg"].removeprefix("Value error, ") if error["type"] == "value_error" else ""
    reason = own or _REASONS.get(error["type"], "n'est pas admis par le schéma data·inclusion v1")
    return f"« {error['loc'][0] if error['loc'] else '?'} » {reason}"


def _upgraded(item: Item) -> dict[str, Any]:
    """The values under their names of v1, blanks as None, lists as lists: a CSV file writes them as text."""
    values = {name: _list_of(value) if name in _SETS else value or None for name, value in item.values.items()}
    values.pop("contact_nom_prenom", None)
    values.update({name: _rows_of(values[name]) for name in (f"x_{name}" for name in LISTS) if name in values})
    if not _V0_KEYS & set(values):
        return values
    said = [cells.text(one) for name in ("typologie", "labels_nationaux") for one in _list_of(values.get(name))]
    upgraded = {_V0_STRUCTURE_NAMES.get(name, name): value for name, value in values.items() if name not in _V0_WORDS}
    upgraded["reseaux_porteurs"] = sorted({V0_NETWORKS[one] for one in said if one in V0_NETWORKS}) or None
    parts = (cells.text(values.get(f"presentation_{part}")) for part in ("resume", "detail"))
    description = "\n\n".join(filter(None, parts))
    if _is_service(item):
        # In v0 a service could have no presentation; v1 wants five characters, which no resident reads here.
        description = description or f"{cells.text(values.get('nom'))} (sans présentation)"
    upgraded["description"] = description[:10_000] or None
    day = cells.day(values.get("date_maj"))
    upgraded["date_maj"] = day.isoformat() if day else values.get("date_maj")
    upgraded.pop("accessibilite_lieu" if not _is_url(upgraded.get("accessibilite_lieu")) else "", None)
    return upgraded


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _list_of(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    written = cells.text(value)
    if written.startswith("["):
        try:
            return list(json.loads(written.replace("'", '"')))
        except (ValueError, TypeError, RecursionError):
            return [written]
    return [part for part in (one.strip(' "') for one in written.strip("{}").replace("|", ",").split(",")) if part]


def _rows_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
