"""The places of digital help (« lieux de médiation numérique », standard of La Mednum), a CSV file."""

from collections.abc import Iterable, Mapping

from knowledge_base.importers import cells
from knowledge_base.importers.items import Found, Item, Reading, Report, Setting, is_of_the_departement
from knowledge_base.place_record import Record

SOURCE = "Cartographie nationale des lieux d'inclusion numérique"
KEYS = frozenset({"id", "nom", "commune", "code_postal", "adresse", "latitude", "longitude", "telephone", "date_maj"})


def recognises(keys: frozenset[str]) -> bool:
    return keys >= {"id", "nom", "courriels", "prise_rdv"}


def read(items: Iterable[Item], setting: Setting, reading: Reading, fault: Report) -> None:
    """Add the places of the Pas-de-Calais to `reading`."""
    for item in items:
        if not is_of_the_departement(item.values.get("code_insee", ""), item.values["code_postal"]):
            reading.elsewhere += 1
            continue
        row = {name: cells.text(value) for name, value in item.values.items()}
        reading.found.append(Found(item.number, row["id"], _record(row, setting)))


def _record(row: Mapping[str, str], setting: Setting) -> Record:
    code = row.get("code_insee", "")
    commune = setting.territory.communes.get(code)
    booking = cells.website(row.get("prise_rdv", ""))
    record = {
        "id": f"mednum-{cells.slug(row['id'])}",
        "nom": row["nom"],
        "type": "mediation_numerique",
        "adresse": ", ".join(filter(None, (row.get("complement_adresse"), row["adresse"]))),
        "code_postal": row["code_postal"],
        "commune": commune.nom if commune else row["commune"],
        "code_insee": code,
        "latitude": cells.coordinate(row["latitude"]),
        "longitude": cells.coordinate(row["longitude"]),
        "telephone": cells.french_phone(row["telephone"]),
        "courriel": cells.service_email(row.get("courriels", "").split("|")),
        "site_web": cells.website(row.get("site_web", "").split("|")[0]),
        "horaires": row.get("horaires", ""),
        "services": row.get("services", ""),
        "rendez_vous": "possible" if booking else "",
        "rendez_vous_url": booking,
        "itinerant": {"": "", "Itinérant": "oui"}.get(row.get("itinerance", ""), "non"),
        "source": ", ".join(filter(None, (SOURCE, row.get("source")))),
    }
    return setting.dated(record, row["date_maj"])
