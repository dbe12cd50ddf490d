"""What `proche knowledge check` refuses between fiches, and what it only counts."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistance.errors import ContentError
from assistance.fiche import LIEU_KINDS
from assistance.fiche_rules import PAGES
from gateway.channels.web import pages
from gateway.cli import app
from knowledge_base.fiche_check import CheckReport, check_folder
from knowledge_base.glossary import load_glossary
from knowledge_base.territory import Territory, load_territory

ROOT = Path(__file__).resolve().parents[2]
FICHES, GLOSSARY = ROOT / "knowledge_base" / "fiches", ROOT / "data" / "glossaire.yml"
TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(ROOT / "data" / "territoire")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The real fiches, to be broken."""
    return Path(shutil.copytree(FICHES, tmp_path / "copie"))


def change(folder: Path, slug: str, old: str, new: str) -> int:
    """Replace in one fiche; return the line of the first change."""
    path = folder / f"{slug}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def check(folder: Path, territory: Territory, today: date = TODAY) -> CheckReport:
    return check_folder(folder, GLOSSARY, territory, today)


def told(report: CheckReport) -> list[str]:
    return [str(fault) for fault in report.faults]


def test_a_sentence_that_four_fiches_say_is_refused_in_each(folder: Path, territory: Territory) -> None:
    sentence = "Cette longue phrase revient partout et fatigue vraiment tout le monde."
    slugs = ("aah", "apa", "css", "fsl")
    places = {
        slug: change(folder, slug, "## Papiers à préparer\n", f"{sentence}\n\n## Papiers à préparer\n")
        for slug in slugs
    }
    assert told(check(folder, territory)) == [
        f"{slug}.md:{line}: phrase écrite dans 4 fiches, 3 au plus : « {sentence} »" for slug, line in places.items()
    ]


def test_a_sentence_may_come_back_in_three_fiches_and_where_to_go_in_all(folder: Path, territory: Territory) -> None:
    sentence = "Cette longue phrase revient partout et fatigue vraiment tout le monde."
    for slug in ("aah", "apa", "css", "fsl"):
        change(folder, slug, "## Où aller\n", f"## Où aller\n{sentence}\n\n")
    for slug in ("aah", "apa", "css"):
        change(folder, slug, "## Papiers à préparer\n", f"{sentence}\n\n## Papiers à préparer\n")
    assert told(check(folder, territory)) == []


def test_two_fiches_with_one_title_are_refused(folder: Path, territory: Territory) -> None:
    title = re.search(r"^title: (.*)$", (FICHES / "apa.md").read_text(encoding="utf-8"), re.MULTILINE)
    other = re.search(r"^title: .*$", (FICHES / "fsl.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert title and other
    change(folder, "fsl", other[0], title[0])
    found = [fault for fault in told(check(folder, territory)) if "titre" in fault]
    assert [fault.split(": ")[0] for fault in found] == ["apa.md:3", "fsl.md:3"]


def test_two_fiches_that_say_almost_the_same_are_refused(folder: Path, territory: Territory) -> None:
    text = (folder / "fsl.md").read_text(encoding="utf-8").replace("slug: fsl", "slug: fsl-bis")
    (folder / "fsl-bis.md").write_text(text, encoding="utf-8")
    faults = told(check(folder, territory))
    assert any(re.match(r"fsl.md:\d+: texte presque le même \(100 %\) que fsl-bis.md", fault) for fault in faults)


def test_slugs_that_differ_by_their_hyphens_alone_are_refused(folder: Path, territory: Territory) -> None:
    text = (folder / "carte-identite.md").read_text(encoding="utf-8")
    (folder / "carteidentite.md").write_text(text.replace("slug: carte-id", "slug: carteid"), encoding="utf-8")
    assert "carteidentite.md:2: slug « carteidentite » déjà pris par une autre fiche" in told(check(folder, territory))


def test_a_question_that_brings_another_fiche_first_is_refused(folder: Path, territory: Territory) -> None:
    line = change(folder, "carte-identite", "questions:\n", "questions:\n  - comment demander le fsl\n") + 1
    assert f"carte-identite.md:{line}: la question « comment demander le fsl » trouve d'abord « fsl »" in told(
        check(folder, territory)
    )


def test_a_fiche_that_cannot_be_read_does_not_hide_the_faults_of_others(folder: Path, territory: Territory) -> None:
    change(folder, "aah", "theme: ", "theme: lune # ")
    change(folder, "apa", "## Papiers à préparer\n", "Demandez XYZ.\n\n## Papiers à préparer\n")
    faults = told(check(folder, territory))
    assert any("aah.md:4: thème inconnu" in fault for fault in faults)
    assert any("sigle « XYZ »" in fault for fault in faults)


def test_what_nobody_has_read_is_counted_and_not_refused(folder: Path, territory: Territory) -> None:
    before = check(folder, territory)
    change(folder, "aah", "statut: amorce", "statut: relu")
    change(folder, "aah", "checked_on:", "checked_on: 2026-11-24")
    change(folder, "apa", "review_after: ", "review_after: 2026-11-24 # ")
    after = check(folder, territory)
    assert after.faults == ()
    assert (after.amorce, after.unread, after.due) == (before.amorce - 1, before.unread - 1, before.due + 1)


def test_the_command_counts_in_json_and_names_faults(folder: Path) -> None:
    good = CliRunner().invoke(app, ["knowledge", "check", "--json"])
    told = json.loads(good.stdout)
    assert good.exit_code == 0 and told["faults"] == [] and {"count", "amorce", "unread", "due"} <= set(told)
    line = change(folder, "apa", "## Papiers à préparer\n", "Demandez XYZ.\n\n## Papiers à préparer\n")
    broken = CliRunner().invoke(app, ["knowledge", "check", str(folder)])
    assert broken.exit_code == 3 and f"apa.md:{line}: sigle « XYZ »" in broken.stdout and "amorce" in broken.stderr


def test_pages_that_fiches_may_link_to_are_pages_of_the_site() -> None:
    assert {route.path for route in pages.routes} >= PAGES


def test_the_glossary_explains_the_acronyms_of_every_kind_of_place() -> None:
    acronyms = set(re.findall(r"\b[A-Z]{2,}\b", " ".join(LIEU_KINDS.values())))
    assert acronyms <= set(load_glossary(GLOSSARY))


def test_a_glossary_of_anything_but_words_and_texts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "glossaire.yml"
    for content in ("- CAF\n", "CAF: [1]\n", "CAF: 'x\n"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ContentError, match=r"data/glossaire\.yml:"):
            load_glossary(path)
