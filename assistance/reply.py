"""What an act answers: text and references, laid out later by each channel."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from assistance.context import Context

ANSWERED, ASKED, NOT_UNDERSTOOD = "answered", "asked", "not_understood"


@dataclass(frozen=True)
class Choice:
    """A button: what it shows and what it does. `do` stays on the server."""

    title: str
    do: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One message of the assistant, holding references rather than content."""

    text: str
    choices: tuple[Choice, ...] = ()
    fiches: tuple[str, ...] = ()  # slugs
    lieux: tuple[str, ...] = ()  # ids of places
    origin: str | None = None  # INSEE code the distances are counted from
    danger: dict[str, str] | None = None  # level, theme: filled by the danger check alone
    urgent: tuple[dict[str, Any], ...] = ()  # numbers in the order in which to call
    handoff: dict[str, Any] | None = None  # state, phone, hours_text
    official: tuple[str, ...] = ()  # ids of pages of the State, only when no fiche of ours speaks of it

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError on another shape."""
        text = data["text"]
        if not isinstance(text, str) or not text.strip():
            raise ValueError("an answer needs a text")
        return cls(
            text=text,
            choices=tuple(Choice(str(item["title"]), dict(item["do"])) for item in data.get("choices", ())),
            fiches=tuple(str(slug) for slug in data.get("fiches", ())),
            lieux=tuple(str(place) for place in data.get("lieux", ())),
            origin=data.get("origin"),
            danger=data.get("danger"),
            urgent=tuple(data.get("urgent", ())),
            handoff=data.get("handoff"),
            official=tuple(str(page) for page in data.get("official", ())),
        )


@dataclass(frozen=True)
class Reply:
    """The answers of one turn and what the conversation remembers afterwards."""

    answers: tuple[Answer, ...]
    context: Context = field(default_factory=Context)
    outcome: str = ANSWERED

    def to_json(self) -> dict[str, Any]:
        return {
            "messages": [answer.to_json() for answer in self.answers],
            "context": self.context.to_json(),
            "outcome": self.outcome,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError, TypeError or ValueError on another shape."""
        answers = tuple(Answer.from_json(item) for item in data["messages"])
        return cls(answers, Context.from_json(data["context"]), str(data["outcome"]))
