"""The danger check in front of everything else: no database, no Rasa, no network (invariant I6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistance.context import Context
from assistance.french import fold
from assistance.reply import Answer, Choice
from assistance.safety import (
    DANGER_NOW,
    NO_DANGER_NOW,
    Danger,
    SafetyAnswer,
    UrgentNumber,
    answer_after_ask,
    check,
    check_together,
    safety_answer,
)

_YES = frozenset({"oui", "oui oui", "ouais", "wi", "oui je suis en danger", "oui maintenant", "oui svp", "yes"})
_NO = frozenset({"non", "non merci", "nan", "non ca va", "pas maintenant", "non pas maintenant", "no"})


@dataclass(frozen=True)
class SafetyDesk:
    """Answers danger with fixed texts and the numbers of the verified table."""

    numbers: Mapping[str, UrgentNumber]

    def hear(self, text: str, now: datetime) -> list[Answer]:
        """Return the safety message `text` calls for; none for an ordinary message."""
        danger = check(text)
        return [_answer(safety_answer(danger, text, self.numbers, now), danger)] if danger else []

    def hear_together(self, previous: str, text: str, now: datetime) -> list[Answer]:
        """The same for what the last two messages of a person tell only together."""
        danger = check_together(previous, text)
        said = f"{previous} {text}"
        return [_answer(safety_answer(danger, said, self.numbers, now), danger)] if danger else []

    def hear_choice(self, do: dict[str, Any], now: datetime) -> list[Answer]:
        """The answer to a button of "êtes-vous en danger maintenant ?"; none for another button."""
        if do.get("act") != "danger":
            return []
        danger = Danger("card" if do["answer"] == DANGER_NOW else "talk", do["theme"], do["rule"])
        return [_answer(answer_after_ask(do["answer"], danger, "", self.numbers, now), danger)]

    def hear_in_context(self, text: str, context: Context, now: datetime) -> list[Answer]:
        """The same when the question is answered with a typed yes or no."""
        question, _, about = (context.awaiting or "").partition(" ")
        theme, _, rule = about.partition(" ")
        if question != "danger" or not is_yes_or_no(text):
            return []
        answer = DANGER_NOW if fold(text) in _YES else NO_DANGER_NOW
        return self.hear_choice({"act": "danger", "answer": answer, "theme": theme, "rule": rule}, now)


def is_card(answers: Sequence[Answer]) -> bool:
    return any(answer.danger is not None and answer.danger["level"] == "card" for answer in answers)


def is_yes_or_no(text: str) -> bool:
    return fold(text) in _YES | _NO


def _answer(found: SafetyAnswer, danger: Danger) -> Answer:
    choices = tuple(
        Choice(title, {"act": "danger", "answer": name, "theme": danger.theme, "rule": danger.rule})
        for name, title in found.choices
    )
    urgent = tuple({"number": line.number, "label": line.label, "sms": line.sms} for line in found.urgent)
    return Answer(found.text, choices, danger={"level": danger.level, "theme": danger.theme}, urgent=urgent)
