"""What a conversation remembers between two messages."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class Context:
    """Kept by the gateway, sent with each turn, replaced by what the turn answers."""

    topic: str | None = None  # slug of the fiche spoken of
    commune: str | None = None  # INSEE code
    kinds: tuple[str, ...] = ()  # kinds of place asked for by name
    awaiting: str | None = None  # what the last answer asked for: commune, subject, danger
    aspect: str | None = None  # the detail wanted once the subject is known
    lieux: tuple[str, ...] = ()  # ids of the places shown last
    others: tuple[str, ...] = ()  # slugs found but not shown yet, best first
    last: str | None = None  # the last act answered, for "répétez"
    failures: int = 0  # turns in a row without an answer

    def but(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read what `to_json` wrote; a field of the wrong shape is forgotten rather than believed."""
        if not isinstance(data, dict):
            return cls()
        fields: dict[str, Any] = {}
        for name in ("topic", "commune", "awaiting", "aspect", "last"):
            if isinstance(data.get(name), str):
                fields[name] = data[name]
        for name in ("kinds", "lieux", "others"):
            value = data.get(name)
            if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
                fields[name] = tuple(value)
        if isinstance(data.get("failures"), int):
            fields["failures"] = data["failures"]
        return cls(**fields)
