"""Numbers that identify a person are masked before the first write, by whatever door they come (P7)."""

import uuid
from pathlib import Path

import pytest

from tests.service import Service
from tests.talk import Talk

SECRETS = [
    pytest.param("2 85 07 62 193 045 21", id="social security number in groups"),
    pytest.param("285076219304521", id="social security number in one piece"),
    pytest.param("1 85 02 2A 004 003 44", id="social security number of Corsica"),
    pytest.param("FR76 3000 6000 0112 3456 7890 189", id="bank account in groups"),
    pytest.param("FR7630006000011234567890189", id="bank account in one piece"),
    pytest.param("BE68 5390 0754 7034", id="bank account of Belgium"),
    pytest.param("4970 1012 3456 7893", id="card in groups"),
    pytest.param("4970101234567893", id="card in one piece"),
    pytest.param("mot de passe : Tartiflette59!", id="password"),
    pytest.param("mon mdp ameli c'est Tartiflette59!", id="password in a sentence"),
]
KEPT = ["03 21 21 62 16", "0321216216", "3919", "15", "112", "62800", "08 00 23 12 16", "dossier 2024/118"]


def files_of(service: Service) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(Path(service.var_dir).rglob("*")) if path.is_file())


def bare(secret: str) -> str:
    """What must not be found: the number alone, or the password alone."""
    return secret.rsplit(" : ", maxsplit=1)[-1].rsplit("c'est ", maxsplit=1)[-1]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("sentence", ["bonjour voici {} pour mon dossier", "mon mari me frappe {}", "{}", "/choose {}"])
async def test_a_secret_in_a_message_never_reaches_the_disk(
    talk: Talk, service: Service, secret: str, sentence: str
) -> None:
    await talk.say(sentence.format(secret))
    assert bare(secret).encode() not in files_of(service)
    async with talk.session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert "masqué" in (await response.json())["messages"][1]["text"]


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_in_an_opinion_never_reaches_the_disk(talk: Talk, service: Service, secret: str) -> None:
    body = {"seq": 1, "useful": False, "comment": f"voici {secret}"}
    async with talk.session.post(f"{talk.path}/feedback", json=body, headers=talk.headers) as response:
        assert response.status == 204
    assert bare(secret).encode() not in files_of(service)


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_as_the_id_of_a_message_never_reaches_the_disk(
    talk: Talk, service: Service, secret: str
) -> None:
    first = await talk.say("je veux la css", client_id=secret)
    assert await talk.say("je veux la css", client_id=secret) == first  # and still tells a repeat
    assert bare(secret).encode() not in files_of(service)


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_in_the_form_of_the_page_never_reaches_the_disk(
    talk: Talk, service: Service, secret: str
) -> None:
    fields = {"text": f"voici {secret} pour mon dossier", "form": uuid.uuid4().hex}
    async with talk.session.post(f"{service.url}/chat", data=fields, allow_redirects=False) as response:
        assert response.status == 303
    assert bare(secret).encode() not in files_of(service)


@pytest.mark.parametrize("before", ["\u200b", "\u00a0", "\u202f", "\x07"])
async def test_marks_within_a_number_do_not_hide_it(talk: Talk, service: Service, before: str) -> None:
    nir = f"2 85 07 62{before} 193 045 21"
    await talk.say(f"mon numero {nir} svp")
    content = files_of(service)
    assert nir.encode() not in content and b"193 045 21" not in content


@pytest.mark.parametrize("number", KEPT)
async def test_numbers_of_services_and_files_stay(talk: Talk, number: str) -> None:
    text = f"on ma donné le {number} c'est qui"
    await talk.say(text)
    async with talk.session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert (await response.json())["messages"][1]["text"] == text
