"""A file that is not what it should be: refused at once, with the line and the reason, in bounded memory."""

import gzip
import json
import os
import resource
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from assistance.errors import ContentError, Fault
from knowledge_base.importers import reading as reading_module
from knowledge_base.importers.reading import read_places
from knowledge_base.territory import Territory, load_territory

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
TODAY = date(2026, 11, 24)
LIST = (PAYLOADS / "liste-fs-20260901.csv").read_text()
HEADING, *ROWS = LIST.splitlines()


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(ROOT / "data" / "territoire")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "liste-fs-20260901.csv"


def faults(path: Path, territory: Territory, **options: object) -> list[Fault]:
    with pytest.raises(ContentError) as refused:
        read_places(path, territory, TODAY, **options)  # type: ignore[arg-type]
    return list(refused.value.faults)


def fault(path: Path, territory: Territory, **options: object) -> Fault:
    (one,) = faults(path, territory, **options)
    assert one.path == str(path)
    return one


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        pytest.param(b"", 1, "le fichier est vide", id="empty"),
        pytest.param(b"\xef\xbb\xbf \n", 1, "le fichier est vide", id="blank"),
        pytest.param(HEADING.encode() + b"\n", 1, "n'a que son en-tête", id="heading only"),
        pytest.param(LIST.encode("utf-16"), 1, "UTF-16", id="UTF-16"),
        pytest.param(LIST.encode("utf-16-le"), 1, "UTF-16", id="UTF-16 without its mark"),
        pytest.param(LIST.encode("utf-32"), 1, "UTF-32", id="UTF-32"),
        pytest.param(LIST.encode("latin-1"), 2, "Latin-1", id="Latin-1"),
        pytest.param(LIST.replace("Fixe", "Fi\0xe").encode(), 2, "caractère nul", id="NUL byte"),
        pytest.param(gzip.compress(LIST.encode()), 1, "compressé (gzip)", id="gzip"),
        pytest.param(b"BZh91AY&SY", 1, "bzip2", id="bzip2"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", 1, "xls", id="old Excel"),
        pytest.param(b"%PDF-1.7", 1, "PDF", id="PDF"),
        pytest.param(b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">]>', 1, "XML", id="billion laughs"),
        pytest.param(b"\n <html>", 1, "XML ou une page web", id="web page"),
        pytest.param(b'[{"nom": "a", "pivot": [], "plage_ouverture": []}', 1, "pas du JSON", id="JSON cut short"),
        pytest.param(b"[1, 2]", 1, "un objet est attendu", id="JSON of numbers"),
        pytest.param(b"[]", 1, "ne contient aucun lieu", id="empty list"),
        pytest.param(b'[{"nom": "a", "pivot": [], "plage_ouverture": []}] x', 1, "pas du JSON", id="JSON and more"),
        pytest.param(b"[" * 100_000, 1, "un objet est attendu", id="lists 100,000 deep"),
        pytest.param(b'[{"nom":' * 100_000, 1, "plus de 20 niveaux", id="objects 100,000 deep"),
        pytest.param(b'[{"a":[' + b"1," * 30_000 + b"1]}]", 1, "plus de 20000 valeurs", id="an object without end"),
        pytest.param(b'[{"nom": "' + b"x" * 10_000_000 + b'"}]', 1, "dépasse 1 Mo", id="a JSON text of 10 MB"),
        pytest.param(b'[{"nom": "caf\xe9"}]', 1, "Latin-1", id="Latin-1 in JSON"),
        pytest.param(b"nom,ville\na,b\n", 1, "format non reconnu", id="another table"),
        pytest.param((HEADING.replace(",", ";", 1) + "\n").encode(), 1, "mêle", id="commas and semicolons"),
        pytest.param(b"a,a\n1,2\n", 1, "deux colonnes ont le même nom", id="a column twice"),
    ],
)
def test_what_is_no_list_of_places_is_refused_with_its_reason(
    path: Path, territory: Territory, content: bytes, line: int, reason: str
) -> None:
    path.write_bytes(content)
    found = fault(path, territory)
    assert (found.line, reason in found.reason) == (line, True), found


def test_a_zip_or_a_workbook_is_never_opened(path: Path, territory: Territory) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.csv", "0" * 50_000_000)
    assert "archive ZIP ou un classeur" in fault(path, territory).reason
    assert list(path.parent.iterdir()) == [path]


def test_a_file_beyond_the_limit_is_refused_without_being_read(path: Path, territory: Territory) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # sparse: nothing on the disk
    assert fault(path, territory).reason == "1000 Mo : plus que les 500 Mo admis (--max-mb)"
    assert "admis" in fault(path, territory, max_mb=1).reason


def test_a_cell_of_ten_megabytes_is_refused(path: Path, territory: Territory) -> None:
    path.write_text(LIST.replace("Fixe", "F" * 10_000_000, 1))
    assert fault(path, territory).reason == "une ligne ou une valeur dépasse 1 Mo"
    path.write_text(LIST.replace("Fixe", "F" * 200_000, 1))
    assert "case de plus de 100000 caractères" in fault(path, territory).reason


def test_an_unclosed_quote_is_refused_where_the_row_starts(path: Path, territory: Territory) -> None:
    path.write_text(LIST.replace('"Fixe"', '"Fixe', 1))
    assert fault(path, territory).line == 2


def test_memory_stays_bounded(path: Path, territory: Territory) -> None:
    elsewhere = ROWS[2].replace("illisible", "09:00 - 12:00")
    with path.open("w") as file:
        file.write(HEADING + "\n")
        for number in range(60_000):
            file.write(elsewhere.replace('"8"', f'"{number}"', 1) + "\n")
        file.write(ROWS[1] + "\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_places(path, territory, TODAY)[0].elsewhere == 60_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB; the file has 12 MB


def test_a_file_of_too_many_rows_is_refused(path: Path, territory: Territory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_ITEMS", 2)
    path.write_text(LIST)
    assert fault(path, territory).reason == "plus de 2 lignes ou éléments"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(Path.mkdir, "un dossier", id="folder"),
        pytest.param(os.mkfifo, "un fichier spécial", id="FIFO"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "un fichier spécial", id="link to a device"),
        pytest.param(lambda path: path.symlink_to("nowhere"), "n'existe pas", id="broken link"),
    ],
)
def test_what_is_no_file_is_refused_without_waiting(
    path: Path, territory: Territory, make: Callable[[Path], None], reason: str
) -> None:
    make(path)
    assert reason in fault(path, territory).reason


def test_semicolons_are_accepted_when_the_heading_has_them(path: Path, territory: Territory) -> None:
    # The only commas of the payload stand between cells.
    path.write_text(LIST.replace(",", ";"))
    assert len(read_places(path, territory, TODAY)[0].found) == 2
    path.write_text("\n".join([HEADING.replace(",", ";"), *ROWS]))
    assert fault(path, territory).reason.startswith("la ligne est mal formée : autre séparateur")


def test_a_table_with_its_byte_order_mark_is_read(path: Path, territory: Territory) -> None:
    path.write_text(LIST, encoding="utf-8-sig")
    assert len(read_places(path, territory, TODAY)[0].found) == 2


def test_the_format_asked_for_must_fit(path: Path, territory: Territory) -> None:
    path.write_text(LIST)
    assert fault(path, territory, format_name="dila").reason == "le format dila est un fichier JSON"
    reason = fault(path, territory, format_name="mediation-numerique").reason
    assert reason == "colonnes absentes : commune, date_maj, id, nom"


def test_every_fault_is_told_at_once_with_its_line(path: Path, territory: Territory) -> None:
    path.write_text(
        "\n".join([HEADING, ROWS[0].replace("14:30 - 17:30", "17:30 - 14:30"), ROWS[1].replace("Fermé", "au choix")])
    )
    assert [(one.line, one.reason) for one in faults(path, territory)] == [
        (2, "horaires qui finissent avant de commencer : 17:30-14:30"),
        (3, "horaires non compris : « au choix »"),
    ]


def test_the_same_id_twice_is_a_fault_of_both_rows(path: Path, territory: Territory) -> None:
    path.write_text("\n".join([HEADING, ROWS[1], ROWS[1]]))
    found = [(one.line, one.reason) for one in faults(path, territory)]
    assert found == [(line, "l'id « fs-9001 » est écrit deux fois") for line in (2, 3)]


def test_control_characters_and_endless_texts_are_faults(path: Path, territory: Territory) -> None:
    path.write_text(
        "\n".join([HEADING, ROWS[1].replace("du Ternois", "\x1b[31m"), ROWS[0].replace("Boulevard", "B" * 3000)])
    )
    assert [(one.line, one.reason) for one in faults(path, territory)] == [
        (2, "« nom » : caractère de contrôle"),
        (3, "« adresse » : plus de 2000 caractères"),
    ]


def test_a_fault_of_json_is_told_by_rank_and_id(tmp_path: Path, territory: Territory) -> None:
    services = json.loads((PAYLOADS / "dila.json").read_text())["service"]
    services[1]["plage_ouverture"][0]["valeur_heure_fin_1"] = "25:00:00"
    path = tmp_path / "dila.json"
    path.write_text(json.dumps({"service": services}))
    found = fault(path, territory)
    assert found.line == 2
    assert found.reason == (
        "élément 2, id « 0c0f9d1e-52b5-4f5f-9a0b-1c2d3e4f5a6b » : « plage_ouverture » : l'heure « 25:00 » n'existe pas"
    )


def test_what_was_found_before_the_file_broke_is_told_too(path: Path, territory: Territory) -> None:
    path.write_text("\n".join([HEADING, ROWS[1].replace("Fermé", "au choix"), "a,b"]))
    assert [(one.line, one.reason) for one in faults(path, territory)] == [
        (2, "horaires non compris : « au choix »"),
        (3, "la ligne a 2 cases, l'en-tête 24"),
    ]


ODD = (None, 0, 1.5, True, "", "x", "[", "[{}]", "{a}", [], {}, [None], [[1]], [{}], {"a": [1]}, "🙂" * 9, "62\u0000")


def bent(value: object, odd: object) -> Iterator[object]:
    """Every copy of `value` with one of its parts replaced."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from ({**value, key: other} for other in (odd, *bent(part, odd)))
            yield {name: kept for name, kept in value.items() if name != key}
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in (odd, *bent(part, odd)))


@pytest.mark.parametrize("name", ["dila.json", "data-inclusion.json", "data-inclusion-v0.json", "proche.json"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_where_something_else_is_expected_is_read_or_refused(
    tmp_path: Path, territory: Territory, name: str, odd: object
) -> None:
    document = json.loads((PAYLOADS / name).read_text())
    if isinstance(document, dict):
        document = {key: rows[:1] for key, rows in document.items()}
    path = tmp_path / name
    for copy in bent(document, odd):
        path.write_text(json.dumps(copy))
        try:
            read_places(path, territory, TODAY)
        except ContentError as refused:
            assert all(fault.reason for fault in refused.faults)


def test_faults_without_end_stop(path: Path, territory: Territory) -> None:
    path.write_text("\n".join([HEADING, *[ROWS[1].replace("Fermé", "au choix")] * 3_000]))
    assert len(faults(path, territory)) == 1_001


def test_a_file_of_elsewhere_changes_nothing_and_says_so(path: Path, territory: Territory) -> None:
    path.write_text("\n".join([HEADING, ROWS[2]]))
    assert "aucun lieu du Pas-de-Calais" in fault(path, territory).reason
