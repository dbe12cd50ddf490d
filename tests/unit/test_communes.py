"""The commune in a sentence, as residents write it."""

import time
from pathlib import Path
from statistics import median

import pytest

from knowledge_base.communes import CommuneFinder
from knowledge_base.territory import load_territory

FOLDER = Path(__file__).parents[2] / "data" / "territoire"


@pytest.fixture(scope="module")
def finder() -> CommuneFinder:
    return CommuneFinder(load_territory(FOLDER))


def found(finder: CommuneFinder, text: str) -> list[str]:
    return [commune.nom for commune in finder.find(text).communes]


def first_code(finder: CommuneFinder, text: str) -> str:
    return next((commune.code_insee for commune in finder.find(text).communes), "")


ONE = [
    ("Lens", "Lens"),
    ("ou aller pour le rsa a lievin svp", "Liévin"),
    ("LIEVIN !!!", "Liévin"),
    ("vers Lens", "Lens"),
    ("à côté de Bapaume", "Bapaume"),
    ("caf arras", "Arras"),
    ("la caf d'Arras", "Arras"),
    ("ma mère à Fruges a besoin d'une aide ménagère", "Fruges"),
    ("je suis sur calais", "Calais"),
    ("nœux-les-mines", "Nœux-les-Mines"),
    ("noeux les mines", "Nœux-les-Mines"),
    ("henin beaumont", "Hénin-Beaumont"),
    ("boulogne s mer", "Boulogne-sur-Mer"),
    ("boulognesurmer", "Boulogne-sur-Mer"),
    ("boulogne", "Boulogne-sur-Mer"),
    ("st omer", "Saint-Omer"),
    ("stomer", "Saint-Omer"),
    ("j'habite st pol", "Saint-Pol-sur-Ternoise"),
    ("ste catherine les arras", "Sainte-Catherine"),
    ("je suis au portel", "Le Portel"),
    ("portel", "Le Portel"),
    ("j'habite au touquet", "Le Touquet-Paris-Plage"),
    ("hesdin", "Hesdin-la-Forêt"),
    ("molinghem", "Isbergues"),
    ("vendin lez bethune", "Vendin-lès-Béthune"),
    ("pas en artois", "Pas-en-Artois"),
    ("62000 Arras", "Arras"),
    ("62 300 Lens", "Lens"),
    ("noyelles 62950", "Noyelles-Godault"),
    ("62100", "Calais"),
    ("62022", "Arras"),  # CEDEX
    # by ear, by key
    ("oudruick", "Audruicq"),
    ("j'habite oudruick", "Audruicq"),
    ("lievain", "Liévin"),
    ("betune", "Béthune"),
    ("la caf bethunne", "Béthune"),
    ("jabite a isbergue", "Isbergues"),
    ("henin bomon", "Hénin-Beaumont"),
    ("bruay la bussiere", "Bruay-la-Buissière"),
    ("st paul sur ternoise", "Saint-Pol-sur-Ternoise"),
    ("je suis sur berk", "Berck"),
    ("le toucket", "Le Touquet-Paris-Plage"),
    ("carvain", "Carvin"),
    ("la mairie de bapome", "Bapaume"),
    ("noyeles sous lens", "Noyelles-sous-Lens"),
    ("saint muartin boulogne", "Saint-Martin-Boulogne"),
    ("billsy montigny", "Billy-Montigny"),
    # names that are words, where a place is said
    ("j'habite Avion", "Avion"),
    ("à Avion", "Avion"),
    ("avion", "Avion"),
    ("avion svp", "Avion"),
    ("mairie d'Avion", "Avion"),
    ("le bus pour aller a avion", "Avion"),
    ("j'habite à Bus", "Bus"),
    ("j'habite la couture", "La Couture"),
    ("cours de couture à Lens", "Lens"),
    ("je suis de Marck", "Marck"),
    ("j'habite aire", "Aire-sur-la-Lys"),
    # streets, denials, other départements beside
    ("rue de Lille à Lens", "Lens"),
    ("non, pas Lens, Liévin", "Liévin"),
    ("non, à Liévin", "Liévin"),
    ("je suis né à Lille mais j'habite Bapaume", "Bapaume"),
    ("je viens de déménager de Lille à Lens", "Lens"),
]

NONE = [
    "",
    "   ",
    "🙂🙂",
    "\ud800 \x00",
    "j'en ai marre",
    "je prends l'avion",
    "billet d'avion pas cher",
    "carte de bus",
    "elle a bus et train gratuits",
    "ma mère est à la maison",
    "je vais être expulsé",
    "sans",
    "merci",
    "les preuves de mes ressources",
    "je suis blessé",
    "je suis a la rue",
    "rue",
    "rue d'Arras",
    "une aire de jeux",
    "le livret et la livraison",
    "je cherche une bourse",
    "division des biens après le divorce",
    "donnez moi la marque",
    "je m'appelle Albert",
    "le rsa pour rémy",
    "maintien à domicile",
    "de parents",
    "j'ai 62000 euros de dette",
    "j'habite dans le pas de calais",
    "la croix rouge",
    "j'ai mal au dos",
    "attaque de panique",
    "vous êtes en ville, dans la rue ?",
    "99999",
]

OUTSIDE = [
    ("Lille", "Lille"),
    ("j'habite Paris", "Paris"),
    ("Dunkerque", "Dunkerque"),
    ("dunkerke", "Dunkerque"),
    ("59000", "59000"),
    ("je vis à Nice", "Nice"),
    ("bailleul", "Bailleul"),
]

SEVERAL = [
    ("62300", ["Lens", "Éleu-dit-Leauwette"]),
    ("arras ou lens", ["Arras", "Lens"]),
    ("vendin", ["Vendin-le-Vieil", "Vendin-lès-Béthune"]),
    ("avesnes", ["Avesnes", "Avesnes-le-Comte", "Avesnes-lès-Bapaume"]),
]


@pytest.mark.parametrize(("text", "commune"), ONE)
def test_one_commune_is_understood(finder: CommuneFinder, text: str, commune: str):
    match = finder.find(text)
    assert (match.status, found(finder, text)) == ("one", [commune])


@pytest.mark.parametrize("text", NONE)
def test_no_commune_is_read_where_none_is_said(finder: CommuneFinder, text: str):
    assert finder.find(text).status == "none"


@pytest.mark.parametrize(("text", "name"), OUTSIDE)
def test_a_place_elsewhere_is_said_to_be_outside(finder: CommuneFinder, text: str, name: str):
    match = finder.find(text)
    assert (match.status, match.communes, match.outside) == ("outside", (), name)


@pytest.mark.parametrize(("text", "communes"), SEVERAL)
def test_several_communes_come_the_likeliest_first(finder: CommuneFinder, text: str, communes: list[str]):
    assert finder.find(text).status == "several"
    assert found(finder, text) == communes


def test_an_ambiguous_name_gives_the_most_populous_first(finder: CommuneFinder):
    communes = finder.find("j'habite noyelles").communes
    assert len(communes) > 2
    assert [commune.population for commune in communes] == sorted((c.population for c in communes), reverse=True)


def test_every_commune_and_every_alias_is_understood_where_a_place_is_said(finder: CommuneFinder):
    territory = load_territory(FOLDER)
    names = {commune.nom: commune.code_insee for commune in territory.communes.values()}
    names |= {alias.name: alias.code_insee for alias in territory.aliases}
    wrong = [name for name, code in names.items() if first_code(finder, f"j'habite à {name}") != code]
    assert wrong == []


def test_the_words_of_the_fiches_are_never_taken_for_a_misspelt_name():
    territory = load_territory(FOLDER)
    assert CommuneFinder(territory).find("à cambryn").status == "one"
    assert CommuneFinder(territory, everyday_words=["Cambryn"]).find("à cambryn").status == "none"


def test_a_code_gives_its_commune(finder: CommuneFinder):
    lens = finder.by_code("62498")
    assert lens is not None and lens.nom == "Lens"
    assert finder.by_code("59350") is None


def test_a_sentence_takes_less_than_a_millisecond(finder: CommuneFinder):
    texts = [text for text, _ in ONE] + NONE
    times = []
    for text in texts:
        start = time.perf_counter()
        finder.find(text)
        times.append(time.perf_counter() - start)
    assert median(times) < 0.001


def test_a_very_long_message_is_read_in_bounded_time(finder: CommuneFinder):
    start = time.perf_counter()
    finder.find("xqzbethunois " * 50_000)
    assert time.perf_counter() - start < 0.5
