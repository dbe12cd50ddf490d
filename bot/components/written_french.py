"""French as residents type it, brought to one spelling before it is classified."""

import csv
import re
import unicodedata
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, Sequence, Set, Tuple

COMMUNE_MARK = "xcommune"
NUMBER_MARK = "xnombre"
WHERE = "xou"  # "où", which folding would make one with "ou"
LONGEST_NAME_WORDS = 7
SMALLEST_TOWN_ELSEWHERE = 20_000  # inhabitants

# What is typed -> what it stands for. A form with an accent is looked up as typed: "jé" is "j'ai", "je" is not.
SHORT_FORMS: Dict[str, str] = {
    "ajd": "aujourd hui", "aprem": "apres midi", "auj": "aujourd hui", "bcp": "beaucoup", "bjour": "bonjour",
    "bjr": "bonjour", "bonjou": "bonjour", "bonjours": "bonjour", "bsr": "bonsoir", "c": "c est", "cad": "c est a dire",
    "cb": "combien", "cbien": "combien", "cc": "coucou", "cet": "c est", "chu": "je suis", "chui": "je suis",
    "chuis": "je suis", "cki": "c est qui", "ckoi": "c est quoi", "cmb": "combien", "cmt": "comment",
    "coman": "comment", "comen": "comment", "commen": "comment", "ct": "c etait", "cé": "c est", "cété": "c etait",
    "d": "des", "dac": "d accord", "dacc": "d accord", "daccord": "d accord", "dak": "d accord", "dc": "donc",
    "dem": "demande", "dmd": "demande", "dordi": "d ordinateur", "ds": "dans", "dsl": "desole", "esk": "est ce que",
    "eske": "est ce que", "esque": "est ce que", "estceque": "est ce que", "fer": "faire", "fo": "faut",
    "fodrai": "faudrait", "fé": "fait", "g": "j ai", "ia": "il y a", "jabite": "j habite", "jai": "j ai",
    "jarive": "j arrive", "jarrive": "j arrive", "jcherche": "je cherche", "jcompren": "je comprends",
    "jcomprend": "je comprends", "jcomprends": "je comprends", "jdoi": "je dois", "jdois": "je dois",
    "jhabite": "j habite", "jms": "jamais", "jpe": "je peux", "jpeu": "je peux", "jpeut": "je peux", "jpeux": "je peux",
    "jsai": "je sais", "jsais": "je sais", "jss": "je suis", "jsui": "je suis", "jsuis": "je suis", "jve": "je veux",
    "jveu": "je veux", "jveux": "je veux", "jvoudrai": "je voudrais", "jvoudrais": "je voudrais", "jy": "j y",
    "jé": "j ai", "kan": "quand", "kand": "quand", "ke": "que", "kel": "quel", "kelkun": "quelqu un", "kelle": "quelle",
    "kels": "quels", "kes": "qu est ce", "kesako": "c est quoi", "kesk": "qu est ce que", "keske": "qu est ce que",
    "keskon": "qu est ce qu on", "ki": "qui", "koi": "quoi", "kom": "comme", "koman": "comment", "koment": "comment",
    "kwa": "quoi", "lgmt": "logement", "lgt": "logement", "mci": "merci", "mercii": "merci", "mm": "meme",
    "mme": "madame", "mnt": "maintenant", "mr": "monsieur", "mrc": "merci", "msg": "message", "mtn": "maintenant",
    "nan": "non", "nn": "non", "nop": "non", "nope": "non", "num": "numero", "ok": "d accord", "okay": "d accord",
    "okey": "d accord", "oki": "d accord", "ordi": "ordinateur", "ouai": "oui", "ouais": "oui", "ouep": "oui",
    "oué": "oui", "oé": "oui", "où": WHERE, "pa": "pas", "papié": "papiers", "pb": "probleme", "pblm": "probleme",
    "pbm": "probleme", "pck": "parce que", "pcq": "parce que", "pk": "pourquoi", "pkoi": "pourquoi", "plu": "plus",
    "pq": "pourquoi", "pr": "pour", "prk": "pourquoi", "q": "que", "qd": "quand", "qesq": "qu est ce que",
    "qesque": "qu est ce que", "qq": "quelque", "qqch": "quelque chose", "qqn": "quelqu un", "qqun": "quelqu un",
    "quelkun": "quelqu un", "quelqun": "quelqu un", "rdv": "rendez vous", "rdvs": "rendez vous", "rep": "reponse",
    "rv": "rendez vous", "sa": "ca", "salu": "salut", "silvouplait": "s il vous plait", "siouplait": "s il vous plait",
    "sivouplait": "s il vous plait", "slt": "salut", "ss": "sans", "stp": "s il te plait", "svp": "s il vous plait",
    "t": "tu es", "tas": "tu as", "tel": "telephone", "telefone": "telephone", "thx": "merci", "tjr": "toujours",
    "tjrs": "toujours", "tks": "merci", "tph": "telephone", "tps": "temps", "tt": "tout", "tte": "toute", "té": "tu es",
    "tél": "telephone", "ui": "oui", "vou": "vous", "vrmt": "vraiment", "vs": "vous", "wesh": "salut", "wi": "oui",
    "wsh": "salut", "ya": "il y a", "yep": "oui", "yes": "oui",
}  # fmt: skip
SAINT = {"st": "saint", "ste": "sainte"}
# After "ou", these make it the place: "ou aller", "ou est la caf".
AFTER_WHERE = {
    "aller", "allez", "c", "ca", "demander", "deposer", "dois", "est", "faire", "faut", "il", "j", "je", "on", "peut",
    "puis", "refaire", "rencontrer", "se", "sont", "trouver", "voir", "y",
}  # fmt: skip
BEFORE_WHERE = {"allez", "aller", "est", "trouve", "vais"}  # "c est ou", "je vais ou"
# Names of communes that are first of all everyday words: hiding them would blur more than it helps.
EVERYDAY_WORDS = {
    "aire", "ames", "attaques", "avion", "bours", "bus", "comte", "contes", "couture", "creuse", "croix", "denier",
    "devise", "ecurie", "fiefs", "loge", "long", "nice", "orange", "pas", "pommier", "riviere", "rue", "selles", "sens",
    "tours",
}  # fmt: skip

TYPED_WORD = re.compile(r"[^\W_]+['’]?")
STRETCHED = re.compile(r"([a-z])\1{2,}")
NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
POSTCODE = re.compile(r"^62\d{3}$")


def fold(text: str) -> str:
    """Return `text` in lower case ASCII words: no accents, ligatures, punctuation, letters held down."""
    plain = text.lower().replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", plain)
    ascii_text = "".join(char for char in decomposed if not unicodedata.combining(char))
    return STRETCHED.sub(r"\1", NOT_A_LETTER.sub(" ", ascii_text)).strip()


def spell_out(text: str) -> List[str]:
    """Return the folded words of `text`, text-message short forms replaced by the words they stand for.

    An elided word ("c'", "d'") is never a short form. A word said twice in a row is kept once ("c est" is "c'est").
    """
    spelt: List[str] = []
    for typed in TYPED_WORD.findall(unicodedata.normalize("NFC", text.lower())):
        folded = fold(typed)
        meant = folded if typed[-1] in "'’" else SHORT_FORMS.get(typed) or SHORT_FORMS.get(folded, folded)
        spelt.extend(meant.split())
    return [word for index, word in enumerate(spelt) if index == 0 or word != spelt[index - 1]]


def normalise(text: str, mask: "Mask") -> List[str]:
    """Return the words of `text` as the classifier reads them."""
    return mark_where(mask.hide(spell_out(text)))


def mark_where(words: Sequence[str]) -> List[str]:
    """Tell "ou" the place from "ou" the choice, typed alike without accents, by where it stands."""
    last = len(words) - 1
    return [
        WHERE
        if word == "ou" and (index in (0, last) or words[index + 1] in AFTER_WHERE or words[index - 1] in BEFORE_WHERE)
        else word
        for index, word in enumerate(words)
    ]


class Mask:
    """Replaces names by the mark of their kind: what a person speaks of says nothing of what they are doing."""

    def __init__(self, names_by_mark: Mapping[str, Iterable[str]]) -> None:
        """`names_by_mark` holds folded names; a name found under two marks takes the first."""
        self._marks: Dict[Tuple[str, ...], str] = {}
        for mark, names in names_by_mark.items():
            for name in names:
                self._marks.setdefault(tuple(name.split()), mark)

    def hide(self, words: Sequence[str]) -> List[str]:
        hidden: List[str] = []
        position = 0
        while position < len(words):
            mark, length = self._find_name_at(words, position)
            hidden.append(mark)
            position += length
        return hidden

    def _find_name_at(self, words: Sequence[str], position: int) -> Tuple[str, int]:
        """Return the mark of the longest name that starts here and how many words it takes."""
        for length in range(min(LONGEST_NAME_WORDS, len(words) - position), 0, -1):
            name = tuple(SAINT.get(word, word) for word in words[position : position + length])
            if name in self._marks:
                return self._marks[name], length
        return _mark_number(words[position]), 1


def _mark_number(word: str) -> str:
    if POSTCODE.match(word):
        return COMMUNE_MARK
    return NUMBER_MARK if word.isdigit() else word


def load_commune_names(folder: Path) -> List[str]:
    """Return the folded names in `communes.csv`, `communes_hors.csv` and `alias.csv` of `folder`, sorted.

    Files that are absent give no name: the classifier then works without the mask.
    """
    names: Set[str] = set()
    for file_name, column in (("communes.csv", "nom"), ("communes_hors.csv", "nom"), ("alias.csv", "alias")):
        path = folder / file_name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                names.update(fold(row.get(column) or "") for row in csv.DictReader(file) if _is_well_known(row))
    return sorted(name for name in names if len(name) > 2 and name not in EVERYDAY_WORDS)


def _is_well_known(row: Dict[str, str]) -> bool:
    """Outside the département only towns are hidden: villages elsewhere share their names with too many words."""
    return "departement" not in row or int(row.get("population") or 0) >= SMALLEST_TOWN_ELSEWHERE
