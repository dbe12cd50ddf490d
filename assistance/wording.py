"""The sentences citizens read, from texts/fr.yml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).parent / "texts" / "fr.yml"


@dataclass(frozen=True)
class Wording:
    """Sentences by name; `say` fills their fields."""

    texts: dict[str, Any]

    @classmethod
    def load(cls, path: Path = TEXTS) -> "Wording":
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def say(self, name: str, /, **fields: object) -> str:
        """Raises KeyError when the sentence or one of its fields is missing."""
        return str(self.texts[name]).format(**fields)

    def error(self, code: str, /, **fields: object) -> str:
        return str(self.texts["errors"][code]).format(**fields)
