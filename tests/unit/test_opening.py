"""`proche doctor --ouverture`: what no person has read, checked or kept current forbids opening to the public."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.doctor import list_blocks

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 24)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("data/territoire", "knowledge_base/fiches"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def reasons(root: Path, where: str, today: date = TODAY) -> list[str]:
    return [block["why"] for block in list_blocks(root, today) if where in block["where"]]


def test_every_safety_text_that_nobody_signed_forbids_opening(root: Path) -> None:
    assert reasons(root, "safety.yml : suicide_proche") == ["texte de danger que personne n'a signé"]
    assert reasons(root, "safety.yml : ask")


def test_an_urgent_number_not_verified_forbids_opening(root: Path) -> None:
    edit(root / "data/territoire/numeros.csv", "2021-09-29,yes", "2021-09-29,no")
    assert "numéro d'urgence non vérifié" in reasons(root, "numeros.csv : 3114")


def test_an_urgent_number_absent_from_the_table_forbids_opening(root: Path) -> None:
    edit(root / "data/territoire/numeros.csv", ",3114,", ",3115,")
    assert reasons(root, "numeros.csv : 3114") == ["numéro d'urgence non vérifié"]


def test_a_fiche_that_nobody_has_read_forbids_opening_and_a_read_one_does_not(root: Path) -> None:
    assert reasons(root, "aah.md") == ["fiche amorce, que personne n'a relue"]
    edit(root / "knowledge_base/fiches/aah.md", "statut: amorce", "statut: relu")
    assert reasons(root, "aah.md") == []


def test_a_fiche_due_for_review_forbids_opening(root: Path) -> None:
    assert "à relire depuis le 24/05/2027" in reasons(root, "aah.md", today=date(2027, 5, 25))


def test_the_command_names_what_blocks_and_exits_with_three() -> None:
    told = CliRunner().invoke(app, ["doctor", "--ouverture"])
    assert told.exit_code == 3 and "NON safety.yml : suicide" in told.stdout
    as_json = CliRunner().invoke(app, ["doctor", "--ouverture", "--json"])
    assert as_json.exit_code == 3 and {"where", "why"} == set(json.loads(as_json.stdout)["blocks"][0])
