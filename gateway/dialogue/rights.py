"""Rights: which fiche the words are about, and what it says of one detail."""

import re
from dataclasses import dataclass
from datetime import date

from assistance.fiche import LIEU_KINDS, Fiche
from assistance.french import fold
from assistance.plain_text import plain_text
from assistance.safety import check
from assistance.wording import Wording
from gateway.knowledge import Edition

LIKELY = 0.75  # a search score from which a first that stands ahead is right 96 times in 100 (sets to tune on)
AHEAD = 0.7  # of the first's score, the most that the second may have
OF_DANGER = ("enfance-danger", "maltraitance-age-handicap", "violences-conjugales", "violences-sexuelles")
ASPECTS = (
    "ask_papers", "ask_how", "ask_cost", "ask_delay", "ask_refused", "ask_offline", "ask_who", "ask_phone",
)  # fmt: skip

# "non, pas le RSA, la prime d'activité": what is refused is taken out before the search.
_REFUSED = re.compile(
    r"(?:^\W*pas(?= (?:le|la|les|l|du|de|des|d|un|une)\b)"
    r"|\bnon\W+(?:c'?est )?pas"
    r"|\bje (?:ne )?(?:veux|parle|parlais|demande) pas(?: parler)?)\b[^,.;:!?]*?"
    r"(?:[,.;:!?]|\bmais\b|\bplut[oô]t\b|$)",
    re.IGNORECASE,
)

# "je ne veux pas parler du RSA": nothing else is said. Words of need ("je ne veux pas perdre mon logement") stay.
_ONLY_REFUSED = re.compile(
    r"\W*(?:(?:non|mais|stop|ah)\W+)*(?:je (?:ne )?(?:veux|voulais) pas (?:entendre )?parler"
    r"|j[e'] ?(?:ne |n')?(?:parle pas|parlais pas|ai pas parlé))"
    r" (?:de l[a']|du|des|de|d'|le|la|l')\b[^,.;:!?]*[.!?\s]*",
    re.IGNORECASE,
)

# A number masked at intake, and the words that announce it, are no part of the need.
_MASKED = re.compile(r"(?:\b(?:mon |le )?(?:num[eé]ros?|num|n°)[^.,;\[]{0,30})?\[[^\]]{0,40}masqué\]", re.IGNORECASE)

# The words that say which detail is asked for are no part of the subject: "j'ai pas internet" is not about internet.
_DETAIL_WORDS = {
    "ask_offline": r"\w*internet|ordinateurs?|ordi|en ligne|smartphone|wifi|mails?|pc",
    "ask_refused": r"refus\w*|rejet\w*|recours|dit non|pas d accord|contest\w*",
    "ask_papers": r"papiers?|documents?|pieces?|justificatifs?|dossiers?",
    "ask_phone": r"numeros?|telephones?|tel|appel\w*",
    "ask_cost": r"coute\w*|cout|prix|pay\w*|gratuite?|cher|argent",
    "ask_delay": r"temps|delais?|longs?|longtemps|quand|attend\w*|dur\w*",
    "ask_how": r"comment|faire|demarches?|demand\w*",
    "ask_who": r"qui|droit|conditions?",
}


def without_detail(text: str, aspect: str) -> str:
    """Return `text` folded, without the words that only say which detail is asked for."""
    return re.sub(rf"\b(?:{_DETAIL_WORDS[aspect]})\b", " ", fold(text))


def find_negated(text: str) -> str:
    """Return `text` without the subject it refuses; unchanged when nothing would remain."""
    rest = _REFUSED.sub(" ", text, count=1).strip()
    return rest if len(rest) > 2 else text


def refuses_subject(text: str) -> bool:
    """Tell whether `text` refuses to speak of a subject and says nothing else."""
    return _ONLY_REFUSED.fullmatch(text) is not None and not re.search(r"\b(?:mais|plut[oô]t)\b.", text[5:])


def _holds_name(text: str, fiche: Fiche) -> bool:
    words = f" {fold(text)} "
    return any(f" {fold(name)} " in words for name in fiche.mots)


@dataclass(frozen=True)
class Found:
    """Slugs, best first; `sure` when the first may be answered alone."""

    slugs: tuple[str, ...]
    sure: bool
    score: float = 0.0  # of the first, from 0 to 1
    ahead: bool = False  # the first stands well before the second
    named: bool = False  # the words hold a name of the first: "et les papiers pour l'APA ?"

    @property
    def likely(self) -> bool:
        """Whether the first may be answered with a way out."""
        return self.ahead and (self.named or self.score >= LIKELY)


@dataclass(frozen=True)
class RightFinder:
    """Reads the search and the fiches of an edition."""

    wording: Wording
    person_phone: str

    def find(self, edition: Edition, text: str) -> Found:
        asked = find_negated(_MASKED.sub(" ", text)).strip()
        hits = edition.index.search(asked, limit=5) if asked else []
        if not hits:
            return Found((), False)
        first = hits[0]
        ahead = len(hits) == 1 or hits[1].score <= AHEAD * first.score
        named = _holds_name(asked, edition.get(first.slug))
        return Found(tuple(hit.slug for hit in hits), first.sure, first.score, ahead, named)

    def find_needs(self, edition: Edition, text: str) -> tuple[str, ...]:
        """The subjects of a message that tells several needs, each sure; empty or one for an ordinary message."""
        if len(text) < 30:
            return ()
        told = [hit.slug for hit in edition.index.needs(find_negated(text), limit=5)]
        if check(text) is None:  # a story of hardship is no story of violence: the danger check has listened
            told = [slug for slug in told if slug not in OF_DANGER]
        return tuple(told[:3])

    def brief(self, edition: Edition, slug: str, today: date) -> str:
        """Title, *En bref*, and what the reader must know of how far the text is to be trusted."""
        fiche = edition.get(slug)
        notes = [] if fiche.statut == "valide" else [self.wording.say("not_read_again")]
        if fiche.is_stale(today):
            notes.append(self.wording.say("stale"))
        return "\n".join([fiche.title, plain_text(fiche.sections["En bref"]), *notes])

    def detail(self, edition: Edition, slug: str, aspect: str) -> str:
        fiche = edition.get(slug)
        match aspect:
            case "ask_papers":
                return _section(fiche, "Papiers à préparer")
            case "ask_how":
                return _section(fiche, "Comment faire")
            case "ask_who":
                return _section(fiche, "Pour qui")
            case "ask_cost":
                return f"{fiche.title}\n{fiche.cout}"
            case "ask_delay":
                return f"{fiche.title}\n{fiche.delai}"
            case "ask_refused":
                return f"{fiche.title}\n{fiche.recours}"
            case "ask_phone":
                return self._phones(fiche)
            case _:
                return f"{fiche.title}\n{self._offline(fiche)}"

    def _phones(self, fiche: Fiche) -> str:
        if not fiche.numeros:
            return self.wording.say("phones_none", phone=self.person_phone)
        numbers = " ; ".join(
            f"{number.number} ({', '.join(filter(None, (number.label, number.hours, number.cost)))})"
            for number in fiche.numeros
        )
        return self.wording.say("phones", title=fiche.title, numbers=numbers)

    def _offline(self, fiche: Fiche) -> str:
        ways = []
        for voie, name in (("par_telephone", "way_phone"), ("sur_place", "way_place"), ("par_courrier", "way_post")):
            if value := fiche.voies[voie]:
                ways.append(self.wording.say(name, value=LIEU_KINDS.get(value, value)))
        return self.wording.say("offline", ways=" ; ".join(ways) + ".") if ways else self.wording.say("offline_none")


def _section(fiche: Fiche, name: str) -> str:
    return f"{fiche.title} — {name}\n{plain_text(fiche.sections[name])}"
