"""Our places for data·inclusion, schema v1: one JSON of structures and services, each checked by the schema's package.

What the schema cannot hold stands beside it, in names that begin with x_ (design: a local extension).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from data_inclusion.schema.v1 import Service, Structure

from assistance.lieu import Place
from assistance.opening_hours import with_closures
from knowledge_base.exporters.entries import Entry
from knowledge_base.importers.data_inclusion import OWN_CELLS, OWN_SOURCE, refusals
from knowledge_base.importers.reseaux_porteurs import networks_of
from knowledge_base.place_record import LISTS

_DESCRIPTION = "{service}. Service rendu par : {place}, {commune}."


def write_data_inclusion(entries: Iterable[Entry]) -> tuple[str, dict[str, str]]:
    """Return the JSON, and what is left out, structures and services by id, with the reason in French."""
    structures, services, left_out = [], [], dict[str, str]()
    for entry in entries:
        structure = _structure(entry)
        if reasons := refusals(Structure, structure):
            left_out[entry.place.id] = " ; ".join(reasons)
            continue
        structures.append(structure)
        for service in _services(entry.place):
            if reasons := refusals(Service, service):
                left_out[service["id"]] = " ; ".join(reasons)
            else:
                services.append(service)
    document = {"structures": structures, "services": services}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n", left_out


def _structure(entry: Entry) -> dict[str, Any]:
    place = entry.place
    own = {f"x_{name}": entry.record[name] for name in (*OWN_CELLS, *LISTS) if entry.record.get(name)}
    return {
        "source": OWN_SOURCE,
        "id": f"{OWN_SOURCE}--{place.id}",
        "nom": place.name,
        **_where(place),
        "telephone": e164(place.phone),
        "courriel": place.email or None,
        "site_web": place.website or None,
        "horaires_accueil": _hours(place),
        "reseaux_porteurs": networks_of(place.kind) or None,
        **own,
        "x_a_verifier": "oui" if place.to_confirm else "non",
    }


def _services(place: Place) -> list[dict[str, Any]]:
    return [
        {
            "source": OWN_SOURCE,
            "structure_id": f"{OWN_SOURCE}--{place.id}",
            "id": f"{OWN_SOURCE}--{place.id}-{rank}",
            "nom": service,
            "description": _DESCRIPTION.format(service=service, place=place.name, commune=place.commune),
            **_where(place),
            "telephone": e164(place.phone),
            "modes_accueil": ["en-presentiel"],
            "horaires_accueil": _hours(place),
        }
        for rank, service in enumerate(place.services, 1)
    ]


def _where(place: Place) -> dict[str, Any]:
    day = place.source_date
    return {
        "date_maj": day.isoformat() if day else None,
        "commune": place.commune,
        "code_postal": place.code_postal,
        "code_insee": place.code_insee,
        "adresse": place.address or None,
        "longitude": place.lon,
        "latitude": place.lat,
    }


def _hours(place: Place) -> str | None:
    return with_closures(place.hours, _spans(place)) or None


def _spans(place: Place) -> Sequence[tuple[Any, Any]]:
    return [(closure.start, closure.end) for closure in place.closures]


def e164(phone: str) -> str | None:
    """A number as it is dialled from anywhere; a short one (3230) has no such form and stays as it is.

    >>> e164("03 21 50 20 20"), e164("3230"), e164("")
    ('+33321502020', '3230', None)
    """
    digits = phone.replace(" ", "")
    return f"+33{digits[1:]}" if len(digits) == 10 else digits or None
