"""What public files say of a place, as we write it."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from assistance.errors import ContentError
from gateway import cli_places
from knowledge_base.importers import cells
from knowledge_base.importers.items import Found, Reading
from knowledge_base.importers.reading import FORMATS, MAX_MB, read_places
from knowledge_base.importers.weekly_hours import HoursNotUnderstoodError, parse_spans, write_hours
from knowledge_base.territory import Territory, load_territory

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(ROOT / "data" / "territoire")


def read(territory: Territory, name: str) -> Reading:
    return read_places(PAYLOADS / name, territory, TODAY)[0]


def place(reading: Reading, place_id: str) -> Found:
    return next(one for one in reading.found if one.record["id"] == place_id)


@pytest.mark.parametrize(
    ("name", "format_name", "found", "elsewhere"),
    [
        ("dila.json", "dila", 3, 1),
        ("liste-fs-20260901.csv", "france-services", 2, 1),
        ("data-inclusion.json", "data-inclusion", 2, 1),
        ("data-inclusion-v0.json", "data-inclusion", 1, 0),
        ("mediation-numerique.csv", "mediation-numerique", 1, 1),
    ],
)
def test_a_file_is_recognised_by_its_shape_and_only_the_departement_is_kept(
    territory: Territory, name: str, format_name: str, found: int, elsewhere: int
) -> None:
    reading = read(territory, name)
    assert (reading.format, len(reading.found), reading.elsewhere) == (format_name, found, elsewhere)


def test_a_town_hall_of_the_state_s_directory_keeps_the_id_we_knew_it_by(territory: Territory) -> None:
    mairie = place(read(territory, "dila.json"), "dila-mairie-62001-01").record
    assert mairie["type"] == "mairie"
    assert mairie["telephone"] == "03 21 45 28 30"
    assert (mairie["latitude"], mairie["longitude"]) == ("50.39350", "2.70699")
    assert (mairie["source_date"], mairie["a_verifier"]) == ("2026-09-14", "non")
    assert mairie["accessibilite"] == "accessible aux personnes à mobilité réduite"


def test_an_opening_that_bears_a_comment_is_said_in_words_not_every_week(territory: Territory) -> None:
    mairie = place(read(territory, "dila.json"), "dila-mairie-62001-01").record
    assert mairie["horaires"] == "Mo-Fr 08:00-12:00,14:00-17:00"
    assert mairie["remarque"] == "le samedi 09:00-11:00 : Uniquement le 1er samedi du mois"


def test_a_gendarmerie_may_be_known_by_the_id_of_the_second_survey(territory: Territory) -> None:
    gendarmerie = place(read(territory, "dila.json"), "dila-gendarmerie-62014-01")
    assert gendarmerie.former_ids == ("r2-dila-gendarmerie-62014-01",)
    assert gendarmerie.record["horaires"] == "Mo-Sa 08:00-12:00,14:00-18:00; Su 09:00-12:00,15:00-18:00"


def test_a_kind_of_place_we_do_not_have_is_set_aside_with_its_reason(territory: Territory) -> None:
    (adil,) = read(territory, "dila.json").ignored
    assert (adil.number, adil.reason) == (4, "type « adil » : Proche n'a pas de lieu de ce type")


def test_the_api_of_the_directory_writes_its_lists_as_text(territory: Territory, tmp_path: Path) -> None:
    services = json.loads((PAYLOADS / "dila.json").read_text())["service"]
    lists = ("plage_ouverture", "pivot", "adresse", "telephone", "site_internet")
    rows = [{**one, **{name: json.dumps(one[name]) for name in lists}} for one in services]
    (tmp_path / "api.json").write_text(json.dumps({"total_count": len(rows), "results": rows}))
    from_api = read_places(tmp_path / "api.json", territory, TODAY)[0]
    assert from_api.found == read(territory, "dila.json").found


def test_a_cedex_is_its_commune(territory: Territory, tmp_path: Path) -> None:
    service = json.loads((PAYLOADS / "dila.json").read_text())["service"][0]
    service["adresse"][0] |= {"nom_commune": "Arras Cedex", "code_postal": "62022"}
    service |= {"code_insee_commune": ""}
    service["pivot"][0]["code_insee_commune"] = ["62001", "62041"]
    (tmp_path / "dila.json").write_text(json.dumps({"service": [service]}))
    (found,) = read_places(tmp_path / "dila.json", territory, TODAY)[0].found
    assert (found.record["code_insee"], found.record["commune"]) == ("62041", "Arras")


def test_the_france_services_list_is_dated_by_its_name(territory: Territory, tmp_path: Path) -> None:
    bus = place(read(territory, "liste-fs-20260901.csv"), "fs-9001").record
    assert (bus["source_date"], bus["a_verifier"]) == ("2026-09-01", "non")
    undated = tmp_path / "liste-fs.csv"
    undated.write_text((PAYLOADS / "liste-fs-20260901.csv").read_text())
    bus = place(read_places(undated, territory, TODAY)[0], "fs-9001").record
    assert (bus["source_date"], bus["a_verifier"]) == ("", "oui")


def test_a_bus_with_hours_in_words_is_read(territory: Territory) -> None:
    bus = place(read(territory, "liste-fs-20260901.csv"), "fs-9001").record
    assert bus["horaires"] == "Mo 09:00-12:00; Tu 08:30-12:00,13:30-17:00; Fr 08:30-12:00,13:30-17:00"
    assert (bus["itinerant"], bus["rendez_vous"]) == ("oui", "non")
    assert bus["remarque"] == "Un lundi sur deux à la mairie"
    assert bus["adresse"] == "Salle des fêtes, 3 Place du Marché"


@pytest.mark.parametrize(
    ("comment", "days"),
    [
        ("Ouvert le premier samedi du mois de 9h à 12h", "Fr 09:00-12:00"),
        ("Ouverture le 1er samedi du mois", "Fr 09:00-12:00"),
        ("Ouvert un samedi sur deux", "Fr 09:00-12:00"),
        ("Ouvert le samedi matin", "Fr-Sa 09:00-12:00"),
        ("Un samedi sur deux à la mairie de Bus", "Fr-Sa 09:00-12:00"),
    ],
)
def test_a_day_that_opens_once_a_month_is_not_a_day_of_every_week(
    territory: Territory, tmp_path: Path, comment: str, days: str
) -> None:
    heading, first, *_ = (PAYLOADS / "liste-fs-20260901.csv").read_text().splitlines()
    row = next(csv.DictReader([heading, first]))
    row |= {f"h_{day}": "" for day in ("lundi", "mardi", "mercredi", "jeudi")}
    row |= {"h_vendredi": "09:00 - 12:00", "h_samedi": "09:00 - 12:00", "commentaire": comment}
    with (tmp_path / "liste-fs-20260901.csv").open("w") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    (found,) = read_places(tmp_path / "liste-fs-20260901.csv", territory, TODAY)[0].found
    assert (found.record["horaires"], found.record["remarque"]) == (days, comment)


def test_the_mailbox_of_a_person_is_not_kept(territory: Territory) -> None:
    reading = read(territory, "liste-fs-20260901.csv")
    assert place(reading, "fs-9001").record["courriel"] == ""
    assert place(reading, "fs-2230").record["courriel"] == "aire-sur-la-lys@france-services.gouv.fr"


def test_the_services_of_a_structure_are_its_words_and_give_the_hours_it_lacks(territory: Territory) -> None:
    ccas = place(read(territory, "data-inclusion.json"), "di-dora-ccas-de-harnes").record
    assert ccas["type"] == "ccas"
    assert ccas["telephone"] == "01 99 00 11 11"
    assert ccas["services"] == "Domiciliation|Aide alimentaire"
    assert ccas["horaires"] == "Mo-Fr 09:00-12:00"


def test_the_name_of_a_contact_is_nowhere(territory: Territory) -> None:
    assert "Camille" not in repr(read(territory, "data-inclusion.json"))


def test_a_france_services_kept_by_a_ccas_is_a_france_services(territory: Territory) -> None:
    assert place(read(territory, "data-inclusion.json"), "di-dora-fs-aire").record["type"] == "france_services"


def test_a_structure_of_no_kind_of_ours_is_ignored_not_a_fault(territory: Territory) -> None:
    (bicycles,) = read(territory, "data-inclusion.json").ignored
    assert bicycles.reason == "réseau porteur « ressourceries » : pas un lieu de Proche"


def test_the_names_of_v0_are_read(territory: Territory) -> None:
    mds = place(read(territory, "data-inclusion-v0.json"), "di-mes-aides-mds-lens").record
    assert (mds["type"], mds["horaires"]) == ("mds", "Mo-Fr 08:30-12:00,13:30-17:00")
    assert (mds["source_date"], mds["a_verifier"]) == ("2025-10-02", "non")


def test_structures_are_read_from_a_table_too(territory: Territory, tmp_path: Path) -> None:
    table = tmp_path / "structures.csv"
    table.write_text(
        "source,id,nom,date_maj,commune,code_postal,code_insee,adresse,longitude,latitude,siret,reseaux_porteurs\n"
        'dora,dora--1,CCAS de Harnes,2023-01-31,Harnes,62440,62413,,2.90452,50.4443,,"[""ccas-cias"", ""communes""]"\n'
    )
    (found,) = read_places(table, territory, TODAY)[0].found
    assert (found.record["type"], found.record["a_verifier"]) == ("ccas", "oui")


def test_a_structure_is_validated_by_the_schema_s_own_package(territory: Territory, tmp_path: Path) -> None:
    document = json.loads((PAYLOADS / "data-inclusion.json").read_text())
    document["structures"][0] |= {"nom": "ab", "date_maj": "2031-01-01", "reseaux_porteurs": ["ccas"]}
    (tmp_path / "di.json").write_text(json.dumps(document))
    with pytest.raises(ContentError) as refused:
        read_places(tmp_path / "di.json", territory, TODAY)
    where = "élément 1, id « dora--ccas-de-harnes » : "
    assert [fault.reason for fault in refused.value.faults] == [
        where + "« nom » est trop court",
        where + "« date_maj » La date de dernière modification ne peut pas être dans le futur.",
        where + "« reseaux_porteurs » n'est pas une valeur du référentiel",
    ]


def test_a_place_of_digital_help_says_its_services_and_its_booking(territory: Territory) -> None:
    cyber = place(read(territory, "mediation-numerique.csv"), "mednum-coopnumerique-6b2f").record
    assert cyber["type"] == "mediation_numerique"
    assert cyber["services"] == "Aide aux démarches administratives|Utilisation sécurisée du numérique"
    assert (cyber["rendez_vous"], cyber["rendez_vous_url"]) == ("possible", "https://rdv.example.org/cyberbase")
    assert cyber["courriel"] == "cyberbase@lens.example.org"


@pytest.mark.parametrize(
    ("words", "spans"),
    [
        ("08h30-12h00 / 13h30-17h00", [("08:30", "12:00"), ("13:30", "17:00")]),
        ("9h - 12h", [("09:00", "12:00")]),
        ("de 9h00 à 12h30 et de 14h à 17h", [("09:00", "12:30"), ("14:00", "17:00")]),
        ("13:30 - 17:00 / 09:00 - 12:00", [("09:00", "12:00"), ("13:30", "17:00")]),
        ("00:00 - 00:00 / 09:00 - 12:00", [("09:00", "12:00")]),
        ("00:00:00-24:00:00", [("00:00", "24:00")]),
        ("Fermé", []),
        ("", []),
    ],
)
def test_hours_in_words_are_understood(words: str, spans: list[tuple[str, str]]) -> None:
    assert parse_spans(words) == spans


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("25:00-26:00", "l'heure « 25:00 » n'existe pas"),
        ("09:75-10:00", "l'heure « 09:75 » n'existe pas"),
        ("17:00-09:00", "finissent avant de commencer"),
        ("09:00-13:00 / 12:00-17:00", "se chevauchent"),
        ("sur rendez-vous", "non compris"),
        ("9-12", "non compris"),
        ("matin", "non compris"),
    ],
)
def test_hours_that_are_none_are_refused(words: str, reason: str) -> None:
    with pytest.raises(HoursNotUnderstoodError, match=reason):
        parse_spans(words)


def test_days_that_keep_the_same_hours_are_written_together() -> None:
    morning, whole = [("09:00", "12:00")], [("09:00", "12:00"), ("14:00", "17:00")]
    assert write_hours({"Mo": whole, "Tu": whole, "We": morning, "Sa": morning}) == (
        "Mo-Tu 09:00-12:00,14:00-17:00; We 09:00-12:00; Sa 09:00-12:00"
    )


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+33321502020", "03 21 50 20 20"),
        ("+33 (0)3 21 50 20 20", "03 21 50 20 20"),
        ("0033321502020", "03 21 50 20 20"),
        ("03.21.50.20.20", "03 21 50 20 20"),
        ("03 21 50 20 20 ou 03 21 50 20 21", "03 21 50 20 20"),
        ("3230", "3230"),
        ("3939 (0,15 €)", "3939"),
        ("poste 12", "poste 12"),
    ],
)
def test_a_telephone_is_written_as_the_french_do(written: str, phone: str) -> None:
    assert cells.french_phone(written) == phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("accueil@arras.fr", True),
        ("mairie.arras@wanadoo.fr", True),
        ("ccas@arras.fr", True),
        ("jean.dupont@mairie-arras.fr", False),
        ("jdupont@arras.fr", False),
        ("marc.villette@arras.fr", False),
        ("franceservices.arras@cua.fr", True),
        ("espacefranceservices@aire.fr", True),
    ],
)
def test_only_the_mailbox_of_a_service_is_taken(written: str, kept: bool) -> None:
    assert bool(cells.service_email([written])) is kept


def test_what_we_published_comes_back_whole(territory: Territory) -> None:
    ccas = place(read(territory, "proche.json"), "ccas-62413").record
    assert (ccas["horaires"], ccas["services"]) == ("Mo-Fr 09:00-12:00", "Domiciliation")
    assert (ccas["langues"], ccas["source"]) == ("arabe", "Appel à l'accueil")
    assert ccas["fermetures"] == [{"du": "2026-12-24", "au": "2027-01-02", "motif": "fêtes"}]
    assert ccas["permanences"] == [{"operateur": "CAF", "horaires": "Tu 09:00-12:00", "quand": ""}]


def test_a_file_of_services_alone_speaks_for_structures_known_before(territory: Territory, tmp_path: Path) -> None:
    services = json.loads((PAYLOADS / "data-inclusion.json").read_text())["services"]
    path = tmp_path / "services.json"
    path.write_text(json.dumps(services))
    (found,) = read_places(path, territory, TODAY)[0].found
    assert found.record == {"id": "di-dora-ccas-de-harnes", "services": "Domiciliation|Aide alimentaire"}


def test_the_command_offers_every_format_and_no_other() -> None:
    assert set(cli_places.ImportFormat) == set(FORMATS)
    assert cli_places.MAX_MB == MAX_MB
