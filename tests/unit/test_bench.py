"""What the bench promises of its own figures."""

import os
import sys
import time
from pathlib import Path

import pytest
import yaml

from bench.processes import Program, ProgramError, list_pids
from bench.seen import Seen
from bench.stock import NLU, SOURCES
from bench.table import align, compare, show

# Written for this test: no sentence of an evaluation set stands here.
QUESTION = "Mon toit fuit depuis lundi et le maire ne répond pas"


@pytest.fixture
def seen() -> Seen:
    return Seen([QUESTION, "combien ça coûte"], words=["logement insalubre"])


def test_a_copied_sentence_is_seen_whatever_its_accents_and_capitals(seen: Seen) -> None:
    assert seen.holds("mon toit FUIT depuis lundi, et le maire ne repond pas !")


def test_a_sentence_that_only_adds_words_is_seen(seen: Seen) -> None:
    assert seen.holds("bonjour, mon toit fuit depuis lundi et le maire ne répond pas")


def test_a_sentence_of_other_words_is_not_seen(seen: Seen) -> None:
    assert not seen.holds("qui peut m'aider à réparer ma chaudière cet hiver")


def test_under_five_words_only_an_equal_sentence_is_seen(seen: Seen) -> None:
    assert seen.holds("Combien ca coute ?")
    assert not seen.holds("ça coûte combien")


def test_a_keyword_is_compared_whole(seen: Seen) -> None:
    assert seen.holds("logement insalubre")
    assert not seen.holds("je vis dans un logement insalubre avec ma mère")


def test_what_was_seen_is_left_out_and_counted(seen: Seen) -> None:
    rows = [{"text": QUESTION}, {"text": "où faire un passeport"}]
    assert seen.split(rows) == ([rows[1]], 1)


def test_the_shortest_acts_are_never_left_out() -> None:
    rows = [{"text": "oui merci", "act": "affirm"}, {"text": "oui je veux bien", "act": "affirm"}]
    assert Seen(["oui merci", "oui je veux bien"]).split(rows) == ([rows[0]], 1)


def test_the_stock_bot_knows_every_intent_of_the_training_data() -> None:
    ours = {
        entry["intent"]
        for path in NLU.glob("*.yml")
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        if "intent" in entry
    }
    domain = yaml.safe_load((SOURCES / "domain.yml").read_text(encoding="utf-8"))
    rules = yaml.safe_load((SOURCES / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    assert set(domain["intents"]) == ours
    assert {rule["steps"][0]["intent"] for rule in rules} == ours | {"nlu_fallback"}


def test_the_stock_bot_leaves_pipeline_and_policies_to_rasa() -> None:
    config = yaml.safe_load((SOURCES / "config.yml").read_text(encoding="utf-8"))
    assert (config["language"], config["pipeline"], config["policies"]) == ("fr", None, None)


def run(code: str, folder: Path) -> Program:
    return Program([sys.executable, "-c", code], folder, os.environ, folder / "log")


def test_a_program_is_ended_with_all_it_started(tmp_path: Path) -> None:
    apart = "import subprocess, time; subprocess.Popen(['sleep', '60'], start_new_session=True); time.sleep(60)"
    program = run(apart, tmp_path).start()
    try:
        program.wait(lambda: len(list_pids(program.mark)) == 2, 10)
    finally:
        program.stop(patience_s=0.2)
    assert list_pids(program.mark) == []


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    program = run("import time; time.sleep(60)", tmp_path).start()
    start = time.monotonic()
    with pytest.raises(ProgramError, match="n'a pas fini"):
        program.finish(0.2)
    assert time.monotonic() - start < 10
    assert list_pids(program.mark) == []


def test_a_program_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    program = run("import sys; sys.exit('le port est pris')", tmp_path).start()
    with pytest.raises(ProgramError, match="le port est pris"):
        program.wait(lambda: False, 10)
    program.stop()


def test_a_figure_is_compared_with_its_promise() -> None:
    assert compare(0.91, 0.9, at_least=True) == "tenu"
    assert compare(31.0, 30, at_least=False) == "MANQUÉ"
    assert compare(None, 30, at_least=False) == ""


def test_numbers_read_as_in_french() -> None:
    assert [show(number) for number in (1234.6, 12.34, 1.239, 30)] == ["1235", "12,3", "1,24", "30"]


def test_columns_are_aligned() -> None:
    assert align([("a", "b"), ("long", "c")]) == "a     b\n────  ─\nlong  c"
