"""The subjects planned (data/couverture.csv) and the fiches written are the same."""

import csv
from pathlib import Path

import pytest

from knowledge_base.repository import load_fiches

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def planned() -> list[dict[str, str]]:
    with (ROOT / "data" / "couverture.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The theme of each fiche."""
    return {file.fiche.slug: file.fiche.theme for file in load_fiches(ROOT / "knowledge_base" / "fiches")}


def test_a_subject_is_planned_once(planned: list[dict[str, str]]) -> None:
    slugs = [row["slug"] for row in planned]
    assert len(slugs) == len(set(slugs))


def test_every_subject_planned_has_its_fiche(planned: list[dict[str, str]], written: dict[str, str]) -> None:
    assert {row["slug"] for row in planned} - written.keys() == set()


def test_every_fiche_is_of_a_subject_planned(planned: list[dict[str, str]], written: dict[str, str]) -> None:
    assert written.keys() - {row["slug"] for row in planned} == set()


def test_a_fiche_has_the_theme_planned(planned: list[dict[str, str]], written: dict[str, str]) -> None:
    moved = {row["slug"]: written[row["slug"]] for row in planned if written.get(row["slug"]) != row["theme"]}
    assert moved == {}
