"""The rules of writing, one fiche at a time (docs/fiches.md). What makes a file unreadable is in fiche.py."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from assistance.errors import Fault
from assistance.fiche import LIEU_KINDS
from assistance.french import fold
from assistance.gsm_alphabet import find_outside
from assistance.plain_text import plain_text
from assistance.written_fiche import PHONE, WrittenFiche

MOST_WORDS_IN_SENTENCE = 15
FEWEST_WORDS, MOST_WORDS = 120, 700
# For people who fear them: they are never sent there unless they ask (design §6).
SENSITIVE_SLUGS = frozenset({"ame", "soins-sans-couverture", "asile", "titre-sejour", "domiciliation"})
FEARED_KINDS = frozenset({"prefecture", "sous_prefecture", "police", "gendarmerie"})
# Pages of the site that a fiche may link to, beside the fiches.
PAGES = frozenset({"/", "/chat", "/fiches/", "/lieux", "/numeros-utiles", "/glossaire"})
# Who receives or answers, beside the kinds of place.
OFFICES = (
    "accueil", "adil", "agence", "assistante sociale", "association", "assurance", "avocat", "banque", "centre",
    "college", "commissaire de justice", "commissariat", "crous", "departement", "ecole", "employeur", "guichet",
    "hopital", "impots", "lycee", "medecin", "notaire", "pharmacie", "police", "region", "service",
    "travailleur social", "universite", "urgences",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the rules compare a fiche with."""

    numbers: frozenset[str]  # digits only: numero of data/territoire/numeros.csv
    glossary: Mapping[str, str]  # data/glossaire.yml
    slugs: frozenset[str]  # of every fiche


Rule = Callable[[WrittenFiche, Known], Iterator[Fault]]


def check_fiche(written: WrittenFiche, known: Known) -> list[Fault]:
    """Return the faults of one fiche, in the order of its lines."""
    faults = [fault for rule in RULES for fault in rule(written, known)]
    return sorted(faults, key=lambda fault: fault.line)


def short_sentences(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    for sentence in written.sentences:
        if sentence.longest > MOST_WORDS_IN_SENTENCE:
            reason = (
                f"phrase de {sentence.longest} mots, {MOST_WORDS_IN_SENTENCE} au plus : « {_start(sentence.text)} »"
            )
            yield written.fault(sentence.line, reason)


def explained_acronyms(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    seen: set[str] = set()
    for line, text in written.shown:
        for found in _ACRONYM.finditer(text):
            acronym = found[0]
            if acronym in seen or acronym in known.glossary:
                continue
            seen.add(acronym)
            if not _is_explained(text, found):
                reason = f"sigle « {acronym} » jamais expliqué : l'expliquer ici, ou dans data/glossaire.yml"
                yield written.fault(line, reason)


def _is_explained(text: str, found: re.Match[str]) -> bool:
    """Whether it reads "revenu de solidarité active (RSA)" or "RSA (revenu de solidarité active)"."""
    after = re.match(r"\s?\(([^)]*)\)", text[found.end() :])
    if after:
        return len(after[1].split()) > 1
    before = re.search(r"([^().,;:!?]*)\s\($", text[: found.start()])
    words = fold(before[1]).split() if before and text[found.end() :].startswith(")") else []
    return len(words) > 1 and any(word.startswith(fold(found[0])[0]) for word in words)


def plain_sms(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    outside = find_outside(written.fiche.sms)
    if outside:
        letters = " ".join(outside)
        yield written.fault(written.line_of("sms"), f"« sms » : caractères qui triplent le prix du SMS : {letters}")


def dated_figures(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    for line, text in written.shown:
        for found in _FIGURE.finditer(text):
            reason = f"« {found[0]} » : un montant ou un délai en chiffres va dans « montants » ou « delais », daté"
            yield written.fault(line, reason)


def known_numbers(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    for line, text in _texts_with_numbers(written):
        for number in PHONE.findall(text):
            if re.sub(r"\D", "", number) not in known.numbers:
                yield written.fault(line, f"numéro « {number} » absent de data/territoire/numeros.csv")


def _texts_with_numbers(written: WrittenFiche) -> Iterator[tuple[int, str]]:
    fiche = written.fiche
    yield from written.shown
    yield written.line_of("voies", "par_telephone:"), fiche.voies["par_telephone"]
    for numero in fiche.numeros:
        yield written.line_of("numeros", numero.number), numero.number


def living_links(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    for line, _, text in written.body:
        for target in _LINK.findall(text):
            if not _leads_somewhere(target, known.slugs):
                yield written.fault(line, f"lien « {target} » cassé : https://…, tel:…, /fiches/<slug> ou page du site")


def _leads_somewhere(target: str, slugs: frozenset[str]) -> bool:
    fiche = re.fullmatch(r"/fiches/([\w-]+)", target)
    return fiche[1] in slugs if fiche else target in PAGES or target.startswith(("https://", "tel:"))


def first_step_and_office(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    rows = [(line, text) for line, section, text in written.body if section == "Comment faire"]
    first = rows[0][0]
    if not any(_STEP.match(text) for _, text in rows):
        yield written.fault(first, "« Comment faire » : il faut une première étape (« 1. … »)")
    if not any(_names_office(text) for _, text in rows):
        yield written.fault(first, "« Comment faire » : aucun organisme, lieu ou téléphone où s'adresser")


def _names_office(text: str) -> bool:
    return PHONE.search(text) is not None or _OFFICE.search(f" {fold(text)} ") is not None


def right_length(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    number = sum(len(plain_text(text).split()) for text in written.fiche.sections.values())
    if not FEWEST_WORDS <= number <= MOST_WORDS:
        line = next(line for line, *_ in written.body) - 1
        yield written.fault(line, f"{number} mots, il en faut de {FEWEST_WORDS} à {MOST_WORDS}")


def no_feared_place(written: WrittenFiche, known: Known) -> Iterator[Fault]:
    feared = sorted(FEARED_KINDS.intersection(written.fiche.lieux_kinds))
    if written.fiche.slug in SENSITIVE_SLUGS and feared:
        reason = f"sujet sensible : jamais {', '.join(feared)} parmi « lieux_kinds »"
        yield written.fault(written.line_of("lieux_kinds"), reason)


def _start(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


_ACRONYM = re.compile(r"(?<![\w-])[A-ZÀ-ÖØ-Ý]{2,}\d*(?![\w-])")
_FIGURE = re.compile(r"\d+(?:[\s.,]\d+)*\s?(?:€|(?:euros?|jours?|semaines?|mois)\b(?! sur 7))")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]*)\)")
_STEP = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+\S")
_KIND_WORDS = {fold(part) for label in LIEU_KINDS.values() for part in re.split(r"[()]", label) if part.strip()}
_OFFICE = re.compile(rf" (?:{'|'.join(sorted(_KIND_WORDS.union(OFFICES), key=len, reverse=True))})s? ")

RULES: tuple[Rule, ...] = (
    short_sentences, explained_acronyms, plain_sms, dated_figures, known_numbers, living_links, first_step_and_office,
    right_length, no_feared_place,
)  # fmt: skip
