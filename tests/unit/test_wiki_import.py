"""Pages of a wiki brought to the form of a fiche: their own words, plain defaults, what is missing told."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistance.errors import ContentError
from assistance.fiche import SECTIONS, parse_fiche
from knowledge_base.importers import wiki
from knowledge_base.importers.fiche_draft import DEFAULTS, Draft, check_drafts
from knowledge_base.importers.wiki import read_table_of_pages, read_web_pages
from knowledge_base.importers.wiki_html import WebPage

PAYLOADS = Path(__file__).parents[1] / "payloads" / "wiki"
TODAY = date(2026, 11, 24)
TABLE, WEB_PAGE = (PAYLOADS / "pages.csv").read_text(), (PAYLOADS / "carte-jeune.html").read_text()


def read_table(path: Path, content: str = TABLE, today: date = TODAY) -> list[Draft]:
    file = path / "pages.csv"
    file.write_text(content)
    return read_table_of_pages(file, today, 20)


def read_page(path: Path, content: str = WEB_PAGE) -> Draft:
    file = path / "carte-jeune.html"
    file.write_text(content)
    (draft,) = read_web_pages(file, TODAY, 20)
    return draft


def test_a_row_makes_a_fiche_of_its_own_words() -> None:
    (draft,) = read_table_of_pages(PAYLOADS / "pages.csv", TODAY, 20)
    fiche = parse_fiche(draft.document, draft.path)
    assert (fiche.slug, fiche.theme, fiche.operateur) == (
        "bibliotheque-du-departement", "culture-sport-loisirs", "Département",
    )  # fmt: skip
    assert fiche.lieux_kinds == ("mairie", "france_services") and len(fiche.questions) == 8
    assert [(numero.number, numero.label) for numero in fiche.numeros] == [("03 21 21 62 16", "Département")]
    assert fiche.sections["Comment faire"] == (
        "Allez à la bibliothèque de votre commune.\n### Par téléphone\nAppelez le 03 21 21 62 16."
    )


def test_what_the_page_does_not_say_claims_nothing_and_is_told() -> None:
    (draft,) = read_table_of_pages(PAYLOADS / "pages.csv", TODAY, 20)
    fiche = parse_fiche(draft.document, draft.path)
    assert {name: getattr(fiche, name) for name in DEFAULTS} == DEFAULTS
    assert fiche.sms == "La bibliothèque prête des livres aux habitants. Appelez avant de venir."
    assert draft.told == (
        "« cout » : texte par défaut", "« delai » : texte par défaut", "« recours » : texte par défaut",
        "« summary » : repris de « En bref »", "« sms » : repris de « En bref »", "« statut » laissé de côté",
        "laissé de côté : « rédacteur »",
    )  # fmt: skip


def test_no_import_reads_again_or_checks_a_fiche_in_the_place_of_a_person() -> None:
    (draft,) = read_table_of_pages(PAYLOADS / "pages.csv", TODAY, 20)  # its row says "valide"
    fiche = parse_fiche(draft.document, draft.path)
    assert (fiche.statut, fiche.valide_par, fiche.valide_le, fiche.checked_on) == ("amorce", None, None, None)
    assert (fiche.written_on, fiche.review_after) == (TODAY, date(2027, 5, 25))


def test_a_web_page_keeps_its_headings_lists_strong_words_and_safe_links() -> None:
    (draft,) = read_web_pages(PAYLOADS / "carte-jeune.html", TODAY, 20)
    fiche = parse_fiche(draft.document, draft.path)
    assert (fiche.slug, fiche.title, fiche.theme) == ("carte-jeune", "Carte jeune", "mobilite")
    assert fiche.sections["En bref"] == (
        "La **carte jeune** donne des réductions.\nDemandez-la [sur le site](https://www.pasdecalais.fr/jeunes) ou ici."
    )
    assert fiche.sections["Pour qui"] == "- les *lycéens*\n- les apprentis"
    assert fiche.sections["Comment faire"] == (
        "1. Remplir le formulaire.\n1. L'envoyer.\n\n### Sans internet\n\nAppelez le Département."
    )
    assert "laissé de côté : image" in draft.told


@pytest.mark.parametrize("word", ["Piège", "Accueil", "Dernière modification", "javascript", "color"])
def test_scripts_styles_menus_and_feet_of_a_web_page_are_not_read(word: str) -> None:
    assert word not in WebPage(WEB_PAGE).text


def drop(start: str, end: str = "<h") -> Callable[[str], str]:
    """Take out of the page what goes from `start` to the next `end`."""
    return lambda text: text[: text.index(start)] + text[text.index(end, text.index(start) + 1) :]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(drop("<h2>Où aller"), "la section « Où aller » manque ou est vide", id="a section missing"),
        pytest.param(
            lambda text: text.replace("<h2>Où aller", "<h2>Contacts"), "section inconnue « Contacts »", id="unknown"
        ),
        pytest.param(drop("<h2>En bref</h2>", "<p>"), "texte avant la première section", id="text before all"),
        pytest.param(drop('<meta name="theme"', "<meta"), "le champ « theme » manque", id="no theme"),
        pytest.param(
            lambda text: text.replace("Se déplacer", "Chasse"), "thème inconnu « Chasse »", id="an unknown theme"
        ),
        pytest.param(drop('<meta name="source"', "<meta"), "le champ « source_url » manque", id="no source"),
        pytest.param(drop('<meta name="questions"', "<style"), "« questions » a 0 phrases", id="no questions"),
        pytest.param(drop('<meta name="par_telephone"', "<meta"), "une voie sans internet", id="no way offline"),
        pytest.param(
            lambda text: text.replace('name="mots"', 'name="date"'), "« written_on » doit être une date", id="no day"
        ),
    ],
)
def test_what_a_page_lacks_is_told_like_the_faults_of_any_fiche(
    tmp_path: Path, change: Callable[[str], str], reason: str
) -> None:
    draft = read_page(tmp_path, change(WEB_PAGE))
    assert any(reason in fault for fault in draft.faults), draft.faults
    with pytest.raises(ContentError) as refused:
        check_drafts([draft], {})
    assert str(refused.value.faults[0]).startswith(f"{tmp_path / 'carte-jeune.html'}:1: carte-jeune : ")


def test_a_faulty_draft_still_has_every_section_to_complete_and_loses_no_word(tmp_path: Path) -> None:
    draft = read_page(tmp_path, "<title>Aide</title><p>Un début.</p><h2>Contacts</h2><p>La mairie.</p>")
    assert [line[3:] for line in draft.document.split("\n") if line.startswith("## ")] == [*SECTIONS, "Contacts"]
    assert "Un début." in draft.document and "La mairie." in draft.document


def test_the_columns_of_a_table_may_be_the_sections(tmp_path: Path) -> None:
    head, row = "titre", "Aide"
    for name in SECTIONS:
        head, row = f"{head};{name.upper()}", f"{row};<p>Texte de {name}.</p>"
    (draft,) = read_table(tmp_path, f"{head}\n{row}\n")
    assert "## Où aller\nTexte de Où aller." in draft.document


def test_the_same_page_on_another_day_is_the_same_fiche(tmp_path: Path) -> None:
    (first,), (later,) = read_table(tmp_path), read_table(tmp_path, today=date(2027, 1, 1))
    (file,) = check_drafts([later], {first.slug: first.document})
    assert file.document == first.document
    (changed,) = read_table(tmp_path, TABLE.replace("prête des livres", "prête des disques"), date(2027, 1, 1))
    (file,) = check_drafts([changed], {first.slug: first.document})
    assert file.fiche.written_on == date(2027, 1, 1)


def test_two_pages_of_one_name_and_an_unknown_neighbour_are_faults_of_their_lines(tmp_path: Path) -> None:
    heading, *rest = TABLE.split("\n")
    row = "\n".join(rest)
    first, second = read_table(tmp_path, f"{heading};related\n{(row.rstrip() + ';fsl' + chr(10)) * 2}")
    with pytest.raises(ContentError) as refused:
        check_drafts([first, second], {})
    assert [(fault.line, fault.reason.partition(" : ")[2]) for fault in refused.value.faults] == [
        (2, "fiche « fsl » inconnue"),
        (second.line, f"déjà écrite en {first.path}:2"),
        (second.line, "fiche « fsl » inconnue"),
    ]
    assert len(check_drafts([first], {"fsl": ""})) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("nom de famille,texte\na,b\n", "aucune colonne « titre »", id="no title"),
        pytest.param("titre,mots\na,b\n", "aucune colonne « contenu »", id="no text"),
        pytest.param("titre,contenu\n", "n'a que son en-tête", id="heading only"),
        pytest.param("titre,contenu\na,b\x1b[31m\n", "caractère de contrôle", id="control characters"),
        pytest.param("<html>", "XML ou une page web", id="a web page"),
        pytest.param(f"titre,contenu\na,{'b' * 200_000}\n", "plus de 100000 caractères", id="a cell without end"),
    ],
)
def test_what_is_no_table_of_pages_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(ContentError, match=reason):
        read_table(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(WEB_PAGE.encode("cp1252"), "Latin-1", id="Latin-1"),
        pytest.param(b"titre;contenu\n", "ni du XML ni une page web", id="a table"),
        pytest.param(WEB_PAGE.encode() + b"<p>mot" * 40_000, "plus de 200000 caractères", id="a page without end"),
    ],
)
def test_what_is_no_web_page_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "page.html").write_bytes(content)
    with pytest.raises(ContentError, match=reason):
        read_web_pages(tmp_path, TODAY, 20)


def test_too_many_pages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiki, "MAX_PAGES", 0)
    with pytest.raises(ContentError, match="plus de 0 pages"):
        read_table(tmp_path)
    with pytest.raises(ContentError, match="de 1 à 0 pages"):
        read_page(tmp_path)


@pytest.mark.parametrize("start", ["<", "<!--", "<a ", "<b>", "<ul><li>", "<p a='", "<![CDATA[", "&#", "<svg><"])
def test_a_malicious_page_is_read_or_refused_all_the_same(start: str) -> None:
    assert WebPage((start * 100_000)[:100_000]).head == {}
