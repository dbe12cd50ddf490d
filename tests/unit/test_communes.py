"""The commune in a sentence, as residents write it: one table of cases for each class of sentence."""

from pathlib import Path

import pytest

from knowledge_base.communes import CommuneFinder
from knowledge_base.territory import load_territory

FOLDER = Path(__file__).parents[2] / "data" / "territoire"


@pytest.fixture(scope="module")
def finder() -> CommuneFinder:
    return CommuneFinder(load_territory(FOLDER))


def found(finder: CommuneFinder, text: str) -> list[str]:
    return [commune.nom for commune in finder.find(text).communes]


def others(finder: CommuneFinder, text: str) -> list[str]:
    return [commune.nom for commune in finder.find(text).others]


def first_code(finder: CommuneFinder, text: str) -> str:
    return next((commune.code_insee for commune in finder.find(text).communes), "")


WRITTEN_AS_IT_IS = [
    ("Lens", "Lens"),
    ("ou aller pour le rsa a lievin svp", "Liévin"),
    ("LIEVIN !!!", "Liévin"),
    ("caf arras", "Arras"),
    ("la caf d'Arras", "Arras"),
    ("ma mère à Fruges a besoin d'une aide ménagère", "Fruges"),
    ("je suis sur calais", "Calais"),
    ("nœux-les-mines", "Nœux-les-Mines"),
    ("noeux les mines", "Nœux-les-Mines"),
    ("je suis au portel", "Le Portel"),
    ("portel", "Le Portel"),
    ("j'habite aire", "Aire-sur-la-Lys"),
    ("pas en artois", "Pas-en-Artois"),
    ("I live in Calais", "Calais"),
    ("mon papa qui habite Hesdin a fait un AVC", "Hesdin-la-Forêt"),
]

MISSPELT_AT_THE_OPENING = [
    ("outro, tour 4, l'ascenseur marche pas", "Outreau"),
    ("bonjour, camié, 2 enfants à charge", "Camiers"),
    ("Frugse, bourse au mérite ?", "Fruges"),
    ("hesidn la foret, sans nouvelles de mon dossier", "Hesdin-la-Forêt"),
    ("adrese : ran du flié. demande : aide", "Rang-du-Fliers"),
    ("outro je cherche un logement", "Outreau"),
    ("norkerk c'est la commune. pour une carte", "Nortkerque"),
    ("biahce saint vaast svp les horaires", "Biache-Saint-Vaast"),
]

BY_EAR_WHERE_A_PLACE_IS_SAID = [
    ("on a une maison a samé", "Samer"),
    ("nous on é de borin à coté d'arras", "Beaurains"),
    ("on est de choque, près de lillers", "Chocques"),
    ("je reste a vavran sur l'a, la rivière a débordé", "Wavrans-sur-l'Aa"),
    ("j'hbite Vimmy", "Vimy"),
    ("habitante de Lenns, divorcée", "Lens"),
    ("une dame de courière qui ne voit plus", "Courrières"),
    ("st martin bgne", "Saint-Martin-Boulogne"),
]

SHORTENED = [
    ("boulogne", "Boulogne-sur-Mer"),
    ("boulogne s mer", "Boulogne-sur-Mer"),
    ("boulogne s/mer", "Boulogne-sur-Mer"),
    ("boulognesurmer", "Boulogne-sur-Mer"),
    ("st omer", "Saint-Omer"),
    ("stomer", "Saint-Omer"),
    ("s omer", "Saint-Omer"),
    ("j'habite st pol", "Saint-Pol-sur-Ternoise"),
    ("ste catherine les arras", "Sainte-Catherine"),
    ("vendin lez bethune", "Vendin-lès-Béthune"),
    ("loos en g", "Loos-en-Gohelle"),
    ("henin b", "Hénin-Beaumont"),
    ("bruay lb", "Bruay-la-Buissière"),
    ("lens62", "Lens"),
    ("darras", "Arras"),
    ("jabitelens", "Lens"),
]

BY_ANOTHER_NAME = [
    ("hesdin", "Hesdin-la-Forêt"),
    ("molinghem", "Isbergues"),
    ("j'habite Huby-Saint-Leu", "Hesdin-la-Forêt"),
    ("hénin-liétard", "Hénin-Beaumont"),
    ("Stella Plage", "Cucq"),
    ("hardelot", "Neufchâtel-Hardelot"),
    ("je suis au Beau-Marais à Calais", "Calais"),
    ("la grande résidence à Lens", "Lens"),
]

BY_POSTCODE = [
    ("62100", "Calais"),
    ("62000 Arras", "Arras"),
    ("62 300 Lens", "Lens"),
    ("62100calais", "Calais"),
    ("noyelles 62950", "Noyelles-Godault"),
    ("62134 Érin", "Érin"),
    ("62300 Liévin", "Liévin"),
    ("62022", "Arras"),  # CEDEX
    ("j'ai 62 ans et je vis à Lens", "Lens"),
]

BY_EAR = [
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
    ("je suis a calé", "Calais"),
    ("sallaumine", "Sallaumines"),
    ("ouimereux", "Wimereux"),
    ("avene le conte", "Avesnes-le-Comte"),
    ("racquingem", "Racquinghem"),
    ("sain omer", "Saint-Omer"),
    ("roctoire", "Roquetoire"),
    ("zutkerk", "Zutkerque"),
]

BY_KEY = [
    ("noyeles sous lens", "Noyelles-sous-Lens"),
    ("saint muartin boulogne", "Saint-Martin-Boulogne"),
    ("billsy montigny", "Billy-Montigny"),
    ("Lesn", "Lens"),
    ("bethnue", "Béthune"),
    ("saint0omer", "Saint-Omer"),
    ("bouologne sur mer", "Boulogne-sur-Mer"),
    ("carvni", "Carvin"),
    ("je vis à hanres", "Harnes"),
    ("liller", "Lillers"),
]

CUT_SHORT = [
    ("mtg en goh", "Montigny-en-Gohelle"),
    ("je suis a mtg en g", "Montigny-en-Gohelle"),
    ("blg", "Boulogne-sur-Mer"),
    ("blgn/mer", "Boulogne-sur-Mer"),
    ("st mart les blg", "Saint-Martin-Boulogne"),
    ("biache st v.", "Biache-Saint-Vaast"),
    ("je garde mes petits-enfants à sailly-lab. le mercredi", "Sailly-Labourse"),
    ("courcelles les l.", "Courcelles-lès-Lens"),
    ("billy mtgny", "Billy-Montigny"),
    ("bruay la b", "Bruay-la-Buissière"),
    ("la mairie de n les mines", "Nœux-les-Mines"),
    ("b la buissiere", "Bruay-la-Buissière"),
    ("je vis à billy b avec mes enfants", "Billy-Berclau"),
    ("mazing", "Mazingarbe"),
    ("j'habite liev", "Liévin"),
    ("wimrx", "Wimereux"),
    ("pont vendin", "Pont-à-Vendin"),
]

GLUED_OR_PARTED = [
    ("henin beau mont", "Hénin-Beaumont"),
    ("je suis de lie vin", "Liévin"),
    ("ou treau", "Outreau"),
    ("saintpol", "Saint-Pol-sur-Ternoise"),
    ("jsuisacalais", "Calais"),
    ("on é dalouagne", "Allouagne"),
    ("je viens doutreaux", "Outreau"),
    ("jabite a fleur baie", "Fleurbaix"),
]

HEARD_IN_AN_EVERYDAY_WORD = [
    ("choque", "Chocques"),
    ("souché", "Souchez"),
    ("samé, dans le boulonnais", "Samer"),
    ("mark pré de calé", "Marck"),
    ("sally sur la lys", "Sailly-sur-la-Lys"),
    ("erre sur la lys", "Aire-sur-la-Lys"),
]

WHERE_LITTLE_TELLS_A_PLACE = [
    ("outro dan le 62", "Outreau"),
    ("arne pré de lens", "Harnes"),
    ("mes voisins de coulonye font du feu", "Coulogne"),
    ("mon grand pere de bukoy est fatigué", "Bucquoy"),
    ("la saison o touqué", "Le Touquet-Paris-Plage"),
    ("jsui a lombre, coté saint omer", "Lumbres"),
]

BETWEEN_SEVERAL_THE_LIKELIEST = [
    ("auchl", "Auchel"),  # rather than Auchy: its consonants are all there
    ("halicourt", "Haillicourt"),  # rather than Achicourt
    ("arrdes", "Ardres"),  # rather than Arras: two letters in the wrong order
    ("liven", "Liévin"),  # the consonants of a town
    ("hédin", "Hesdin-la-Forêt"),  # heard so, rather than Hénin by one letter
]

A_NAME_THAT_IS_A_WORD = [
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
    ("ou aller pour le rsa vers chocques", "Chocques"),
    ("avion cité de la république", "Avion"),
    ("mon village s'appelle Ambricourt", "Ambricourt"),
    ("je crois que c'est Ruitz", "Ruitz"),
]

BESIDE_ANOTHER = [
    ("vers Lens", "Lens"),
    ("à côté de Bapaume", "Bapaume"),
    ("à 10 km de Saint-Omer", "Saint-Omer"),
    ("Souchez près de Lens", "Souchez"),
    ("Wingles, à côté de Lens", "Wingles"),
    ("Verquin c'est à côté de Béthune", "Verquin"),
    ("juste à côté de Lens, à Loos", "Loos-en-Gohelle"),
    ("un village à côté de Saint-Pol, Ramecourt", "Ramecourt"),
    ("rue de Lille à Lens", "Lens"),
]

CORRECTED_OR_LEFT = [
    ("non, pas Lens, Liévin", "Liévin"),
    ("non, à Liévin", "Liévin"),
    ("Lens pardon Lillers", "Lillers"),
    ("je n'habite plus à Lens mais à Avion", "Avion"),
    ("je suis né à Lille mais j'habite Bapaume", "Bapaume"),
    ("je viens de déménager de Lille à Lens", "Lens"),
    ("on a demenagé y a 2 mois de Lens vers Béthune", "Béthune"),
]

CLASSES = {
    "written as it is": WRITTEN_AS_IT_IS,
    "shortened": SHORTENED,
    "by another name": BY_ANOTHER_NAME,
    "by postcode": BY_POSTCODE,
    "by ear": BY_EAR,
    "by key": BY_KEY,
    "cut short": CUT_SHORT,
    "glued or parted": GLUED_OR_PARTED,
    "misspelt at the opening": MISSPELT_AT_THE_OPENING,
    "by ear where a place is said": BY_EAR_WHERE_A_PLACE_IS_SAID,
    "heard in an everyday word": HEARD_IN_AN_EVERYDAY_WORD,
    "where little tells a place": WHERE_LITTLE_TELLS_A_PLACE,
    "between several the likeliest": BETWEEN_SEVERAL_THE_LIKELIEST,
    "a name that is a word": A_NAME_THAT_IS_A_WORD,
    "beside another": BESIDE_ANOTHER,
    "corrected or left": CORRECTED_OR_LEFT,
}

# The commune meant, then those said beside it.
HOME_AND_ANOTHER = [
    ("j'habite Lens, je travaille à Arras", "Lens", ["Arras"]),
    ("je travaille à Arras mais j'habite Lens", "Lens", ["Arras"]),
    ("boulot à Calais, maison à Guînes", "Guînes", ["Calais"]),
    ("mes enfants sont à l'école à Arras, nous on reste à Dainville", "Dainville", ["Arras"]),
    ("mon mari est hospitalisé à Berck, nous vivons à Lumbres", "Lumbres", ["Berck"]),
    ("j'habite Béthune mais je bosse à Lille", "Béthune", []),
    ("est-ce que la mairie de Lens aide, je suis de Loison-sous-Lens", "Loison-sous-Lens", ["Lens"]),
    ("je dors à Calais, avant j'habitais Dunkerque", "Calais", []),
    ("mon ex vit à Calais, moi à Guînes avec les enfants", "Guînes", ["Calais"]),
    ("je vis à Béthune et ma soeur à Lillers", "Béthune", ["Lillers"]),
]

FOR_SOMEONE = [
    ("pour ma mère à Fruges", "Fruges", []),
    ("ma mère habite Fruges, moi je suis à Paris", "Fruges", []),
    ("ma mère est à Fruges et moi à Lens", "Fruges", ["Lens"]),
    ("ma grand mère vit à Desvres, je suis son petit fils de Boulogne", "Desvres", ["Boulogne-sur-Mer"]),
    ("j'habite Lille et mon père est à Bapaume, il lui faut une aide à domicile", "Bapaume", []),
    ("je suis à Paris mais c'est pour mon père qui vit à Fruges", "Fruges", []),
    ("on s'est séparés, il est resté à Bruay et moi je suis chez ma mère à Divion", "Divion", ["Bruay-la-Buissière"]),
]

NONE = [
    "",
    "   ",
    "🙂🙂",
    "\ud800 \x00",
    "j'en ai marre",
    "je suis élue, notre commune veut un point d'accueil",
    "je crois qu'on m'a mis de la drogue dans mon verre",
    "accro au café, ha, un distributeur",
    "allaiter : donner le sein en public",
    "Sandrine, 45 ans, deux enfants",
    "lojement, humidité partout",
    "on est de plus en plus fatigués",
    "c'est nul quoi",
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
    "62",
    "dans le 62",
    "j'ai 59 ans",
    "mon dossier numéro 62300",
    "j'arrive du Maroc",
    "j'ai travaillé en Belgique",
    "nord pas de calais",
    "je suis Mme Lens",
    "je m'appelle Kevin Lens",
    "je fais le tour de mes droits",
    "je pars loin en vacances",
    "elle a des bleus",
    "mon père vient de mourir",
    "la bourse de mon fils",
    "dans le parc",
    "mrc",
    "le parc",
    "avions",
    "allo",
    "bourse",
    "la vente des vaches",
    "la page blanche",
    "reprise d'emploi, aide à la garde",
    "mon activité de maçon à mon compte",
    "votre courrier du 18",
    "jsui a decouver",
    "je suis a bou",
    "je suis a jeun",
    "vers saint",
    "le cmp de mon coin",
    "have a nice day",
    "I have a tiny baby",
    "mon mari est parti en mer, la remorque est a la cale du port",
]

# What is said, the name given back, its département.
OUTSIDE = [
    ("j'habite Montreuil dans le 93", "Montreuil", "Seine-Saint-Denis"),
    ("je vis en belgik", "Belgique", ""),
    ("Lille", "Lille", "Nord"),
    ("j'habite Paris", "Paris", "Paris"),
    ("dunkerke", "Dunkerque", "Nord"),
    ("lilles", "Lille", "Nord"),
    ("bailleul", "Bailleul", "Nord"),
    ("je vis à Nice", "Nice", "Alpes-Maritimes"),
    ("je suis au Havre", "Havre", "Seine-Maritime"),
    ("59000", "59000", "Nord"),
    ("80100", "80100", "Somme"),
    ("j'habite dans le 59", "Nord", "Nord"),
    ("j'habite le Nord", "Nord", "Nord"),
    ("Lille (59)", "Lille", "Nord"),
    ("je vis dans la Somme", "Somme", "Somme"),
    ("j'habite en Belgique", "Belgique", ""),
    ("je vis à Bruxelles", "Bruxelles", ""),
    ("j'habite en Normandie", "Normandie", ""),
    ("je travaille à Lens mais j'habite Douai", "Douai", "Nord"),
]

SEVERAL = [
    ("62300", ["Lens", "Éleu-dit-Leauwette"]),
    ("arras ou lens", ["Arras", "Lens"]),
    ("entre lens et liévin", ["Lens", "Liévin"]),
    ("j'habite Lens ou Liévin", ["Lens", "Liévin"]),
    ("vendin", ["Vendin-le-Vieil", "Vendin-lès-Béthune"]),
    ("avesnes", ["Avesnes", "Avesnes-le-Comte", "Avesnes-lès-Bapaume"]),
]


@pytest.mark.parametrize(
    ("text", "commune"),
    [pytest.param(*case, id=f"{name}: {case[0]}") for name, cases in CLASSES.items() for case in cases],
)
def test_one_commune_is_understood(finder: CommuneFinder, text: str, commune: str):
    match = finder.find(text)
    assert (match.status, found(finder, text)) == ("one", [commune])


@pytest.mark.parametrize(("text", "home", "beside"), HOME_AND_ANOTHER)
def test_the_home_is_meant_and_the_other_place_kept_beside(
    finder: CommuneFinder, text: str, home: str, beside: list[str]
):
    assert (found(finder, text), others(finder, text)) == ([home], beside)


@pytest.mark.parametrize(("text", "commune", "beside"), FOR_SOMEONE)
def test_the_place_of_the_person_helped_is_meant(finder: CommuneFinder, text: str, commune: str, beside: list[str]):
    assert (found(finder, text), others(finder, text)) == ([commune], beside)


@pytest.mark.parametrize("text", NONE)
def test_no_commune_is_read_where_none_is_said(finder: CommuneFinder, text: str):
    assert finder.find(text).status == "none"


@pytest.mark.parametrize(("text", "name", "departement"), OUTSIDE)
def test_a_place_elsewhere_is_said_to_be_outside(finder: CommuneFinder, text: str, name: str, departement: str):
    match = finder.find(text)
    assert (match.status, match.communes, match.outside, match.departement) == ("outside", (), name, departement)


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


def test_every_postcode_gives_all_its_communes_the_most_populous_first(finder: CommuneFinder):
    territory = load_territory(FOLDER)
    for code in {code for commune in territory.communes.values() for code in commune.codes_postaux}:
        expected = [commune for commune in territory.communes.values() if code in commune.codes_postaux]
        assert list(finder.find(code).communes) == sorted(expected, key=lambda commune: -commune.population)


def test_every_commune_is_understood_beside_its_postcode(finder: CommuneFinder):
    communes = load_territory(FOLDER).communes.values()
    said = {commune.nom: finder.find(f"{commune.codes_postaux[0]} {commune.nom}").communes for commune in communes}
    assert [name for name, found in said.items() if [commune.nom for commune in found] != [name]] == []


def test_a_very_long_message_is_read_only_in_part(finder: CommuneFinder):
    assert finder.find("xqzbethunois " * 50_000 + "à Lens").status == "none"
