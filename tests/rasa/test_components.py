"""What the bot adds to Rasa. Runs in Rasa's environment, which has no pytest:

.venv-rasa/bin/python -m unittest discover -s tests/rasa -t . -p test_components.py
"""

import asyncio
import io
import json
import logging
import os
import sqlite3
import tempfile
import time
import unittest
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

import jsonschema
import numpy as np
import rasa
import structlog
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.log_utils import configure_structlog

from bot.components import quiet_logs, rasa_speed
from bot.components.intent_model import IntentModel
from bot.components.tracker_store import LastTurnsTrackerStore
from bot.components.written_french import COMMUNE_MARK, Mask, fold, load_commune_names, normalise, spell_out

DOMAIN = Domain.from_yaml(
    """
    intents: [find_place, ask_papers]
    slots: {commune: {type: text, influence_conversation: false, mappings: [{type: custom}]}}
    forms: {place_form: {required_slots: [commune]}}
    actions: [action_ask_papers]
    """
)
CANARY = "canari-4f7d"
MASK = Mask({"xsubject": ["rsa", "carte d identite"], COMMUNE_MARK: ["lens", "saint pol sur ternoise"]})


def read(text: str) -> str:
    return " ".join(normalise(text, MASK))


class WrittenFrench(unittest.TestCase):
    CASES = (
        ("jé plu rien", "j ai plus rien"),
        ("je cherche", "je cherche"),
        ("kel papié fo pr le RSA ?", "quel papiers faut pour le xsubject"),
        ("c'est bien", "c est bien"),
        ("c ou", "c est xou"),
        ("Où est-ce ?", "xou est ce"),
        ("ou aller", "xou aller"),
        ("lundi ou mardi", "lundi ou mardi"),
        ("ma carte d'identité", "ma xsubject"),
        ("j'habite à St Pol-sur-Ternoise", "j habite a xcommune"),
        ("62300 LENS", "xcommune xcommune"),
        ("j'ai 3 enfants", "j ai xnombre enfants"),
        ("ouiiii", "oui"),
        ("😀 !!", ""),
    )

    def test_what_is_typed_is_brought_to_one_spelling(self) -> None:
        for typed, expected in self.CASES:
            with self.subTest(typed):
                self.assertEqual(read(typed), expected)

    def test_composed_and_decomposed_accents_are_the_same_letters(self) -> None:
        self.assertEqual(spell_out("je\u0301"), spell_out("jé"))

    def test_folding_keeps_letters_and_digits_only(self) -> None:
        self.assertEqual(fold("Œuvre — l'ÉTÉ, 2e"), "oeuvre l ete 2e")

    def test_a_territory_that_is_absent_hides_nothing(self) -> None:
        self.assertEqual(load_commune_names(Path("/nowhere")), [])


class IntentModelFiles(unittest.TestCase):
    def test_a_model_read_back_ranks_as_the_one_that_was_saved(self) -> None:
        documents = [["bonjour"], ["bonjour", "madame"], ["quel", "papiers"], ["les", "papiers"]]
        vectors = np.eye(4, dtype=np.float32)
        model = IntentModel.learn(documents, ["greet", "greet", "ask_papers", "ask_papers"], vectors, 0.3, 12.0, 30.0)
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder))
            again = IntentModel.load(Path(folder))
            self.assertFalse([path for path in Path(folder).iterdir() if path.suffix not in (".npz", ".json")])
        for words in documents:
            np.testing.assert_allclose(again.rank(words, vectors[0]), model.rank(words, vectors[0]), atol=1e-3)
        self.assertEqual(again.intents[int(np.argmax(again.rank(["papiers"], None)))], "ask_papers")

    def test_words_never_seen_still_get_probabilities(self) -> None:
        model = IntentModel.learn([["a"], ["a"], ["b"], ["b"]], ["x", "x", "y", "y"], None, 0.3, 12.0, 30.0)
        self.assertAlmostEqual(float(model.rank(["zzz"], None).sum()), 1.0, places=5)
        self.assertFalse(model.knows_any(["zzz"]))


class RasaSpeed(unittest.TestCase):
    def test_the_patches_are_for_the_installed_version(self) -> None:
        rasa_speed.install()
        self.assertEqual(rasa.__version__, rasa_speed.PATCHED_VERSION)
        self.assertIs(RemoteAction._validate_action_result, rasa_speed.check_action_reply)

    def test_replies_are_accepted_and_refused_as_by_rasa_itself(self) -> None:
        schema = RemoteAction.action_response_format_spec()
        replies = (
            {"events": [], "responses": [{"text": "a"}]},
            {"events": [{"event": "slot", "name": "commune", "value": None}], "responses": []},
            {"events": [{"event": "slot"}], "responses": []},
            {"events": [{"event": "unheard of"}]},
            {"events": "none"},
            {"responses": ["text"]},
            {},
            [],
        )
        for reply in replies:
            with self.subTest(reply):
                self.assertEqual(_is_refused(_check_quickly, reply), _is_refused(_check_slowly(schema), reply))

    def test_every_kind_of_event_has_the_class_rasa_gives_it(self) -> None:
        for name in (
            "user",
            "bot",
            "slot",
            "action",
            "active_loop",
            "session_started",
            "user_featurization",
            "restart",
        ):
            with self.subTest(name):
                self.assertIs(rasa_speed.find_event_class(name), rasa_speed._resolve_slowly(name))
        self.assertIsNone(rasa_speed.find_event_class("topic"))
        self.assertIs(rasa_speed.find_event_class("unheard of", SlotSet), SlotSet)
        with self.assertRaises(ValueError):
            rasa_speed.find_event_class("unheard of")


def _check_quickly(reply: object) -> None:
    rasa_speed.check_action_reply(None, reply)  # type: ignore[arg-type]


def _check_slowly(schema: dict) -> object:
    return lambda reply: jsonschema.validate(reply, schema)


def _is_refused(check: object, reply: object) -> bool:
    try:
        check(reply)  # type: ignore[operator]
    except jsonschema.ValidationError:
        return True
    return False


def make_tracker(turns: int, sender: str = "someone") -> DialogueStateTracker:
    events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    for number in range(turns):
        events += [
            UserUttered(
                f"{CANARY} {number}", {"name": "ask_papers", "confidence": 0.9}, metadata={"context": {"x": CANARY}}
            ),
            ActionExecuted("action_ask_papers"),
            BotUttered(CANARY, {"custom": {"proche": CANARY}}),
            ActionExecuted("action_listen"),
        ]
    return DialogueStateTracker.from_events(sender, events, DOMAIN.slots, domain=DOMAIN)


class TrackerStore(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "var" / "rasa.db"
        self.store = LastTurnsTrackerStore(DOMAIN, path=str(self.path))

    def save(self, tracker: DialogueStateTracker) -> None:
        asyncio.run(self.store.save(tracker))

    def retrieve(self, sender: str = "someone") -> DialogueStateTracker:
        tracker = asyncio.run(self.store.retrieve(sender))
        assert tracker is not None
        return tracker

    def rows(self) -> list[tuple]:
        with sqlite3.connect(self.path) as connection:
            return connection.execute("SELECT sender_id, updated_at, events FROM tracker").fetchall()

    def test_a_conversation_comes_back_listening_with_its_last_act(self) -> None:
        self.save(make_tracker(3))
        tracker = self.retrieve()
        self.assertEqual(tracker.latest_action_name, "action_listen")
        self.assertEqual(tracker.latest_message.intent_name, "ask_papers")

    def test_not_a_word_of_what_was_said_reaches_the_file(self) -> None:
        self.save(make_tracker(3))
        written = b"".join(path.read_bytes() for path in self.path.parent.iterdir())
        self.assertNotIn(CANARY.encode(), written)

    def test_a_long_conversation_takes_no_more_room_than_a_short_one(self) -> None:
        self.save(make_tracker(5))
        short = len(self.rows()[0][2])
        self.save(make_tracker(200))
        self.assertLess(len(self.rows()[0][2]), short * 1.1)
        self.assertEqual(len(self.rows()), 1)

    def test_a_form_and_its_slots_outlive_the_turns_that_are_dropped(self) -> None:
        tracker = make_tracker(1)
        tracker.update_with_events([ActiveLoop("place_form"), SlotSet("requested_slot", "commune")], DOMAIN)
        for event in make_tracker(5).events:
            if not isinstance(event, SessionStarted):
                tracker.update(event, DOMAIN)
        self.save(tracker)
        self.assertEqual(self.retrieve().active_loop_name, "place_form")
        self.assertEqual(self.retrieve().get_slot("requested_slot"), "commune")

    def test_a_session_start_leaves_an_almost_empty_row(self) -> None:
        tracker = make_tracker(20)
        tracker.update_with_events([SessionStarted(), ActionExecuted("action_listen")], DOMAIN)
        self.save(tracker)
        kinds = [event["event"] for event in json.loads(self.rows()[0][2])]
        self.assertEqual(kinds[0], "session_started")
        self.assertNotIn("user", kinds)

    def test_an_unknown_sender_has_no_tracker(self) -> None:
        self.assertIsNone(asyncio.run(self.store.retrieve("nobody")))

    def test_a_broken_row_is_a_new_conversation(self) -> None:
        self.save(make_tracker(1))
        with sqlite3.connect(self.path) as connection:
            connection.execute('UPDATE tracker SET events = \'[{"event": "unheard of"}\'')
        self.assertIsNone(asyncio.run(self.store.retrieve("someone")))

    def test_a_broken_file_is_made_anew(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(b"this is no database" * 1000)
        self.save(make_tracker(1))
        self.assertEqual(self.retrieve().latest_message.intent_name, "ask_papers")

    def test_a_file_that_vanishes_under_the_store_loses_only_what_it_held(self) -> None:
        self.save(make_tracker(1))
        for path in self.path.parent.iterdir():
            path.unlink()
        self.save(make_tracker(2))
        asyncio.run(self.store.retrieve("someone"))

    def test_a_folder_that_cannot_be_written_never_raises(self) -> None:
        blocked = Path(self.folder.name) / "file"
        blocked.write_text("")
        store = LastTurnsTrackerStore(DOMAIN, path=str(blocked / "rasa.db"))
        asyncio.run(store.save(make_tracker(1)))
        self.assertIsNone(asyncio.run(store.retrieve("someone")))

    def test_a_row_erased_by_the_purge_is_gone(self) -> None:
        self.save(make_tracker(1))
        with sqlite3.connect(self.path) as purge:
            purge.execute("DELETE FROM tracker WHERE sender_id = ?", ("someone",))
        self.assertIsNone(asyncio.run(self.store.retrieve("someone")))

    def test_a_purge_that_holds_the_file_delays_a_turn_by_a_second_at_most(self) -> None:
        self.save(make_tracker(1))
        with sqlite3.connect(self.path, isolation_level=None) as purge:
            purge.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            self.save(make_tracker(2))
            purge.execute("ROLLBACK")
        self.assertLess(time.monotonic() - started, 2.5)

    def test_only_its_owner_reads_the_file(self) -> None:
        self.save(make_tracker(1))
        self.assertEqual([path.name for path in self.path.parent.iterdir() if path.stat().st_mode & 0o077], [])


class QuietLogs(unittest.TestCase):
    def setUp(self) -> None:
        configure_structlog(logging.DEBUG)
        quiet_logs.install()
        self.lines = io.StringIO()
        handler = logging.StreamHandler(self.lines)
        root = logging.getLogger()
        root.addHandler(handler)
        self.addCleanup(root.removeHandler, handler)

    def test_a_line_of_rasa_says_where_and_never_what(self) -> None:
        logging.getLogger("rasa.core.processor").warning(f"could not parse {CANARY}")
        logging.getLogger("rasa.core.processor").warning("could not parse %s", CANARY)
        self.assertNotIn(CANARY, self.lines.getvalue())
        self.assertIn("test_components", self.lines.getvalue().replace("test_a_line", "test_components"))

    def test_an_exception_is_named_without_its_message(self) -> None:
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("rasa_sdk.endpoint").exception("failed on %s", CANARY)
            structlog.get_logger("rasa.core").exception("rest.message.received.failure", text=CANARY)
        self.assertNotIn(CANARY, self.lines.getvalue())
        self.assertEqual(self.lines.getvalue().count("ValueError"), 2)
        self.assertIn("rest.message.received.failure", self.lines.getvalue())

    def test_a_warning_that_quotes_a_message_is_printed_without_it(self) -> None:
        printed = io.StringIO()
        warnings.showwarning(UserWarning(CANARY), UserWarning, "somewhere/io.py", 100, file=printed)
        self.assertNotIn(CANARY, printed.getvalue())
        self.assertIn("io.py:100", printed.getvalue())

    def test_the_news_of_start_up_is_kept(self) -> None:
        logging.getLogger("rasa.core.run").warning("Rasa server is up and running.")
        self.assertIn("up and running", self.lines.getvalue())


if __name__ == "__main__":
    unittest.main()
