"""What `proche knowledge check` refuses in one fiche: a real fiche, broken in one place."""

import re
from pathlib import Path

import pytest

from assistance.errors import ContentError
from assistance.fiche import parse_fiche
from assistance.fiche_rules import Known, check_fiche
from assistance.gsm_alphabet import find_outside
from assistance.written_fiche import PHONE, Sentence, WrittenFiche, split_sentences
from knowledge_base.glossary import load_glossary

ROOT = Path(__file__).resolve().parents[2]
RSA = (ROOT / "knowledge_base" / "fiches" / "rsa.md").read_text(encoding="utf-8")
BODY = RSA.index("## En bref")
OPENING = "Le RSA est une aide versée chaque mois."
LINE = RSA[: RSA.index(OPENING)].count("\n") + 1
NUMBERS = frozenset({"3230", "3039", "0320002000", "0321216216"})
KNOWN = Known(NUMBERS, load_glossary(ROOT / "data" / "glossaire.yml"), frozenset({"rsa", "css"}))


def faults_of(document: str, known: Known = KNOWN) -> list[str]:
    written = WrittenFiche(parse_fiche(document, "rsa.md"), document, "rsa.md")
    return [str(fault) for fault in check_fiche(written, known)]


def saying(text: str) -> str:
    """The fiche, the second sentence of its body replaced."""
    return RSA.replace(OPENING, text)


def with_field(name: str, value: str) -> str:
    return "\n".join(f"{name}: {value}" if line.startswith(f"{name}:") else line for line in RSA.split("\n"))


def line_of(start: str) -> int:
    return next(n for n, line in enumerate(RSA.split("\n"), 1) if line.startswith(start))


def test_a_fiche_as_it_is_has_no_fault() -> None:
    assert faults_of(RSA) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "Vous avez un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze.",
            "phrase de 16 mots, 15 au plus : « Vous avez un deux trois quatre cinq six sept huit neuf di… »",
            id="a long sentence",
        ),
        pytest.param(
            "Demandez le papier XYZ.",
            "sigle « XYZ » jamais expliqué : l'expliquer ici, ou dans data/glossaire.yml",
            id="an acronym nobody explains",
        ),
        pytest.param(
            "Demandez (XYZ) un papier.",
            "sigle « XYZ » jamais expliqué : l'expliquer ici, ou dans data/glossaire.yml",
            id="an acronym alone between parentheses",
        ),
        pytest.param(
            "Le XYZ aide. Le xylophone yaourt zèbre (XYZ) est gratuit.",
            "sigle « XYZ » jamais expliqué : l'expliquer ici, ou dans data/glossaire.yml",
            id="an acronym explained after its first use",
        ),
        pytest.param(
            "Vous recevez 600 €.",
            "« 600 € » : un montant ou un délai en chiffres va dans « montants » ou « delais », daté",
            id="an amount",
        ),
        pytest.param(
            "Il faut 1 200,50 euros.",
            "« 1 200,50 euros » : un montant ou un délai en chiffres va dans « montants » ou « delais », daté",
            id="an amount in words",
        ),
        pytest.param(
            "Vous avez 2 mois pour agir.",
            "« 2 mois » : un montant ou un délai en chiffres va dans « montants » ou « delais », daté",
            id="a delay",
        ),
        pytest.param(
            "Appelez le 03 21 00 00 01.",
            "numéro « 03 21 00 00 01 » absent de data/territoire/numeros.csv",
            id="an unknown number",
        ),
        pytest.param(
            "Appelez le 3999.", "numéro « 3999 » absent de data/territoire/numeros.csv", id="an unknown short number"
        ),
        pytest.param(
            "Regardez [cette fiche](/fiches/rien).",
            "lien « /fiches/rien » cassé : https://…, tel:…, /fiches/<slug> ou page du site",
            id="a link to no fiche",
        ),
        pytest.param(
            "Regardez [ce site](http://caf.fr).",
            "lien « http://caf.fr » cassé : https://…, tel:…, /fiches/<slug> ou page du site",
            id="a link the page would drop",
        ),
    ],
)
def test_a_body_is_refused_for(text: str, reason: str) -> None:
    assert faults_of(saying(text)) == [f"rsa.md:{LINE}: {reason}"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "Vous avez un deux trois quatre cinq six sept huit neuf dix onze douze treize.", id="fifteen words"
        ),
        pytest.param("Appelez M. Petit. Demandez un papier, ex. une facture, etc. puis gardez-le.", id="abbreviations"),
        pytest.param(
            "Appelez la caisse d'allocations familiales tout de suite, du lundi au vendredi, au 03 20 00 20 00.",
            id="a number counts for one word",
        ),
        pytest.param(
            "Demandez le papier (le papier de la banque avec votre nom et votre numéro de compte).",
            id="a parenthesis is read apart",
        ),
        pytest.param("Un zébu yack xérus (ZYX) aide. Le ZYX est gratuit.", id="an acronym after its words"),
        pytest.param("Un ZYX (zébu yack xérus) aide.", id="an acronym before its words"),
        pytest.param("Appelez le 3230, jours et nuits, 7 jours sur 7.", id="every day is no delay"),
        pytest.param("Vous avez de 18 à 25 ans.", id="an age"),
        pytest.param("Regardez [cette fiche](/fiches/css) et [ces lieux](/lieux).", id="living links"),
    ],
)
def test_a_body_may_say(text: str) -> None:
    assert faults_of(saying(text)) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("au 03 20 00 20 00, 24 h sur 24", ["03 20 00 20 00"], id="before an hour"),
        pytest.param("au 03 20 00 20 0.", ["03 20 00 20 0"], id="one digit short"),
        pytest.param("au 03 20 00 20 001.", ["03 20 00 20 001"], id="one digit too many"),
        pytest.param("au 0 800 05 95 95 ou 116 006", ["0 800 05 95 95", "116 006"], id="free numbers"),
        pytest.param("au 39 19 ou au 115 24 h sur 24", ["39 19", "115"], id="short numbers"),
        pytest.param("au +33 3 20 00 20 00", ["+33 3 20 00 20 00"], id="from abroad"),
        pytest.param("en 2026, 25 ans, 150 places, 115 000 habitants, 11-15 ans", [], id="no telephone"),
    ],
)
def test_telephone_numbers_are_seen_as_people_write_them(text: str, numbers: list[str]) -> None:
    assert PHONE.findall(text) == numbers


def test_a_sentence_written_over_two_lines_is_one_sentence() -> None:
    (fault,) = faults_of(
        saying("Vous avez un deux trois quatre cinq six\nsept huit neuf dix onze douze treize quatorze.")
    )
    assert fault.startswith(f"rsa.md:{LINE}: phrase de 16 mots")


def test_an_sms_is_refused_with_letters_that_triple_its_price() -> None:
    reason = "« sms » : caractères qui triplent le prix du SMS : ê ç"
    assert faults_of(with_field("sms", '"RSA : vous êtes français ? Appelez le 3230."')) == [
        f"rsa.md:{line_of('sms:')}: {reason}"
    ]


def test_an_sms_is_refused_with_an_unknown_number() -> None:
    (fault,) = faults_of(with_field("sms", '"RSA : appelez le 3999."'))
    assert fault == f"rsa.md:{line_of('sms:')}: numéro « 3999 » absent de data/territoire/numeros.csv"


def test_the_list_of_numbers_is_refused_with_an_unknown_one() -> None:
    line = line_of('  - {number: "3039"')
    assert faults_of(RSA.replace('number: "3039"', 'number: "3999"')) == [
        f"rsa.md:{line}: numéro « 3999 » absent de data/territoire/numeros.csv"
    ]


def test_how_to_proceed_is_refused_without_a_first_step() -> None:
    text = re.sub(r"^\d\. ", "", RSA, flags=re.MULTILINE)
    line = line_of("1. Préparez")
    assert f"rsa.md:{line}: « Comment faire » : il faut une première étape (« 1. … »)" in faults_of(text)


def test_how_to_proceed_is_refused_without_an_office() -> None:
    start, end = RSA.index("## Comment faire"), RSA.index("## Papiers")
    text = f"{RSA[:start]}## Comment faire\n1. Écrivez une lettre.\n\n{RSA[end:]}"
    line = text[:start].count("\n") + 2
    assert faults_of(text) == [f"rsa.md:{line}: « Comment faire » : aucun organisme, lieu ou téléphone où s'adresser"]


def test_a_fiche_is_refused_when_too_long_or_too_short() -> None:
    first = RSA[:BODY].count("\n") + 2
    assert any(
        fault.startswith(f"rsa.md:{first}: ") and fault.endswith("il en faut de 120 à 700")
        for fault in faults_of(saying("Demandez-le vite.\n" * 300))
    )
    short = RSA[:BODY] + "\n".join(f"## {title}\n1. Appelez la CAF." for title in parse_fiche(RSA, "rsa.md").sections)
    (fault,) = faults_of(short)
    assert fault.endswith("28 mots, il en faut de 120 à 700")


@pytest.mark.parametrize("kind", ["prefecture", "sous_prefecture", "police", "gendarmerie"])
def test_people_without_papers_are_never_sent_to(kind: str) -> None:
    document = with_field("slug", "asile").replace("lieux_kinds: [", f"lieux_kinds: [{kind}, ")
    assert faults_of(document) == [
        f"rsa.md:{line_of('lieux_kinds:')}: sujet sensible : jamais {kind} parmi « lieux_kinds »"
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(
            RSA.replace("## À savoir", "## Autre"), "la section « À savoir » manque ou est vide", id="section"
        ),
        pytest.param(
            RSA.replace("lieux_kinds: [", "lieux_kinds: [lune, "), "type de lieu inconnu « lune »", id="kind of place"
        ),
        pytest.param(
            with_field("sms", '"' + "a" * 301 + '"'), "« sms » a 301 caractères, 300 au plus", id="sms length"
        ),
    ],
)
def test_a_fiche_cannot_be_read_with(document: str, reason: str) -> None:
    with pytest.raises(ContentError) as refusal:
        parse_fiche(document, "rsa.md")
    assert any(fault.reason == reason and fault.line > 1 for fault in refusal.value.faults)


@pytest.mark.parametrize(
    ("markdown", "sentences"),
    [
        pytest.param("- **Appelez.** Puis venez", ["Appelez.", "Puis venez"], id="bold"),
        pytest.param(
            "Dites : « J'ai faim ! Vite. » Puis venez.", ["Dites : « J'ai faim ! Vite. » Puis venez."], id="quoted"
        ),
        pytest.param("Sur msa.fr ou caf.fr.", ["Sur msa.fr ou caf.fr."], id="addresses"),
    ],
)
def test_sentences_end_where_a_reader_stops(markdown: str, sentences: list[str]) -> None:
    assert split_sentences(markdown) == sentences


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("De 8 h 30 à 17 h.", 4, id="hours"),
        pytest.param("Lisez « Contester une décision de la CAF ».", 2, id="title of a fiche"),
        pytest.param("J'ai un rendez-vous – demain.", 4, id="hyphens and dashes"),
    ],
)
def test_words_are_counted_fairly(text: str, words: int) -> None:
    assert Sentence("En bref", 1, text).longest == words


def test_letters_outside_the_alphabet_of_sms_are_named_once() -> None:
    assert find_outside("être à l'hôpital, être soigné : 5 €") == "êô"
