"""The files of the bot hold together: every intent has examples and a rule, every name is real."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DETAILS = {"ask_papers", "ask_how", "ask_cost", "ask_delay", "ask_refused", "ask_offline", "ask_who", "ask_phone"}
STEERING = {"show_menu", "affirm", "deny", "more", "repeat", "simplify", "out_of_scope"}
SMALL_TALK = {"greet", "thank", "goodbye", "ask_bot", "ask_privacy", "insult", "small_talk", "compliment"}
SAID_BY_RESIDENTS = (
    {"ask_right", "find_place", "give_commune", "ask_person", "start_orientation"} | DETAILS | STEERING | SMALL_TALK
)
WITHOUT_EXAMPLES = {"choose", "nlu_fallback"}  # the gateway sends the one, the classifier doubts by the other
FEWEST_EXAMPLES = {"ask_right": 90, "find_place": 90, "give_commune": 60, "ask_bot": 50}


def load_all(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((ROOT / folder).glob("*.yml")):
        yield yaml.safe_load(path.read_text(encoding="utf-8"))


def list_names(section: str) -> list[str]:
    """Return the names under `section` of every file of the domain."""
    return [name for document in load_all("bot/domain") for name in document.get(section) or ()]


def load_examples() -> dict[str, list[str]]:
    blocks = [block for document in load_all("data/nlu") for block in document["nlu"] if "intent" in block]
    examples: dict[str, list[str]] = defaultdict(list)
    for block in blocks:
        examples[block["intent"]] += [line[2:] for line in block["examples"].splitlines()]
    return examples


def list_steps() -> list[dict[str, Any]]:
    kinds = ("rules", "stories")
    parts = [document for folder in ("data/rules", "data/stories") for document in load_all(folder)]
    return [step for part in parts for kind in kinds for item in part.get(kind, ()) for step in item["steps"]]


def load_responses() -> dict[str, list[str]]:
    responses = [document.get("responses") or {} for document in load_all("bot/domain")]
    return {name: [variant["text"] for variant in texts] for part in responses for name, texts in part.items()}


def list_action_names() -> set[str]:
    """Return the names the action classes answer to, read from their source: rasa-sdk is not installed here."""
    names = set()
    for path in (ROOT / "actions").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        names |= {f"action_{act}" for act in re.findall(r'^    act = "(\w+)"', source, re.MULTILINE)}
        names |= set(re.findall(r'return "((?:action|validate)_\w+)"', source))
    return names


def test_every_act_a_resident_does_is_an_intent_of_the_domain():
    assert set(list_names("intents")) == SAID_BY_RESIDENTS | WITHOUT_EXAMPLES


def test_no_intent_action_or_response_is_declared_twice():
    for section in ("intents", "actions", "responses", "forms", "slots"):
        names = list_names(section)
        assert len(names) == len(set(names)), section


def test_every_intent_has_enough_examples():
    examples = load_examples()
    short = {act: len(examples[act]) for act in SAID_BY_RESIDENTS if len(examples[act]) < FEWEST_EXAMPLES.get(act, 35)}
    assert set(examples) == SAID_BY_RESIDENTS
    assert short == {}


def test_no_example_is_given_to_two_intents():
    owners: dict[str, str] = {}
    for act, examples in load_examples().items():
        for example in examples:
            assert owners.setdefault(example.lower(), act) == act, example


def test_every_intent_starts_a_rule():
    assert {step["intent"] for step in list_steps() if "intent" in step} == set(list_names("intents"))


def test_every_action_of_the_rules_is_declared():
    known = set(list_names("actions")) | set(load_responses()) | set(list_names("forms"))
    assert {step["action"] for step in list_steps() if "action" in step} <= known


def test_every_custom_action_exists_under_its_name():
    assert set(list_names("actions")) == list_action_names()


def test_every_small_talk_has_two_or_three_wordings():
    responses = load_responses()
    assert set(responses) == {f"utter_{act}" for act in SMALL_TALK}
    assert all(2 <= len(texts) <= 3 for texts in responses.values())


@pytest.mark.parametrize("name", sorted(f"utter_{act}" for act in SMALL_TALK))
def test_fixed_texts_hold_no_number_no_amount_no_address(name: str):
    for text in load_responses()[name]:
        assert not re.search(r"\d|€|euro|https?:|@", text), text


@pytest.mark.parametrize("name", sorted(f"utter_{act}" for act in SMALL_TALK))
def test_fixed_texts_name_no_commune(name: str):
    communes = (ROOT / "data/territoire/communes.csv").read_text(encoding="utf-8").splitlines()[1:]
    names = {line.split(",")[1] for line in communes}
    for text in load_responses()[name]:
        # A commune is written with a capital inside a sentence; the first word of one is only a word.
        inside = re.findall(r"(?<=[a-zéèà,;:] )[A-ZÉÈ][\w-]+", text)
        assert not names & set(inside), text


def test_the_bot_says_it_is_a_robot_and_promises_neither_a_person_nor_secrecy():
    responses = load_responses()
    assert all("robot" in text for text in responses["utter_ask_bot"])
    promises = re.compile(
        r"vous rappel|un conseiller va|quelqu'un va|en toute confidentialité|reste secret|personne ne saura"
    )
    assert not [text for texts in responses.values() for text in texts if promises.search(text)]


def test_who_asks_what_is_kept_learns_of_the_word_that_erases():
    assert all("EFFACER" in text for text in load_responses()["utter_ask_privacy"])


@pytest.mark.parametrize("folder", ["actions", "bot"])
def test_what_runs_beside_rasa_imports_none_of_our_other_packages(folder: str):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("gateway", "knowledge_base", "assistance")], (
                path
            )


def test_rasa_listens_to_the_rest_channel_alone():
    assert set(yaml.safe_load((ROOT / "bot/credentials.yml").read_text(encoding="utf-8"))) == {"rest"}
    script = (ROOT / "deploy/rasa.sh").read_text(encoding="utf-8")
    assert "-i 127.0.0.1" in script
    assert not re.search(r"^[^#]*--enable-api", script, re.MULTILINE)
    assert "SANIC_HOST=127.0.0.1" in (ROOT / "deploy/actions.sh").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["rasa.sh", "actions.sh", "train.sh"])
def test_rasa_reports_to_nobody(name: str):
    assert "RASA_TELEMETRY_ENABLED=false" in (ROOT / "deploy" / name).read_text(encoding="utf-8")


def test_the_small_talk_lists_agree():
    pipeline = yaml.safe_load((ROOT / "bot/config.yml").read_text(encoding="utf-8"))["pipeline"]
    assert set(pipeline[0]["sure_acts"]) == SMALL_TALK
    assert pipeline[0]["spacy_model"] == "fr_core_news_md"
    listed = re.search(r"SMALL_TALK = \(([^)]*)\)", (ROOT / "actions/places.py").read_text(encoding="utf-8"))
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == SMALL_TALK
