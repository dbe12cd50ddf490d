"""The danger check: is the person who wrote this in danger, and what do we tell them at once?

Pure and first (I6): no database, no network, nothing but the tables `safety_rules.yml` (what is heard) and
`texts/safety.yml` (what is answered), read once.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from assistance.errors import ContentError, Fault
from assistance.french import fold
from assistance.opening_hours import is_valid, state
from assistance.safety_model import Heard, Notions, list_runs, list_terms, load_families, load_model, name_pair

Level = Literal["card", "ask", "talk"]
LEVELS: tuple[Level, ...] = get_args(Level)  # in order of urgency

RULES_PATH = Path(__file__).parent / "safety_rules.yml"
TEXTS_PATH = Path(__file__).parent / "texts" / "safety.yml"

# A web message holds 2,000 characters; of a longer text both ends are read.
HEAD_CHARS, TAIL_CHARS = 40_000, 20_000
NEVER_DOUBTED = frozenset({"acte_commis", "feu_gaz", "danger_mer", "urgence_medicale"})  # minutes count there
WINDOW_WORDS = 14  # read on each side of a telling word: longer than any rule
MAX_WINDOW_CHARS = 6_000

_END = "000"  # end of a sentence, as a word: a rule never reaches across it
_SENTENCE_END = re.compile(r"(?<!\.)\.(?!\.)|[!?;]+")
_FOREIGN_SCRIPTS = re.compile("[\u0370-\u1dff\u3000-\ufdff]+")
_QUOTED_TITLE = re.compile(
    r"\b(film|chanson|livre|roman|titre|série|serie|album|pièce|poème|bd|morceau|jeu)\b[^«\"“\n]{0,30}[«\"“][^»\"”\n]{1,80}[»\"”]",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:i|i'm|my|the|he|she|we|they)\b.*\b(?:is|are|am|was|to|and|with|have|has|the|my|me|her|him|in|at|so|not)\b",
    re.IGNORECASE,
)
_DOUBLED = re.compile(r"([a-z])\1+")
_SILENT_PLURAL = re.compile(r"(?<=[a-z]{3})[sx](?= )")
_GLUED_JE = re.compile(r"(?<= )j(?=[bcdfgklmnpqrstvz])")
_HOMOPHONES = (
    *(("ch", "C"), ("ph", "f"), ("h", ""), ("qu", "k"), ("z", "s"), ("y", "i"), ("em", "an"), ("en", "an")),
    *(("eau", "o"), ("au", "o"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("C", "ch"), ("ge", "je"), ("gi", "ji")),
)


@dataclass(frozen=True)
class Danger:
    """What the check heard. `rule` is the id of a rule: never the words of the person."""

    level: Level
    theme: str
    rule: str


def sound(folded: str) -> str:
    """Return folded text as it sounds, near enough that spelling by ear meets the dictionary, a space at both ends.

    >>> sound("jveux quelqu un")
    ' je veu kelk un '
    """
    text = f" {folded} "
    for written, heard in _HOMOPHONES:
        text = text.replace(written, heard)
    text = _SILENT_PLURAL.sub("", _DOUBLED.sub(r"\1", text))
    return _GLUED_JE.sub("je ", text)


@dataclass(frozen=True)
class Spelling:
    """One spelling for the forms of a word: conjugation, SMS, by ear (`mots` of the rules file)."""

    forms: Mapping[str, str]  # as it sounds -> lemma as it sounds
    turns: Sequence[tuple[str, str]]  # turns of phrase said otherwise, once the words are known

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> "Spelling":
        endings = table["terminaisons"].split()
        forms: dict[str, str] = {}
        for lemma, written in table["mots"].items():
            for form in chain.from_iterable(_conjugate(word, endings) for word in written.split()):
                forms[sound(fold(form)).strip()] = sound(lemma).strip()
        words_only = cls(forms, ())
        normalise = words_only.normalise
        turns = [(normalise(said), normalise(meant)) for said, meant in table["tournures"].items()]
        return cls(forms, sorted(turns, key=lambda turn: -len(turn[0])))

    def normalise(self, text: str) -> str:
        """Return `text` in the one spelling of the rules, words between single spaces, a space at both ends."""
        read = _FOREIGN_SCRIPTS.sub(" ", _SENTENCE_END.sub(f" {_END} ", text))
        forms = self.forms
        said = f" {' '.join([forms.get(word, word) for word in sound(fold(read)).split()])} "
        for turn, meant in self.turns:
            said = said.replace(turn, meant)
        return said


def _conjugate(word: str, endings: Iterable[str]) -> list[str]:
    stem = word.removesuffix("*")
    return [word] if stem == word else [stem + ending for ending in endings]


_ITEM = re.compile(
    r"(?P<begin>\^)|(?P<across>[~=])(?P<gap>\d+)|!\((?P<neither>[^)]*)\)|(?P<end>\$)"
    r"|(?:\((?P<any>[^)]*)\)|(?P<word>[\w']+))(?P<optional>\?)?"
)
_GROUP_ALONE = re.compile(r"(?<![(|])<\w+>(?![)|])")
_SENTENCE_ENDS_HERE = rf"(?={_END} |$)"
_NEGATIONS = ("pas", "jamais", "ne", "n", "sans", "aucun", "aucune")


@dataclass(frozen=True)
class Phrase:
    """A turn of phrase to listen for; `anchors`: one of these words must be there, so others cost nothing.

    Written as words in any spelling: `(a|b)` either, `x?` perhaps, `~3` up to three words between, `=3` the same but
    never over "je" (somebody else speaks), `!(a|b)` not followed by, `^` and `$` beginning and end of the sentence,
    `<group>` any word of that group. A phrase denied ("ne … pas") is not heard,
    unless it speaks the negation itself.
    """

    pattern: re.Pattern[str]
    anchors: frozenset[str]

    @classmethod
    def parse(cls, written: str, spelling: Spelling, groups: Mapping[str, str], common: "CommonWords") -> "Phrase":
        spelt_out = re.sub(r"<(\w+)>", lambda name: groups[name[1]], _GROUP_ALONE.sub(r"(\g<0>)", written))
        items = list(_ITEM.finditer(spelt_out))
        own = "".join(spelling.normalise(item["any"] or item["word"] or "") for item in items)
        says_no = any(f" {spelling.normalise(no).strip()} " in own for no in _NEGATIONS)
        refused = "|".join(spelling.normalise(word).strip() for word in ((_END,) if says_no else (_END, *_NEGATIONS)))
        before, after = ("", "") if says_no else (_NOT_DENIED_BEFORE, _NOT_DENIED_AFTER)
        parts, required = list[str](), list[str]()
        for item in items:
            if item["gap"]:
                never = f"{refused}|je" if item["across"] == "=" else refused
                parts.append(rf"(?:(?!(?:{never}) )\S+ ){{0,{item['gap']}}}?")
            elif item["begin"]:
                before = rf"(?:^|(?<={_END}))"
            elif item["end"]:
                parts.append(_SENTENCE_ENDS_HERE)
            elif item["neither"]:
                parts.append(f"(?!{_either(item['neither'], spelling)})")
            else:
                choices = item["any"] or item["word"]
                parts.append(f"(?:{_either(choices, spelling)}){item['optional'] or ''}")
                if not item["optional"]:
                    required.append(choices)
        return cls(re.compile(before + " " + "".join(parts) + after), common.best_anchors(required, spelling))

    def is_in(self, said: str) -> bool:
        return self.pattern.search(said) is not None


_NOT_DENIED_BEFORE = r"(?<! pas)(?<! ne)(?<! jamai)(?<! san)"
_NOT_DENIED_AFTER = r"(?!pas (?!tou|souvan|toujour|selaman|ke|for|ankor|mal|de)|jamai )"


def _either(choices: str, spelling: Spelling) -> str:
    return "|".join(
        _SENTENCE_ENDS_HERE if choice == "$" else spelling.normalise(choice).strip() + " "
        for choice in choices.split("|")
    )


@dataclass(frozen=True)
class CommonWords:
    """Words too common to rest a rule on: `ordinary` never, `frequent` only for want of another."""

    ordinary: frozenset[str]
    frequent: frozenset[str]

    def best_anchors(self, required: Iterable[str], spelling: Spelling) -> frozenset[str]:
        """Return the fewest telling words of which one must be there; nothing when all are ordinary."""
        choices = [[spelling.normalise(choice).split() for choice in item.split("|")] for item in required]
        for common in (self.ordinary | self.frequent, self.ordinary):
            telling = [{_first_not_in(common, words) for words in item} for item in choices]
            if best := min((words for words in telling if "" not in words), key=len, default=None):
                return frozenset(best)
        return frozenset()


def _first_not_in(common: frozenset[str], words: Iterable[str]) -> str:
    return next((word for word in words if word not in common), "")


@dataclass(frozen=True)
class Rule:
    """One rule, with the sentence that made it and a neighbour it must leave in peace."""

    id: str
    theme: str
    level: Level
    phrase: Phrase
    rank: tuple[int, int]  # least first: level, then theme
    says: str
    says_not: str


@dataclass(frozen=True)
class SafetyRules:
    """All that the check listens for."""

    themes: tuple[str, ...]  # the most life-threatening first
    spelling: Spelling
    notions: Notions  # for the model
    together: frozenset[str]  # pairs of notions that tell a danger, as the model's terms
    rules: tuple[Rule, ...]  # by rank
    by_anchor: Mapping[str, tuple[int, ...]]  # telling word -> positions in `rules`
    long_ago: tuple[Phrase, ...]
    still_now: tuple[Phrase, ...]
    level_when_long_ago: Mapping[str, Level | None]  # by theme
    cannot_speak: tuple[Phrase, ...]
    minor: tuple[Phrase, ...]
    another: tuple[Phrase, ...]
    oneself: tuple[Phrase, ...]

    def check(self, text: str) -> Danger | None:
        said = self.spelling.normalise(_QUOTED_TITLE.sub(" ", _both_ends(text)))
        rule = self._most_urgent(said)
        if rule is None:
            return None
        level = self._level_now(rule, said)
        return Danger(level, rule.theme, rule.id) if level else None

    def list_terms(self, text: str) -> Iterator[str]:
        """Yield what the model beside the rules reads of a text."""
        folded = fold(text)
        said = self.spelling.normalise(text).split()
        return chain(list_terms(folded.split(), said, self.notions, load_families()), list_runs(folded))

    def _most_urgent(self, said: str) -> Rule | None:
        best = len(self.rules)
        for window, candidates in self._windows(said):
            for position in candidates:
                if position >= best:
                    break
                if self.rules[position].phrase.is_in(window):
                    best = position
        return self.rules[best] if best < len(self.rules) else None

    def _windows(self, said: str) -> Iterator[tuple[str, list[int]]]:
        """Yield the stretches of text around telling words, with the rules these words call, by rank."""
        words = said.split()
        found = [at for at, word in enumerate(words) if word in self.by_anchor]
        read = 0
        for run in _runs(found, 2 * WINDOW_WORDS):
            window = f" {' '.join(words[max(0, run[0] - WINDOW_WORDS) : run[-1] + WINDOW_WORDS + 1])} "
            called = {position for word in {words[at] for at in run} for position in self.by_anchor[word]}
            if len(window) > MAX_WINDOW_CHARS:
                window = f"{window[: MAX_WINDOW_CHARS // 2]} {_END} {window[-MAX_WINDOW_CHARS // 2 :]}"
            yield window, sorted(called)
            read += len(window)
            if read > 2 * MAX_WINDOW_CHARS:
                return

    def _level_now(self, rule: Rule, said: str) -> Level | None:
        """Return the level of `rule`, lowered when the person speaks of long ago and not of now."""
        if rule.level == "talk" or rule.theme not in self.level_when_long_ago:
            return rule.level
        if not _any_in(self.long_ago, said) or _any_in(self.still_now, said):
            return rule.level
        lowered = self.level_when_long_ago[rule.theme]
        return lowered if rule.level == "card" or lowered is None else rule.level

    def says_cannot_speak(self, text: str) -> bool:
        return _any_in(self.cannot_speak, self.spelling.normalise(_both_ends(text)))

    def says_another(self, text: str) -> bool:
        said = self.spelling.normalise(_both_ends(text))
        return _any_in(self.another, said) and not _any_in(self.oneself, said)

    def says_minor(self, text: str) -> bool:
        return _any_in(self.minor, self.spelling.normalise(_both_ends(text)))


def _both_ends(text: str) -> str:
    return text if len(text) <= HEAD_CHARS + TAIL_CHARS else f"{text[:HEAD_CHARS]} {text[-TAIL_CHARS:]}"


def _runs(positions: Sequence[int], reach: int) -> Iterator[list[int]]:
    """Yield `positions` grouped: neighbours at most `reach` apart stay together."""
    run: list[int] = []
    for position in positions:
        if run and position - run[-1] > reach:
            yield run
            run = []
        run.append(position)
    if run:
        yield run


def _any_in(phrases: Iterable[Phrase], said: str) -> bool:
    return any(phrase.is_in(said[: 2 * MAX_WINDOW_CHARS]) for phrase in phrases)


def parse_rules(document: str, path: str) -> SafetyRules:
    """Return the rules of a YAML document; raise ContentError with every fault."""
    table: dict[str, Any] = yaml.load(document, Loader=yaml.CSafeLoader)
    themes = tuple(table["themes"])
    spelling = Spelling.parse(table)
    common = CommonWords(*(_words_of(table[key], spelling) for key in ("mots_courants", "mots_frequents")))

    def phrase(written: str) -> Phrase:
        return Phrase.parse(written, spelling, table["groupes"], common)

    rules, faults = list[Rule](), list[Fault]()
    for theme, entries in table["regles"].items():
        for row in entries:
            made = Rule(
                row["id"], theme, row["level"], phrase(row["phrase"]),
                (LEVELS.index(row["level"]), themes.index(theme)), row.get("says", ""), row.get("not", ""),
            )  # fmt: skip
            faults += [Fault(path, _line_of(document, f"id: {made.id}"), reason) for reason in _list_lacks(made)]
            rules.append(made)
    if faults:
        raise ContentError(faults)
    rules.sort(key=lambda rule: rule.rank)
    by_anchor = defaultdict[str, list[int]](list)
    for position, rule in enumerate(rules):
        for word in rule.phrase.anchors:
            by_anchor[word].append(position)
    return SafetyRules(
        themes=themes,
        spelling=spelling,
        notions=Notions.parse(table["notions"], spelling.normalise, lambda stem: sound(fold(stem))),
        together=frozenset(name_pair(*pair.split("+")) for pairs in table["reunis"].values() for pair in pairs.split()),
        rules=tuple(rules),
        by_anchor={word: tuple(positions) for word, positions in by_anchor.items()},
        long_ago=tuple(phrase(written) for written in table["autrefois"]),
        still_now=tuple(phrase(written) for written in table["encore_maintenant"]),
        level_when_long_ago=table["niveau_si_autrefois"],
        cannot_speak=tuple(phrase(written) for written in table["ne_peut_pas_parler"]),
        minor=tuple(phrase(written) for written in table["mineur"]),
        another=tuple(phrase(written) for written in table["pour_autrui"]),
        oneself=tuple(phrase(written) for written in table["contre_soi"]),
    )


def _list_lacks(rule: Rule) -> Iterator[str]:
    if not rule.phrase.anchors:
        yield "only ordinary words: would be slow"
    if not rule.says:
        yield "no `says`, the sentence that made the rule"
    if not rule.says_not:
        yield "no `not`, a neighbour it must leave in peace"


def _words_of(written: str, spelling: Spelling) -> frozenset[str]:
    return frozenset(spelling.normalise(written).split())


def _line_of(document: str, needle: str) -> int:
    return document.count("\n", 0, max(document.find(needle), 0)) + 1


@cache
def load_rules() -> SafetyRules:
    """Return the rules shipped with the service; call it once at start-up, `check` then reads nothing."""
    return parse_rules(RULES_PATH.read_text("utf-8"), RULES_PATH.name)


def check(text: str) -> Danger | None:
    """Return the most urgent danger said in `text`, or None. Reads words only; never raises on any string.

    The rules first; the model beside them may hear where none has, and doubt a card: then one asks
    (docs/decisions/0003).
    """
    rules, model = load_rules(), load_model()
    danger = rules.check(text)
    if danger is None:
        return _hear_by_model(text)
    doubted = danger.level == "card" and danger.theme not in NEVER_DOUBTED and model.doubts(text, rules.list_terms)
    return replace(danger, level="ask") if doubted else danger


def _hear_by_model(text: str) -> Danger | None:
    model = load_model()
    heard = model.hear(text, load_rules().list_terms)
    rule = f"en-{BY_MODEL}" if _ENGLISH.search(text) else BY_MODEL
    return Danger(level_of(heard), heard.theme, rule) if model.asks(heard) else None


def level_of(heard: Heard) -> Level:
    """A card rests on the table too, on two notions of a danger together, unless the model is very sure."""
    model = load_model()
    paired = heard.probability >= model.card_from and load_rules().together & heard.terms
    return "card" if paired or heard.probability >= model.sure_from else "ask"


SPOKEN_TOGETHER = 200  # characters of both messages: what is longer says what it has to say


def check_together(previous: str, text: str) -> Danger | None:
    """Return the danger that two messages of one person, `text` the later, tell only together.

    "il y a une odeur", then "de gaz". None when one of them alone tells as much.
    """
    if not previous or len(previous) + len(text) > SPOKEN_TOGETHER:
        return None
    together = check(f"{previous} {text}")
    if together is None or together.level != "card":
        return None  # two ordinary messages make a long one, where a question is too easily asked
    alone = min(_urgency(check(previous)), _urgency(check(text)))
    return together if _urgency(together) < alone else None


def _urgency(danger: Danger | None) -> int:
    """0 for the most urgent level."""
    return LEVELS.index(danger.level) if danger else len(LEVELS)


# What is answered


@dataclass(frozen=True)
class UrgentNumber:
    """A line to call, as in data/territoire/numeros.csv."""

    number: str  # as it is read aloud: "3919", "0 800 05 95 95"
    label: str
    sms: bool  # answers a text message
    hours: str  # OSM opening_hours, "" when unknown


@dataclass(frozen=True)
class SafetyAnswer:
    """What the person gets at once. `urgent` is in the order in which to call; choices are (id, title)."""

    text: str
    urgent: tuple[UrgentNumber, ...]
    choices: tuple[tuple[str, str], ...] = ()


BY_MODEL = "model"  # the `rule` of a danger no rule has heard
DANGER_NOW, NO_DANGER_NOW = "danger_oui", "danger_non"


@cache
def load_texts() -> Mapping[str, Any]:
    """Return the texts of texts/safety.yml."""
    texts: Mapping[str, Any] = yaml.safe_load(TEXTS_PATH.read_text("utf-8"))
    return texts


def load_numbers(path: Path) -> dict[str, UrgentNumber]:
    """Return the verified lines of `numeros.csv` by number.

    Raise ContentError when a safety text names a number that is not in the table, or not verified.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    numbers = {
        row["numero"]: UrgentNumber(
            row["numero"],
            row["nom"],
            sms=row["sms_possible"].strip() == "oui",
            hours=row["horaires"] if is_valid(row["horaires"]) else "",
        )
        for row in rows
        if row["verified"] == "yes"
    }
    document = TEXTS_PATH.read_text("utf-8")
    faults = [
        Fault(TEXTS_PATH.name, _line_of(document, number), f"number {number} absent from {path.name}, or not verified")
        for number in sorted(list_numbers_used() - numbers.keys())
    ]
    if faults:
        raise ContentError(faults)
    return numbers


def list_numbers_used() -> set[str]:
    """Return every number a safety answer may give, as keys of numeros.csv."""
    texts = load_texts()
    lists = [theme[key] for theme in texts["themes"].values() for key in ("numbers", "talk_numbers") if key in theme]
    return {texts["cannot_speak"]["first"], texts["minor"]["also"], *chain.from_iterable(lists)}


def safety_answer(danger: Danger, text: str, numbers: Mapping[str, UrgentNumber], at: datetime) -> SafetyAnswer:
    """Return what to say to `danger` heard in `text`; a line closed at `at` (aware) comes after those that answer."""
    texts = load_texts()
    words = _in_language_of(danger)
    if danger.level == "ask":
        ask = texts["ask"]
        choices = ((DANGER_NOW, ask[words("yes")]), (NO_DANGER_NOW, ask[words("no")]))
        about = "question_other" if load_rules().says_another(text) else "question"
        return SafetyAnswer(ask[words(about)], (), choices)
    theme = texts["themes"][danger.theme]
    said = [theme[words(_variant(theme, danger.level, text))]]
    keys = list(theme["talk_numbers"] if danger.level == "talk" and "talk_numbers" in theme else theme["numbers"])
    if load_rules().says_minor(text) and texts["minor"]["also"] not in keys:
        keys.insert(1, texts["minor"]["also"])
    if load_rules().says_cannot_speak(text):
        first = texts["cannot_speak"]["first"]
        keys = [first, *(key for key in keys if key != first)]
        said.insert(0, texts["cannot_speak"][words("text")])
    lines = [numbers[key] for key in keys]
    return SafetyAnswer(" ".join(said), tuple(sorted(lines, key=lambda line: _is_closed(line, at))))


def _variant(theme: Mapping[str, Any], level: Level, text: str) -> str:
    """Return the key of the text to say: another one when a child writes, or one who fears for somebody else."""
    if level == "talk":
        return "talk"
    if "other" in theme and load_rules().says_another(text):
        return "other"
    return "child" if "child" in theme and load_rules().says_minor(text) else "text"


def answer_after_ask(
    choice: str, danger: Danger, text: str, numbers: Mapping[str, UrgentNumber], at: datetime
) -> SafetyAnswer:
    """Return the answer to the choice made after `ask`: DANGER_NOW gives the card, anything else the gentler text."""
    level: Level = "card" if choice == DANGER_NOW else "talk"
    answer = safety_answer(replace(danger, level=level), text, numbers, at)
    if choice == DANGER_NOW:
        return answer
    return replace(answer, text=load_texts()["ask"][_in_language_of(danger)("after_no")])


def _in_language_of(danger: Danger) -> Any:
    """Return the naming of texts for the language of the rule: rules that hear English begin with `en-`."""
    return (lambda key: f"{key}_en") if danger.rule.startswith("en-") else (lambda key: key)


def _is_closed(line: UrgentNumber, at: datetime) -> bool:
    return bool(line.hours) and state(line.hours, at).open_now is False
