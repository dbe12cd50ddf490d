"""What the words around a name tell: whether a place is said there, and what ties the one who speaks to it.

Every function reads folded words and a position among them; none knows a single name.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# How clearly the words around say that a place stands there; HINTED: "de", that comes before anything.
UNTOLD, HINTED, TOLD, SURELY_TOLD = range(4)


class Role(IntEnum):
    """What a place is to the one who speaks, the strongest tie first."""

    HOME = 0
    HERE = 1  # "je suis à", "est à"
    PLAIN = 2
    ELSEWHERE = 3  # where one works, studies, was born, is cared for


HABITE = re.compile(r"[gj]?h?abb?itt?(?:e|es|ai|er|ez|ons|ent)?")  # jabite, habitte: by ear
GLUED = re.compile(r"(?:j?h|j)abb?itt?(?:e|es)?a?|je?suisa?|jsuia")  # jabitelens, jsuisacalais

_NOT_HABITE = _set("habits habiles habile")
_NEAR_HABITE = ("habite", "jhabite", "habites")

_ARTICLES = _set("le la les l")
_MONEY = _set("euros euro e eur habitants habitant balles")
_NUMBERS = _set("numero num dossier reference ref matricule allocataire")  # before a number that is no postcode
_DATED = _set("courrier lettre mail message sms rdv vous decision notification avis visite reunion audience")
_POSTAL = _set("postal cp code le au en secteur")
_TITLES = _set("mme madame mr monsieur mlle mademoiselle maitre docteur dr appelle prenom nomme")

_TO = _set("a vers sur in near from")
_TO_THE = _set("au aux du des le la les")  # before a name that bears an article: au Portel
_OF = _set("de d du des")
# Before an "a" that is a verb, "elle a avion", or English, "I have a nice".
_HAS = _set("il elle on y ya qui m l t n ca ils elles have has is in with want need for")
_LANDMARKS = _set("vers pres pre proche loin cote environs alentours autour km kilometres minutes mn min")
_AROUND = _set("a au aux du en pas non tout la les juste quelques 2 3 4 5 10 15 20 dix cinq")  # "à 5 minutes de"
_LEFT = _set(
    "demenagement demenage demenager demenages quitte parti partie partis partons viens vient venons venu venue arrive"
)
_CORRECTS = _set("non nan plutot pardon enfin erreur trompe trompee")
_HOME = _set(
    """habite habitant habitants habitons habit vis vit vivons vivant vivent jvis jvi viv
    reside resident residant residons demeure demeurant domicilie domiciliee domicilies loge logee logeons heberge
    hebergee installe installee installes demenage emmenage dors dort dormons reste restons restent loue louons
    habitation domicile locataire proprietaire"""
)
_HERE = _set(
    """suis sui es est sont sommes jsuis jsui chui maison logement appartement appart ici toujours cherche maintenant
    actuellement desormais"""
)
_ELSEWHERE = _set(
    """travaille travailler travaillons bosse bosser boulot taf travail usine ne nee nes etudie etudiant etudiante stage
    aller vais va irai passe scolarise scolarisee scolarises hospitalise hospitalisee rdv habitais habitait habitions
    vivais vivait etais etait avant ecole college lycee fac universite hopital clinique maternite vacances operee opere
    formation apprentissage interim patron employeur embauche chantier accouche soigne soignee suivi suivie
    entreprise boite job prison detenu incarcere vecu vecus"""
)
_HABITATS = _HOME | _set("maison logement appartement")
_SURE_TO_TELL = _set("vie vi vers habite habitant jvis suis sui jsuis jsui chui mairie commune village caf vis vit")
_TOWN_NOUNS = _set("mairie commune village hameau habitant habitants originaire viens vient suis")
_STREETS = _set("""rue avenue av bd boulevard impasse allee route chemin chaussee square faubourg place
    quai ruelle lotissement sentier rond""")
_PLACE_NOUNS = _set(
    """mairie mairi merie commune ville village bourg hameau secteur canton agglo agglomeration gare hopital clinique
    maternite
    caf cpam ccas social sociale cias mds mdph pmi msa secu carsat poste ecole college lycee creche prefecture tribunal
    gendarmerie police commissariat marche mission locale emploi enploi amploi travail services service solidarite
    centre
    quartier pres proche cote loin autour alentours environs region coin viens vient venant originaire depuis partir
    habitants habitant residents travaille bosse banlieue cite prefecture coeur associations halte foyer ehpad
    mediatheque bibliotheque cinema piscine stade logements bailleur cantine demenage parti partis"""
)
_COMES_FROM = _set("suis es est sommes sui jsuis jsui chui")  # "je suis de Marck", never "je suis marck"
_BEFORE_OF = _COMES_FROM | _set("e viens vient venons")  # "on é dochelle", "je viens doutreau"
_FILLERS = _set(
    """bonjour bjr bonsoir bsr salut svp stp s il vous te plait merci non oui ok pardon plutot et ou alors euh bah ben
    c est ma mon la le les commune ville village de d du a au aux en pour moi je j suis sur vers dans desole desolee
    mais habite pas chez nous on ici cedex 62 coin secteur quoi jsuis sui habitons c cest adresse
    boulonnais audomarois calaisis ternois lensois bethunois montreuillois arrageois"""
)
_ELIDED = frozenset("acdjlmnstyoeiu")  # one letter that is a word, or what stays of one before an apostrophe
_JOINS = (["les"], ["sous"], ["sur"], ["le"], ["la"], ["du"])
_COUNTRYSIDES = _set("62 boulonnais audomarois calaisis ternois lensois bethunois montreuillois arrageois")
_BY_EAR = {
    "dan": "dans",
    "o": "au",
    "jviens": "viens",
    "jvien": "viens",
    "vien": "viens",
    "vile": "ville",
    "habitan": "habitant",
    "habitante": "habitant",
    "adrese": "adresse",
    "adress": "adresse",
    "pr": "pour",
}
# What comes after a name that opens a message: "outro je cherche", "bapome centre".
_BEGINNINGS = _set(
    """je j jai jsuis chui on nous il elle pour ou y ya c cest besoin comment quel quelle svp bonjour
    centre rue cite quartier residence"""
)
_OF_SOMEWHERE = _set("dame monsieur voisin voisine copain copine gens quelqu un")  # "une dame de Courrières"
_BEFORE_A_VERB = _set("suis est sommes sont je j on nous il elle m s t n")
_CONNECTORS = _set("et ou ni puis aussi a au sur de d en vers les la le soit entre bien")

_SELF = _set("je j jsuis jsui jvis jvi chui moi nous on habitons vivons sommes restons louons")
_PERSONS = _set(
    """mere pere maman papa parent parents mamie mamy mami papi papy papie meme pepe tante tata oncle tonton frere soeur
    fils fille enfant enfants cousin cousine neveu niece voisin voisine ami amie copain copine collegue mari femme
    conjoint conjointe compagnon compagne epoux epouse gamin gamine gosse gosses bebe filleul filleule
    ex elle il ils elles beaux"""
)
_CARED_FOR = _set(
    """mere pere maman papa parent parents mamie mamy mami papi papy papie meme pepe tante tata oncle tonton frere soeur
    fils fille cousin cousine neveu niece voisin voisine ami amie collegue beaux filleul filleule"""
)
_OF_PERSONS = _set(
    "ma mon mes sa son ses notre nos leur leurs une un la le l mais avec chez beau belle grand petit qui"
)
_ANYBODY = "|".join(sorted(_PERSONS))
_FOR_SOMEONE = re.compile(
    rf"\bpour (?:(?:ma|mon|mes|sa|son|ses|notre|nos|une|un) (?:{_ANYBODY})|lui|elle|eux|elles)\b"
    r"|\b(?:lui|leur) (?:faut|faudrait|manque)\b|\b(?:elle|il|ils|elles) (?:a|ont|aurait|auraient) besoin\b"
)


@lru_cache(maxsize=16384)
def is_habite(word: str) -> bool:
    """Whether a folded word is "habite", by ear or a letter struck wrong: "jabite", "hbite"."""
    if HABITE.fullmatch(word):
        return True
    near = 5 <= len(word) <= 8 and word[0] in "hjbga" and word not in _NOT_HABITE
    return near and any(OSA.distance(word, verb, score_cutoff=1) <= 1 for verb in _NEAR_HABITE)


def read_by_ear(word: str) -> str:
    """Return a small word as it should be written: "dan" is "dans"."""
    return _BY_EAR.get(word, word)


def is_polite(words: Sequence[str]) -> bool:
    """Whether nothing is said but greetings and locating words."""
    return all(word in _FILLERS for word in words)


def without_fillers(words: list[str]) -> tuple[int, int]:
    """Return where the message begins and ends once its polite and locating words are taken away; (-1, -1): nowhere."""
    kept = [place for place, word in enumerate(words) if word not in _FILLERS]
    if not kept:
        return (-1, -1)
    start = kept[0]
    # "La Loge", "Le Portel": the article belongs to the name.
    if start and words[start - 1] in _ARTICLES and kept == [start]:
        return (start - 1, kept[-1] + 1)
    return (start, kept[-1] + 1)


def may_head(words: list[str], start: int) -> bool:
    """Whether a name may begin there that nothing tells: never "je suis élue,", "je crois qu'on"."""
    return words[start - 1 : start] == [] or words[start - 1] not in _BEFORE_A_VERB


def head_end(words: list[str], start: int) -> int:
    """Return where what is said at `start` ends before a sentence begins: "outro | je cherche un logement"."""
    return next((place for place in range(start + 1, len(words)) if words[place] in _BEGINNINGS), len(words))


def is_located(words: list[str], start: int, article: bool) -> bool:
    """Whether the words before `start` say that a place follows; `article`: its name begins with one."""
    before = [*reversed(words[max(0, start - 3) : start]), "", "", ""]
    first, second, third = before[:3]
    if _is_postcode(first):
        return True
    if first in ("des", "du") and second == "a":  # "elle a des bleus"
        return False
    if article and first in _TO_THE:
        return first in ("au", "aux") or second in _TO | _HABITATS | _PLACE_NOUNS or third in _PLACE_NOUNS
    if first in _TO:
        return not (first == "a" and second in _HAS)
    if first in _OF:
        return second in _PLACE_NOUNS | _COMES_FROM | _OF_SOMEWHERE
    if first == "est" and second == "c":
        return True
    return first in _HABITATS | _PLACE_NOUNS


def told(words: list[str], start: int) -> int:
    """How clearly the words before `start` say that a place follows."""
    if not is_located(words, start, article=True):
        return HINTED if words[max(0, start - 1) : start] in (["de"], ["d"]) else UNTOLD
    before = words[max(0, start - 2) : start]
    return SURELY_TOLD if _is_postcode(before[-1]) or not _SURE_TO_TELL.isdisjoint(before) else TOLD


def _is_postcode(word: str) -> bool:
    return len(word) == 5 and word.isdigit()


def may_begin_with_of(words: list[str], place: int) -> bool:
    """Whether the first letter of a word may be "of", its apostrophe lost: "je viens doutreau"."""
    word = words[place]
    return (
        len(word) >= 5
        and word[0] == "d"
        and word[1] in "aeiouyh"
        and words[place - 1 : place] != []
        and words[place - 1] in _BEFORE_OF | _TOWN_NOUNS
    )


def is_told_after(words: list[str], end: int) -> bool:
    """Whether what follows says that a place came before: "Outreau, dans le 62", "Samer, côté Boulogne"."""
    after = words[end : end + 3]
    if after[:1] == ["62"] or (after[:2] == ["dans", "le"] and after[2:] != [] and after[2] in _COUNTRYSIDES):
        return True
    return landmark_end(words, end) > end or after[:1] in (["cote"], ["secteur"])


def is_postcode(words: list[str], place: int) -> bool:
    """Whether a postcode stands at `place`."""
    return words[place : place + 1] != [] and _is_postcode(words[place])


def is_initial(words: list[str], place: int) -> bool:
    """Whether one letter is the first of a word cut short, "billy b", "n sous lens", rather than "d'", "l'", "à"."""
    word, after = words[place], words[place + 1 : place + 2]
    if word not in _ELIDED:
        return True
    joined = words[place - 1 : place] in (["en"], ["les"], ["sous"], ["le"], ["la"], ["sur"]) or after in _JOINS
    return joined and word not in "ay" and after != [] and after[0][0] not in "aeiouyh"


def is_no_place(words: list[str], start: int) -> bool:
    """Whether a name is that of a street or of somebody."""
    return is_street(words, start) or is_a_person(words, start)


def is_surely_located(words: list[str], start: int) -> bool:
    """Whether even an everyday word is a place there: "à Bus", never "service de bus"."""
    second, first = ["", "", *words[:start]][-2:]
    if first in _OF:
        return second in _TOWN_NOUNS
    if first in ("habite", "mairie") or _is_postcode(first):
        return True
    return first in _TO and not (first == "a" and second in _HAS)


def tells_a_place(word: str) -> bool:
    """Whether a place may follow this word, "caf Arras", "habite Lens": no misspelt name begins with it."""
    return word in _PLACE_NOUNS or word in _HOME or word in _TITLES or word in _TO


def is_at_home(words: list[str], start: int) -> bool:
    """Whether one says to live there in so many words: "j'habite à", "je suis sur"."""
    before = words[max(0, start - 2) : start]
    if before[-1:] in (["de"], ["d"]):
        return before[0] in ("suis", "sui", "sommes", "jsuis", "jsui", "chui")
    return before[-1:] == ["habite"] or (before[-1:] in (["a"], ["sur"]) and not _SURE_TO_TELL.isdisjoint(before))


def is_amount(words: list[str], start: int) -> bool:
    """Whether five digits are money or the number of a file."""
    return bool(_MONEY & set(words[start + 1 : start + 2]) or _NUMBERS & set(words[max(0, start - 3) : start]))


def is_postal(words: list[str], start: int) -> bool:
    """Whether the words before say that a postcode follows."""
    return words[start - 1 : start] != [] and (words[start - 1] in _POSTAL or is_located(words, start, article=False))


def is_street(words: list[str], start: int) -> bool:
    """Whether the name is that of a street: "rue de la Gare d'Arras"."""
    before = words[max(0, start - 3) : start]
    while before and before[-1] in _OF | _ARTICLES:
        before = before[:-1]
    return bool(before) and before[-1] in _STREETS


def is_a_person(words: list[str], start: int) -> bool:
    """Whether the name is that of somebody: "Mme Lens", "je m'appelle Kevin Lens"."""
    if not {"village", "commune", "ville"}.isdisjoint(words[max(0, start - 4) : start]):  # "mon village s'appelle"
        return False
    before = words[max(0, start - 2) : start]
    if before[:1] and before[0] in _TITLES and before[-1] not in _TO | _OF | _HOME | _TO_THE:
        return True
    return before[-1:] != [] and before[-1] in _TITLES


def is_lived_in(words: list[str], start: int) -> bool:
    """Whether one lives in the country or the département that begins at `start`: "je suis en Belgique"."""
    before = words[:start]
    if before[-1:] and before[-1] in _ARTICLES:
        before = before[:-1]
        if before[-1:] != ["dans"]:
            return before[-1:] == ["habite"]
    if not before or before[-1] not in ("en", "au", "aux", "dans", "a", "du", "de", "d"):
        return False
    told_by = before[-3:-1]
    if before[-1] in ("du", "de", "d"):
        return not _COMES_FROM.isdisjoint(told_by[-1:])
    if any(word in ("travaille", "bosse") for word in told_by):
        return False
    return is_polite(before) or not (_HOME | _COMES_FROM).isdisjoint(before[-5:])


def is_departement_number(words: list[str], start: int) -> bool:
    """Whether two digits say a département: "dans le 59", "je suis du 80"."""
    before = words[max(0, start - 2) : start]
    if before[-1:] == ["du"] and not _DATED.isdisjoint(before):  # "votre courrier du 18"
        return False
    after = words[start + 1 : start + 2]
    if after and (after[0] in _MONEY or after[0] in ("ans", "du", "de", "a", "heures", "h")):
        return False
    return before[-2:] == ["dans", "le"] or before[-1:] == ["du"] or before[-1:] in (["departement"], ["dept"], ["dpt"])


def departement_after(words: list[str], end: int) -> str:
    """The number of the département said after a name, "Montreuil dans le 93"; "" when there is none."""
    after = words[end : end + 3]
    return after[2] if after[:2] == ["dans", "le"] and len(after) == 3 and after[2].isdigit() else ""


def is_said_of_it(words: Sequence[str]) -> bool:
    """Whether words between a place and its landmark only join them: "Verquin c'est (à côté de Béthune)"."""
    return all(word in ("c", "est", "cest", "situe", "situee", "qui", "juste", "dans", "le", "62") for word in words)


def goes_on_as_an_address(words: list[str], end: int) -> bool:
    """Whether what follows places a name: "Avion, rue Jules-Guesde", "La Couture, près de Béthune"."""
    return not (_STREETS | {"cite", "quartier", "residence", "ville", "centre"}).isdisjoint(words[end : end + 1]) or (
        landmark_end(words, end) > end
    )


def landmark_start(words: list[str], end: int) -> int:
    """Where "pas loin de", "vers", "du côté de"… begins that ends before `end`; `end` when there is none."""
    start = end
    while start and words[start - 1] in _OF:
        start -= 1
    if not start or words[start - 1] not in _LANDMARKS:
        return end
    start -= 1
    while start and words[start - 1] in _AROUND:
        start -= 1
    return start


def landmark_end(words: list[str], start: int) -> int:
    """Where a landmark phrase ends that begins at `start`; `start` when there is none."""
    for end in range(min(len(words), start + 6), start, -1):
        if landmark_start(words, end) == start and (words[end - 1] in _OF or words[end - 1] == "vers"):
            return end
    return start


def is_left(words: list[str], start: int) -> bool:
    """Whether one has left the place: "j'ai quitté Arras", "je viens d'Arras"."""
    before = words[max(0, start - 8) : start]
    if before[-1:] == ["quitte"]:
        return True
    from_there = before[-1:] in (["d"], ["de"]) and before[-2:-1] not in (["pres"], ["cote"], ["loin"])
    return from_there and not _LEFT.isdisjoint(before)


def is_denied(words: list[str], start: int) -> bool:
    """Whether the place is denied: "pas à Lens", "je n'habite plus Lens"."""
    before = words[max(0, start - 3) : start]
    while before and (before[-1] in _TO | _OF or before[-1] in _HOME):
        before = before[:-1]
    return before[-1:] in (["pas"], ["plus"])


def is_corrected(words: list[str], end: int, next_start: int) -> bool:
    """Whether the place that ends at `end` is taken back before the next: "Calais ? non, Marck"."""
    return 0 <= next_start - end <= 5 and not _CORRECTS.isdisjoint(words[end:next_start])


def role(words: list[str], since: int, start: int) -> Role | None:
    """What the place at `start` is, by the last word that tells it from word `since` on; None when nothing tells."""
    for place in range(start - 1, max(since, start - 9) - 1, -1):
        word, before = words[place], words[max(since, place - 2) : place]
        if word in _ELSEWHERE or (word in _HOME and before[-1:] in (["ai"], ["avons"])):  # "j'ai habité Calais"
            return Role.ELSEWHERE
        if word in _HOME:
            return Role.HOME
        if word in _HERE and not (word == "est" and words[place + 1] in ("ce", "il", "elle")):
            return Role.HERE if _ELSEWHERE.isdisjoint(before) else Role.ELSEWHERE  # "mon entreprise est à"
    return None


def is_someone_elses(words: list[str], since: int, start: int) -> bool | None:
    """Whether the place at `start` is somebody else's, "ma mère habite"; None when no one is named."""
    for place in range(start - 1, since - 1, -1):
        if words[place] in _PERSONS and words[place + 1] not in ("y", "faut"):
            return "chez" not in words[max(since, place - 2) : place]  # "chez ma mère": one lives there oneself
        if words[place] in _SELF:
            return False
    return None


def is_cared_for(words: list[str], start: int) -> bool:
    """Whether somebody one may ask for is named before `start`: a mother, never an ex."""
    return not _CARED_FOR.isdisjoint(words[:start])


def only_joins(words: Sequence[str]) -> bool:
    """Whether words between two places say no more than "and" and who: "et ma sœur à"."""
    return all(word in _CONNECTORS | _PERSONS | _SELF | _OF_PERSONS for word in words)


def is_asked_for_someone(words: Sequence[str]) -> bool:
    """Whether help is asked for somebody else: "pour ma mère", "il lui faut"."""
    return _FOR_SOMEONE.search(" ".join(words)) is not None
