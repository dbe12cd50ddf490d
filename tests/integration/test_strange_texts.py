"""A text that means nothing is answered honestly and changes no subject (R18)."""

import json
import random
import sqlite3
import uuid

import pytest

from tests.service import Service
from tests.talk import Talk

SEED = 62
# No letter of ours and no digit of ours: none of these can name a subject or a place.
PIECES = [
    "😀", "👩‍👩‍👧", "🇫🇷", "مرحبا", "שלום", "Привет", "你好", "สวัสดี", "\x00", "\x07", "\x1b[31m", "\u202e", "\u200b",
    "\ud83d",
    "\udc00", "\u0301" * 20, "\uffff", "\U0010ffff", "١٢٣", "{}", "{0}", "%s", "${", "{{", "}}",
    "<>", "&;", "'", '"', "\\", "\\\\",
    "';--", "*", "^", "-", "()", "[]", "[](", "|", "~", "`", "/", "//", "\n", "\r\n", "\t", " ",
    "\u2028", "\u00a0", "\ufeff", "…", "!?",
]  # fmt: skip


def strange_texts(count: int) -> list[str]:
    chance = random.Random(SEED)
    return ["".join(chance.choice(PIECES) for _ in range(chance.choice((1, 2, 5, 40)))) for _ in range(count)]


def remembered(service: Service, conversation_id: str) -> tuple[str, str]:
    """The subject and the commune that a conversation remembers."""
    with sqlite3.connect(service.var_dir / "proche.db") as connection:
        row = connection.execute("SELECT context FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    context = json.loads(row[0])
    return context["topic"], context["commune"]


async def test_five_hundred_strange_texts_are_answered_honestly_and_change_no_subject(
    talk: Talk, service: Service
) -> None:
    print(f"seed {SEED}")
    await talk.say("je veux la css à Lens")
    before = remembered(service, talk.id)
    for text in strange_texts(500):
        status, body = await talk.post({"client_id": uuid.uuid4().hex, "text": text})
        assert (status == 200 and body["messages"][0]["text"]) or (status == 422 and body["error"]), repr(text)
        assert remembered(service, talk.id) == before == ("css", "62498"), repr(text)


@pytest.mark.parametrize(
    "text", ["é" * 2000, "a " * 1000, "SELECT * FROM fiche;", "<img src=x onerror=y>", "{topic.__class__}"]
)
async def test_a_text_that_means_nothing_changes_no_subject(talk: Talk, text: str) -> None:
    await talk.say("je veux la css")
    assert (await talk.say(text))[0]["text"]
    assert (await talk.say("quels papiers"))[0]["fiches"][0]["slug"] == "css"
