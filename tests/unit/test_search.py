"""What a resident writes leads to the fiche it is about, however it is spelt."""

import random
import string
from datetime import date
from pathlib import Path

import pytest

from assistance.fiche import SECTIONS, Fiche, parse_fiche
from assistance.french import fold
from knowledge_base.reading import split_parts
from knowledge_base.search import FLOOR, Hit, SearchIndex
from knowledge_base.spelling import Speller, spell_aloud, split_words

FOLDER = Path(__file__).resolve().parents[2] / "knowledge_base" / "fiches"
FICHES = [parse_fiche(path.read_text(encoding="utf-8"), path.name) for path in sorted(FOLDER.glob("*.md"))]
PLACES = frozenset(
    {"Lens", "Liévin", "Hénin-Beaumont", "Étaples", "Avion", "Saint-Omer", "Arras", "Campagne-lès-Hesdin"}
)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(FICHES, PLACES)


def first(index: SearchIndex, text: str) -> str | None:
    hits = index.search(text)
    return hits[0].slug if hits else None


def make_fiche(slug: str, title: str, questions: tuple[str, ...], mots: tuple[str, ...] = ()) -> Fiche:
    return Fiche(
        slug=slug, title=title, theme="sante", publics=(), operateur="CPAM", territoire=("62",), summary=title,
        source_url="https://www.ameli.fr", written_on=date(2026, 11, 24), statut="amorce", valide_par=None,
        valide_le=None, checked_on=None, review_after=date(2027, 5, 24), related=(), lieux_kinds=(),
        voies={"en_ligne": "", "par_telephone": "3646", "sur_place": "", "par_courrier": ""}, cout="", delai="",
        recours="", reserve_aux_professionnels="", questions=questions, mots=mots, sms=title, numeros=(), montants=(),
        delais=(), sections={name: title for name in SECTIONS},
    )  # fmt: skip


@pytest.mark.parametrize("fiche", FICHES, ids=lambda fiche: fiche.slug)
def test_each_question_of_a_fiche_brings_that_fiche_first(index: SearchIndex, fiche: Fiche) -> None:
    lost = {question: first(index, question) for question in fiche.questions}
    assert {question: slug for question, slug in lost.items() if slug != fiche.slug} == {}


@pytest.mark.parametrize("fiche", FICHES, ids=lambda fiche: fiche.slug)
def test_the_title_of_a_fiche_brings_that_fiche_first(index: SearchIndex, fiche: Fiche) -> None:
    assert first(index, fiche.title) == fiche.slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        pytest.param("complementaire sante solidaire", "css", id="accents lost"),
        pytest.param("COMPLÉMENTAIRE SANTÉ SOLIDAIRE", "css", id="capitals"),
        pytest.param("alocassion adulte andicapé", "aah", id="misspelt by ear"),
        pytest.param("dossié de surandettemant", "surendettement", id="two words misspelt"),
        pytest.param("g pa de mutuele", "css", id="SMS"),
        pytest.param("jpeu plu alé voir le medsin yen a pa", "medecin", id="SMS by ear"),
        pytest.param("lapl coman on fé", "aide-logement", id="an acronym with its article glued on"),
        pytest.param("un achelème", "logement-social", id="an acronym spelt aloud"),
        pytest.param("à pé elle", "aide-logement", id="an acronym spelt aloud in several words"),
        pytest.param("l'A A H", "aah", id="an acronym spaced out"),
        pytest.param("RSA", "rsa", id="an acronym"),
        pytest.param("le RMI", "rsa", id="the old name of the RSA"),
        pytest.param("CMU-C", "css", id="the old name of the CSS"),
        pytest.param("ANPE", "inscription-france-travail", id="the old name of France Travail"),
        pytest.param("le 115", "hebergement-urgence", id="a number that names a service"),
        pytest.param("how do I apply for council housing", "logement-social", id="English"),
    ],
)
def test_a_need_is_found_however_it_is_written(index: SearchIndex, text: str, slug: str) -> None:
    assert first(index, text) == slug


def test_a_need_is_found_in_a_long_story(index: SearchIndex) -> None:
    story = (
        "Bonjour, je vous écris parce que je ne sais plus où j'en suis. J'habite ici depuis dix ans avec mon chien. "
        "L'an dernier on a beaucoup voyagé. La voiture est vieille mais elle roule encore. "
        "La banque veut que je rembourse tous mes crédits à la consommation et je n'y arrive plus. "
        "Mon fils est au collège et ça se passe bien. Ma sœur m'a dit de vous contacter. Merci et bonne journée."
    )
    assert first(index, story) == "surendettement"


def test_several_needs_in_one_message_each_bring_their_fiche(index: SearchIndex) -> None:
    needs = index.needs("Je voudrais faire une demande de RSA. Et j'ai pas de mutuelle. Il fait beau aujourd'hui.")
    assert [hit.slug for hit in needs] == ["rsa", "css"]
    assert all(hit.sure for hit in needs)


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("le frigo est vide et la banque me prend des agios", {"aide-alimentaire", "point-conseil-budget"}),
        ("I have no food and I need a doctor without papers", {"aide-alimentaire", "soins-sans-couverture"}),
        ("je voudrais demander le RSA. Il fait froid en ce moment.", {"rsa"}),
    ],
)
def test_needs_joined_by_and_are_told_apart(index: SearchIndex, text: str, slugs: set[str]) -> None:
    assert {hit.slug for hit in index.needs(text)} == slugs


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("mon propriétaire veut me virer", {"expulsion"}),
        ("porter plainte contre mon mari", {"violences-conjugales", "porter-plainte"}),
    ],
)
def test_a_word_of_two_needs_is_read_with_its_neighbours(index: SearchIndex, text: str, slugs: set[str]) -> None:
    assert first(index, text) in slugs


@pytest.mark.parametrize("name", ["rsa", "aah", "apl", "css", "apa", "mdph", "fsl", "hlm", "passeport", "huissier"])
def test_the_name_of_a_right_alone_is_sure(index: SearchIndex, name: str) -> None:
    assert index.search(name)[0].sure


@pytest.mark.parametrize("word", ["loyer", "caf", "handicap"])
def test_a_word_that_several_fiches_share_is_not_sure(index: SearchIndex, word: str) -> None:
    assert not index.search(word)[0].sure


def test_a_word_said_in_passing_elsewhere_stays_a_fiches_own() -> None:
    own = make_fiche("dentier", "Dentier", tuple(f"mon dentier {word}" for word in ("casse", "tombe", "bouge", "gêne")))
    passing = make_fiche("lunettes", "Lunettes", ("mes lunettes et mon dentier",))
    others = [make_fiche(word, word, (f"avoir {word}",)) for word in ("audition", "semelles", "fauteuil")]
    assert first(SearchIndex([passing, own, *others]), "dentier abîmé") == "dentier"


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_name_of_a_place_changes_nothing(index: SearchIndex, place: str) -> None:
    assert index.search(f"demander le rsa à {place}") == index.search("demander le rsa à")
    assert index.repaired(f"le rsa à {place}") is None


def test_numbers_change_nothing(index: SearchIndex) -> None:
    assert index.search("j'ai 34 ans, le rsa au 62300") == index.search("j'ai ans, le rsa au")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "?!…", "😀😀", "\x00", "\ud800", "bonjour", "bonjour merci svp", "12345", "'", '"""']
)
def test_a_message_without_a_need_finds_nothing(index: SearchIndex, text: str) -> None:
    assert index.search(text) == []
    assert index.needs(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "rsa NEAR(", "NEAR(rsa css, 2)", 'rsa "', "rsa*", "^rsa", "-rsa", "rsa OR", "title:rsa", "rsa AND NOT",
        "{title}: rsa", "rsa'; DROP TABLE fiche; --", "rsa\x00css", "rsa + css", "(((rsa", "rsa\ud83d", "rsa😀",
    ],
)  # fmt: skip
def test_the_syntax_of_the_search_engine_is_read_as_words(index: SearchIndex, text: str) -> None:
    assert "rsa" in [hit.slug for hit in index.search(text)]


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_huge_message_is_safe(index: SearchIndex, size: int) -> None:
    assert len(index.search("x" * size)) <= 5
    assert first(index, "le rsa " * (size // 7)) == "rsa"
    index.search("".join(random.Random(1).choices(string.printable, k=size)))


@pytest.mark.parametrize(
    "text",
    [
        "quel temps fera-t-il demain", "une recette de gâteau au chocolat", "qui a gagné le match hier soir",
        "raconte-moi une blague", "quelle est la capitale de l'Australie", "je cherche un bon film",
    ],
)  # fmt: skip
def test_what_no_fiche_is_about_is_never_sure(index: SearchIndex, text: str) -> None:
    assert not any(hit.sure for hit in index.search(text))


def test_scores_are_between_the_floor_and_one_and_go_down(index: SearchIndex) -> None:
    scores = [hit.score for hit in index.search("mon loyer, la caf et le chômage", limit=40)]
    assert scores == sorted(scores, reverse=True)
    assert all(FLOOR <= score <= 1 for score in scores)


def test_only_the_first_hit_may_be_sure(index: SearchIndex) -> None:
    hits = index.search("comment demander la prime d'activité")
    assert hits[0] == Hit("prime-activite", hits[0].score, sure=True)
    assert not any(hit.sure for hit in hits[1:])


def test_two_fiches_that_match_alike_leave_the_choice() -> None:
    twins = [make_fiche(slug, "Carte de transport", ("avoir une carte de transport",)) for slug in ("a", "b")]
    other = make_fiche("c", "Lunettes", ("acheter des lunettes",))
    hits = SearchIndex([*twins, other]).search("carte transport")
    assert [hit.slug for hit in hits] == ["a", "b"]
    assert not hits[0].sure


def test_limit_bounds_the_hits(index: SearchIndex) -> None:
    assert len(index.search("aide de la caf pour le loyer", limit=2)) == 2


def test_the_order_of_the_fiches_does_not_matter() -> None:
    shuffled = random.Random(3).sample(FICHES, k=len(FICHES))
    question = "je n'arrive plus à payer mes factures"
    assert SearchIndex(shuffled, PLACES).search(question) == SearchIndex(FICHES, PLACES).search(question)


def test_the_words_of_mots_find_a_fiche_that_says_them_nowhere_else() -> None:
    plain = [make_fiche(slug, slug, (f"avoir {slug}",)) for slug in ("lunettes", "dentier")]
    named = make_fiche("audition", "Audition", ("mieux entendre",), mots=("sonotone",))
    assert first(SearchIndex([*plain, named]), "un sonotone svp") == "audition"


def test_among_more_fiches_than_are_weighed_the_one_meant_comes_first() -> None:
    others = [make_fiche(f"carte-{number}", f"Carte numéro {number}", ("avoir une carte",)) for number in range(60)]
    meant = make_fiche("appareil-auditif", "Appareil auditif", ("une carte pour mon sonotone",))
    index = SearchIndex([*others, meant])
    assert first(index, "comment avoir la carte pour un sonotone") == "appareil-auditif"
    assert index.search("le petit chat est mort") == []


def test_in_a_story_of_many_sentences_the_one_that_tells_the_need_counts(index: SearchIndex) -> None:
    story = "Il fait beau. " * 30 + "Je voudrais demander le RSA. " + "On part demain. " * 8
    assert first(index, story) == "rsa"


def test_an_index_without_fiches_finds_nothing() -> None:
    assert SearchIndex([]).search("rsa") == []


def test_what_was_repaired_is_told_with_its_accents(index: SearchIndex) -> None:
    assert index.repaired("alocation logement") == "allocation logement"
    assert index.repaired("l'opital") == "l'hôpital"


def test_nothing_is_told_when_nothing_was_repaired(index: SearchIndex) -> None:
    assert index.repaired("allocation logement") is None
    assert index.repaired("I need food") is None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        pytest.param("alocation", "allocation", id="a letter missing"),
        pytest.param("allcoation", "allocation", id="two letters swapped"),
        pytest.param("farmassi", "pharmacie", id="the same sound"),
        pytest.param("dallocation", "allocation", id="an elision without its apostrophe"),
        pytest.param("allocation", None, id="a word that is known"),
        pytest.param("lans", None, id="a word taken for a place"),
        pytest.param("len", None, id="a short word"),
        pytest.param("alloc4tion", None, id="digits"),
        pytest.param("maigre", None, id="a word that exists"),
        pytest.param("xylophone", None, id="a word like no other"),
    ],
)
def test_only_unknown_words_are_repaired(word: str, meant: str | None) -> None:
    speller = Speller({"allocation": 5, "pharmacie": 2, "maire": 3, "lens": 1, "lent": 1}, untouched={"lans"})
    assert speller.repair(word) == meant


def test_an_acronym_is_known_by_its_letters_said_aloud() -> None:
    assert {"achelem", "achelemme"} <= spell_aloud("hlm")
    assert "rsa" not in spell_aloud("rsa")


def test_sms_words_are_written_out() -> None:
    assert split_words("Jpeu pa payé") == ["je", "peux", "pas", fold("payé")]


def test_a_text_without_a_full_stop_is_cut_in_parts_short_enough_to_weigh() -> None:
    assert all(len(part.split()) <= 30 for part in split_parts("mot " * 200))
