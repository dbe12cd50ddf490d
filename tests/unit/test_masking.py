"""P7: what must never be stored is masked; ordinary numbers stay readable."""

import random
from collections.abc import Callable

import pytest

from assistance.masking import CARD_MASKED, IBAN_MASKED, NIR_MASKED, PASSWORD_MASKED, mask

SEPARATORS = ("", " ", ".", "-", "\u00a0")
AROUND = ("mon numéro est {}", "{}", "voici: {}, merci", "numero {} pour mon dossier", "{} c bon ?")


def parted(groups: list[str], rng: random.Random) -> str:
    return rng.choice(SEPARATORS).join(groups)


def make_nir(rng: random.Random) -> str:
    departement = rng.choice([f"{rng.randint(1, 95):02}", "62", "59", "2A", "2B", "99"])
    groups = [rng.choice("12"), f"{rng.randint(0, 99):02}", f"{rng.randint(1, 12):02}", departement]
    groups += [f"{rng.randint(1, 990):03}", f"{rng.randint(1, 999):03}"]
    number = int("".join(groups).replace("2A", "19").replace("2B", "18"))
    if rng.random() < 0.7:
        groups.append(f"{97 - number % 97:02}")
    return parted(groups, rng)


def make_iban(rng: random.Random) -> str:
    country, length = rng.choice([("FR", 27), ("FR", 27), ("BE", 16), ("DE", 22), ("PL", 28), ("ES", 24)])
    bban = "".join(rng.choice("0123456789") for _ in range(length - 4))
    key = 98 - int("".join(str(int(letter, 36)) for letter in f"{bban}{country}00")) % 97
    iban = f"{country}{key:02}{bban}"
    written = parted([iban[at : at + 4] for at in range(0, length, 4)], rng)
    return written.lower() if rng.random() < 0.2 else written


def make_card(rng: random.Random) -> str:
    start, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("37", 15), ("4", 13), ("4", 19), ("2221", 16)])
    body = start + "".join(rng.choice("0123456789") for _ in range(length - len(start) - 1))
    doubled = [2 * int(d) - 9 * (d > "4") if at % 2 == 0 else int(d) for at, d in enumerate(reversed(body))]
    card = f"{body}{-sum(doubled) % 10}"
    return parted([card[at : at + 4] for at in range(0, length, 4)], rng)


def make_password(rng: random.Random) -> str:
    secret = rng.choice(["Soleil", "azerty", "Minou", "chti", "Lens"]) + str(rng.randint(1, 9999))
    return rng.choice([secret, f"{secret}!", f"{secret.upper()}a"])


PASSWORD_INTRODUCED = (
    "mon mot de passe est {}",
    "mdp: {}",
    "mdp {}",
    "mot de passe : {}",
    "mot de passe {}",
    "le code secret c'est {}",
    "mot de passe de la caf = {}",
    "MDP={}",
    "mon code est {}",
    "mon mot de passe ameli c est {} merci",
)


@pytest.mark.parametrize(
    "make, name, around",
    [
        pytest.param(make_nir, NIR_MASKED, AROUND, id="social security numbers"),
        pytest.param(make_iban, IBAN_MASKED, AROUND, id="IBAN"),
        pytest.param(make_card, CARD_MASKED, AROUND, id="bank cards"),
        pytest.param(make_password, PASSWORD_MASKED, PASSWORD_INTRODUCED, id="passwords"),
    ],
)
def test_p7_at_least_990_of_1000_secrets_are_masked(
    make: Callable[[random.Random], str], name: str, around: tuple[str, ...]
):
    rng = random.Random(62)
    missed = []
    for _ in range(1000):
        secret = make(rng)
        masked = mask(rng.choice(around).format(secret))
        if name not in masked or secret in masked:
            missed.append(secret)
    assert len(missed) <= 10, missed[:5]


def make_phone(rng: random.Random) -> str:
    pairs = [rng.choice(["03", "06", "07", "09"]), *(f"{rng.randint(0, 99):02}" for _ in range(4))]
    return parted(pairs, rng)


def make_date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1930, 2026)
    written = [
        f"{day:02}/{month:02}/{year}",
        f"{day}.{month}.{year}",
        f"{day} mai {year}",
        f"{year}-{month:02}-{day:02}",
    ]
    return rng.choice(written)


def make_amount(rng: random.Random) -> str:
    return rng.choice([f"{rng.randint(1, 9999)} euros", f"{rng.randint(1, 99)},{rng.randint(10, 99)} €", "1 200,50 €"])


ORDINARY: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"je suis au {make_phone(rng)}",
    lambda rng: f"{make_phone(rng)} ou {make_phone(rng)}",
    lambda rng: f"{make_phone(rng)} {make_phone(rng)}",
    lambda rng: f"né le {make_date(rng)}, {make_amount(rng)} par mois",
    lambda rng: f"du {make_date(rng)} au {make_date(rng)}",
    lambda rng: f"{make_date(rng)} {make_date(rng)}",
    lambda rng: f"{make_amount(rng)} puis {make_amount(rng)} et {make_amount(rng)}",
    lambda rng: f"code postal {rng.randint(62000, 62999)} à Lens",
    lambda rng: f"dossier {rng.randint(10**6, 10**11)} du {make_date(rng)}",
    lambda rng: f"allocataire {rng.randint(10**6, 10**7 - 1)}",
    lambda rng: rng.choice(["0 800 05 95 95 ou 3919", "116 006", "03 21 21 62 16", "appelez le 17, le 112 ou le 114"]),
    lambda rng: rng.choice(["mot de passe oublié", "mon mot de passe est refusé", "le code de la route", "code promo"]),
)


def test_p7_at_least_990_of_1000_ordinary_messages_are_intact():
    rng = random.Random(62)
    messages = [rng.choice(ORDINARY)(rng) for _ in range(1000)]
    changed = [message for message in messages if mask(message) != message]
    assert len(changed) <= 10, changed[:5]


@pytest.mark.parametrize(
    "message",
    ["", "bonjour", "mdp", "mot de passe :", "\x00\ud800", "j'ai perdu mon code", "62000", "France Travail 3949"],
)
def test_a_message_without_a_secret_is_returned_unchanged(message: str):
    assert mask(message) == message


def test_the_rest_of_the_message_stays_around_a_masked_number():
    assert mask("mon iban FR76 3000 6000 0112 3456 7890 189 pour la CAF") == f"mon iban {IBAN_MASKED} pour la CAF"


def test_masking_twice_changes_nothing_more():
    once = mask("mdp Azerty62, carte 4111 1111 1111 1111")
    assert mask(once) == once == f"mdp {PASSWORD_MASKED} carte {CARD_MASKED}"


def test_two_secrets_of_different_kinds_are_both_masked():
    masked = mask("nir 1 85 05 62 041 123 45 et iban FR7630006000011234567890189")
    assert NIR_MASKED in masked and IBAN_MASKED in masked
