"""Erased is erased: no byte stays, while a turn is under way too, and nobody else loses anything (P2, P5)."""

import asyncio
import sqlite3
import uuid
from contextlib import closing
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.patience import until
from tests.service import Service
from tests.stub_rasa import StubRasa, answer_well, hang, only_for
from tests.talk import Talk

CANARY = "perroquet-indigo"
FILES = ("proche.db", "proche.db-wal", "proche.db-shm", "rasa.db", "rasa.db-wal", "rasa.db-shm")


def files_that_hold(service: Service, *canaries: str) -> list[str]:
    """Names of the files of the var folder in which one of `canaries` stands, byte for byte."""
    found = []
    for path in sorted(path for path in service.var_dir.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found += [path.name for canary in canaries if canary.encode() in content]
    return found


async def erase(talk: Talk) -> int:
    async with talk.session.delete(talk.path, headers=talk.headers) as response:
        return response.status


async def test_what_was_said_is_in_the_file_until_it_is_erased(service: Service, talk: Talk) -> None:
    await talk.say(f"aide pour mon loyer {CANARY}-1")
    await talk.say(f"mon mari me frappe {CANARY}-1")
    comment = {"seq": 3, "useful": False, "comment": f"{CANARY}-1"}
    async with talk.session.post(f"{talk.path}/feedback", json=comment, headers=talk.headers) as response:
        assert response.status == 204
    assert {"proche.db-wal", "proche.db"} & set(files_that_hold(service, f"{CANARY}-1"))
    assert files_that_hold(service, talk.id)
    assert await erase(talk) == 204
    assert files_that_hold(service, f"{CANARY}-1", talk.id) == []


@pytest.mark.parametrize("word", ["EFFACER", "effacer", " Effacer ! ", "EFFACEZ.", "effacer tout", "efface"])
async def test_erasing_by_a_word_leaves_nothing_and_kills_the_token(service: Service, talk: Talk, word: str) -> None:
    canary = uuid.uuid4().hex
    await talk.say(f"aide pour mon loyer {canary}")
    assert "effacé" in (await talk.say(word))[0]["text"]
    assert files_that_hold(service, canary, talk.id) == []
    for method, path in (("GET", "/messages"), ("GET", "/events"), ("DELETE", "")):
        async with talk.session.request(method, talk.path + path, headers=talk.headers) as response:
            assert response.status == 404
    assert (await talk.post({"client_id": "1", "text": f"encore {canary}"}))[0] == 404
    assert files_that_hold(service, canary) == []


@pytest.mark.parametrize(
    "text", ["comment effacer mes dettes", "effacer mon casier judiciaire", "il veut effacer les preuves"]
)
async def test_the_word_in_a_sentence_erases_nothing(talk: Talk, text: str) -> None:
    await talk.say(text)
    assert await talk.say("quels papiers")


async def test_erasing_one_talk_touches_no_other(service: Service, session: aiohttp.ClientSession) -> None:
    talks = [await Talk(session, service.url).open() for _ in range(6)]
    await asyncio.gather(*(talk.say(f"je veux la css {CANARY}-{n}") for n, talk in enumerate(talks)))
    await asyncio.gather(*(erase(talk) for talk in talks[::2]), *(talk.say("quels papiers") for talk in talks[1::2]))
    for number in range(len(talks)):
        assert bool(files_that_hold(service, f"{CANARY}-{number}")) == (number % 2 == 1)
    for talk in talks[1::2]:
        assert (await talk.say("combien ca coute"))[0]["fiches"][0]["slug"] == "css"


async def test_erasing_holds_while_others_read_and_write(service: Service, session: aiohttp.ClientSession) -> None:
    """A reader in the way of the journal's end must not leave the words in it."""
    others = [await Talk(session, service.url).open() for _ in range(8)]
    doomed = [await Talk(session, service.url).open() for _ in range(8)]
    canaries = [uuid.uuid4().hex for _ in doomed]
    for talk, canary in zip(doomed, canaries, strict=True):
        await talk.say(f"je veux le rsa {canary}")
    chatter = [asyncio.create_task(talk.say(f"je veux la css numéro {n}")) for talk in others for n in range(4)]
    assert await asyncio.gather(*(erase(talk) for talk in doomed)) == [204] * len(doomed)
    await asyncio.gather(*chatter)
    assert files_that_hold(service, *canaries, *(talk.id for talk in doomed)) == []


async def test_erasing_twice_finds_nothing_the_second_time(talk: Talk) -> None:
    assert [await erase(talk), await erase(talk)] == [204, 404]


async def test_a_talk_erased_while_its_turn_is_under_way_stays_erased(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    canary = uuid.uuid4().hex
    text = f"je veux la css {canary}"
    rasa.behaviour = only_for(text, hang)
    talk, other = await Talk(session, gateway.url).open(), await Talk(session, gateway.url).open()
    saying = asyncio.create_task(talk.post({"client_id": "1", "text": text}))
    await until(lambda: rasa.heard(text) == 1, what="Rasa at work")
    assert await erase(talk) == 204
    assert files_that_hold(gateway, canary, talk.id) == []
    rasa.released.set()
    status, _ = await saying
    assert status in (200, 202, 404)
    assert await other.say("je veux le rsa")
    assert files_that_hold(gateway, canary, talk.id) == []
    rasa.behaviour = answer_well


def is_row(path: Path, query: str, *values: str) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchone() is not None


async def test_rasas_copy_of_a_turn_under_way_goes_with_the_talk(
    service: Service, session: aiohttp.ClientSession
) -> None:
    """Rasa writes its own file at the end of a turn: later than the erasing, if one is quick."""
    stored = partial(
        is_row, service.var_dir / "proche.db", "SELECT 1 FROM message WHERE conversation_id = ? AND pending"
    )
    copied = partial(is_row, service.var_dir / "rasa.db", "SELECT 1 FROM tracker WHERE sender_id = ?")
    for _ in range(10):
        talk = await Talk(session, service.url).open()
        saying = asyncio.create_task(talk.post({"client_id": "1", "text": "je veux la css"}))
        while not saying.done() and not stored(talk.id):  # noqa: ASYNC110 - the row is the event
            await asyncio.sleep(0)
        assert await erase(talk) == 204
        await saying
        assert not copied(talk.id)
    assert {path.name for path in service.var_dir.iterdir() if path.is_file()} <= set(FILES)
