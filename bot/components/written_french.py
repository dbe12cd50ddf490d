"""French as residents type it, brought to one spelling before it is classified."""

import csv
import re
import unicodedata
from pathlib import Path
from typing import Dict, Iterable, List, Set, Tuple

COMMUNE_MARK = "xcommune"
NUMBER_MARK = "xnombre"
LONGEST_NAME_WORDS = 7

# One written form -> the words it stands for. Only forms that mean one thing whatever surrounds them.
SHORT_FORMS: Dict[str, str] = {
    "aprem": "apres midi", "asap": "vite", "auj": "aujourd hui", "ajd": "aujourd hui", "bcp": "beaucoup",
    "bjr": "bonjour", "bjour": "bonjour", "bonjou": "bonjour", "bsr": "bonsoir", "btw": "au fait",
    "c": "c est", "cb": "combien", "cbien": "combien", "cad": "c est a dire", "cc": "coucou", "cmb": "combien",
    "cmt": "comment", "comen": "comment", "koment": "comment", "cki": "c est qui", "ckoi": "c est quoi",
    "cet": "c est", "cété": "c etait", "ct": "c etait", "cki qui": "c est qui",
    "chui": "je suis", "chuis": "je suis", "chu": "je suis", "jsui": "je suis", "jsuis": "je suis", "jss": "je suis",
    "jdois": "je dois", "jpeux": "je peux", "jpe": "je peux", "jve": "je veux", "jveu": "je veux", "jveux": "je veux",
    "jvoudrai": "je voudrais", "jvoudrais": "je voudrais", "jcherche": "je cherche", "jcomprend": "je comprends",
    "jcomprends": "je comprends", "jconnais": "je connais", "jhabite": "j habite", "jabite": "j habite",
    "jarrive": "j arrive", "jai": "j ai", "jé": "j ai", "g": "j ai", "jsai": "je sais", "jsais": "je sais",
    "jpeut": "je peux", "jtouche": "je touche", "jtravaille": "je travaille", "jvis": "je vis",
    "d": "des", "dac": "d accord", "dacc": "d accord", "dak": "d accord", "daccord": "d accord", "dc": "donc",
    "dem": "demande", "dmd": "demande", "dmande": "demande", "ds": "dans", "dr": "docteur", "dsl": "desole",
    "dsb": "ecole", "eske": "est ce que", "esk": "est ce que", "esque": "est ce que", "estceque": "est ce que",
    "etk": "en tout cas", "ff": "france services", "fo": "faut", "fodrai": "faudrait", "gs": "groupe scolaire",
    "ia": "il y a", "ya": "il y a", "ya": "il y a", "jms": "jamais", "jm": "j aime", "ke": "que", "kel": "quel",
    "kelle": "quelle", "kels": "quels", "kelke": "quelque", "keske": "qu est ce que", "kesk": "qu est ce que",
    "kesako": "c est quoi", "keskon": "qu est ce qu on", "qesque": "qu est ce que", "qesq": "qu est ce que",
    "ki": "qui", "koi": "quoi", "kwa": "quoi", "kan": "quand", "kand": "quand", "qd": "quand", "kom": "comme",
    "lgt": "logement", "lgmt": "logement", "m": "me", "mdr": "rire", "mtn": "maintenant", "mnt": "maintenant",
    "mr": "monsieur", "mrc": "merci", "mci": "merci", "msg": "message", "mm": "meme", "mme": "madame",
    "nn": "non", "nan": "non", "nop": "non", "nope": "non", "nb": "nombre", "num": "numero", "nimero": "numero",
    "ok": "d accord", "okay": "d accord", "oki": "d accord", "okey": "d accord", "oé": "oui", "oe": "oui",
    "oui oui": "oui", "ouai": "oui", "ouais": "oui", "ouep": "oui", "ui": "oui", "yes": "oui", "yep": "oui",
    "ordi": "ordinateur", "pa": "pas", "pb": "probleme", "pbm": "probleme", "pblm": "probleme", "pk": "pourquoi",
    "pq": "pourquoi", "pkoi": "pourquoi", "pr": "pour", "ptit": "petit", "prk": "pourquoi", "pcq": "parce que",
    "pck": "parce que", "parske": "parce que", "q": "que", "qq": "quelque", "qqn": "quelqu un", "qqun": "quelqu un",
    "kelkun": "quelqu un", "qqch": "quelque chose", "qlq": "quelque", "quelkun": "quelqu un", "quelqun": "quelqu un",
    "rdv": "rendez vous", "rdvs": "rendez vous", "rep": "reponse", "rien compri": "rien compris", "rv": "rendez vous",
    "salu": "salut", "slt": "salut", "svp": "s il vous plait", "stp": "s il te plait", "silvouplait": "s il vous plait",
    "sivouplait": "s il vous plait", "siouplait": "s il vous plait", "sa": "ca", "sai": "sais", "ss": "sans",
    "tel": "telephone", "tél": "telephone", "teleph": "telephone", "telefone": "telephone", "tph": "telephone",
    "t": "tu es", "tes": "tu es", "tas": "tu as", "ta": "tu as", "tkt": "t inquiete", "tjr": "toujours",
    "tjrs": "toujours", "tt": "tout", "ttes": "toutes", "tte": "toute", "tps": "temps", "thx": "merci", "tks": "merci",
    "vs": "vous", "vou": "vous", "vrmt": "vraiment", "we": "week end", "wsh": "salut", "wesh": "salut", "x": "fois",
}
FOLDED_SHORT_FORMS: Dict[str, str] = {}

LETTERS = re.compile(r"[^a-z0-9]+")
STRETCHED = re.compile(r"([a-z])\1{2,}")
POSTCODE = re.compile(r"^62\d{3}$")
SINT = {"st": "saint", "ste": "sainte"}
# Names of communes that are first of all everyday words: masking them would blur more than it helps.
EVERYDAY_WORDS = {"avion", "aire", "ames", "bours", "pas", "lieu", "bus", "rue", "la mairie", "sus", "croix", "marche"}


def fold(text: str) -> str:
    """Return `text` in lower case ASCII words: no accents, ligatures, punctuation, letters held down."""
    plain = text.lower().replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", plain)
    ascii_text = "".join(char for char in decomposed if not unicodedata.combining(char))
    return STRETCHED.sub(r"\1", LETTERS.sub(" ", ascii_text)).strip()


FOLDED_SHORT_FORMS.update({fold(short): long for short, long in SHORT_FORMS.items()})


def spell_out(words: Iterable[str]) -> List[str]:
    """Replace text-message short forms by the words they stand for."""
    spelt: List[str] = []
    for word in words:
        spelt.extend(FOLDED_SHORT_FORMS.get(word, word).split())
    return spelt


class CommuneMask:
    """Replaces the names of communes by one mark: where a person lives says nothing of what they want."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: Set[Tuple[str, ...]] = {tuple(name.split()) for name in names if name}

    def hide(self, words: List[str]) -> List[str]:
        hidden: List[str] = []
        position = 0
        while position < len(words):
            length = self._length_of_name_at(words, position)
            hidden.append(COMMUNE_MARK if length else _mask_number(words[position]))
            position += length or 1
        return hidden

    def _length_of_name_at(self, words: List[str], position: int) -> int:
        for length in range(min(LONGEST_NAME_WORDS, len(words) - position), 0, -1):
            candidate = tuple(SINT.get(word, word) for word in words[position : position + length])
            if candidate in self.names:
                return length
        return 0


def _mask_number(word: str) -> str:
    if POSTCODE.match(word):
        return COMMUNE_MARK
    return NUMBER_MARK if word.isdigit() else word


def normalise(text: str, mask: CommuneMask) -> List[str]:
    """Return the words of `text` as the classifier reads them."""
    return spell_out(mask.hide(fold(text).split()))


def load_commune_names(folder: Path) -> List[str]:
    """Return the folded names in `communes.csv`, `communes_hors.csv` and `alias.csv` of `folder`, sorted.

    Files that are absent give no name: the classifier then works without the mask.
    """
    names: Set[str] = set()
    for file_name, column in (("communes.csv", "nom"), ("communes_hors.csv", "nom"), ("alias.csv", "alias")):
        path = folder / file_name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                names.update(fold(row.get(column) or "") for row in csv.DictReader(file))
    return sorted(name for name in names if len(name) > 2 and name not in EVERYDAY_WORDS)
