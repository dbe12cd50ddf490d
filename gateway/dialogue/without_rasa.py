"""The act of a message when Rasa cannot tell: few words, few rules, all promises but free dialogue."""

import re

from assistance.context import Context
from assistance.french import fold

# The act to the folded words that call for it; the first line that matches decides.
_RULES: tuple[tuple[str, str], ...] = (
    ("show_menu", "^(?:menu|aide|accueil|recommencer|debut|bonjour|bonsoir|salut|coucou|hello|bjr|slt|merci|ok)$"),
    ("ask_person", "une? (?:vraie? )?personne|un humain|quelqu un|une? conseillere?|un agent|parler a|mediateur"),
    (
        "ask_papers",
        "quels? papiers|quels? documents?|quelles? pieces|justificatifs?|papiers (?:a (?:fournir|preparer)|pour|de|d)",
    ),
    ("ask_offline", "sans internet|pas internet|pas d ordinateur|pas d ordi"),
    ("ask_refused", "refuse|refusee|refus"),
    ("ask_cost", "combien ca coute|c est payant|c est gratuit|quel prix"),
    ("ask_delay", "combien de temps|c est long|quel delai|quand est ce"),
    ("ask_how", "comment (?:faire|on fait|je fais)|les demarches"),
    ("ask_phone", "quel numero|quel telephone|appeler"),
    (
        "find_place",
        "ou (?:aller|est|se trouve|dois|faut|puis|je)|c est ou|l[ea] plus proche|pres d[eu]|me recevoir"
        "|etre recue?|adresse|horaires?",
    ),
    ("start_orientation", "a quoi j ai droit|mes droits|quelles aides|quels droits|je ne sais pas"),
    ("more", "^(?:autre chose|rien d autre|encore|la suite|d autres)$"),
    ("repeat", "^(?:repete|repetez|pardon|comment)$"),
)
_COMPILED = tuple((act, re.compile(rf"\b(?:{words})\b" if words[0] != "^" else words)) for act, words in _RULES)


def guess_act(text: str, context: Context) -> str:
    """Return the act of `text`; `not_understood` lets the search decide."""
    folded = fold(text)
    for act, pattern in _COMPILED:
        if pattern.search(folded):
            return act
    return "give_commune" if context.awaiting == "commune" else "not_understood"
