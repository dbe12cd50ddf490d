"""Ordinary requests in which the danger rules hear nothing: printed as JSON for bench/train_safety.py.

Apart, since the rules run in the gateway's environment and the training in Rasa's.
"""

import json
from pathlib import Path

import yaml

from assistance.safety import load_rules

ROOT = Path(__file__).resolve().parent.parent
DANGER_FICHES = (
    "violence", "enfance-danger", "hebergement-urgence", "sante-mentale", "maltraitance", "porter-plainte",
)  # fmt: skip


def list_requests() -> list[str]:
    """The bot's examples and the questions of fiches, but for the fiches that speak of danger."""
    texts: list[str] = []
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu", []):
            if "intent" in block:
                texts += [line[2:] for line in block.get("examples", "").split("\n") if line[2:]]
    for path in sorted((ROOT / "knowledge_base" / "fiches").glob("*.md")):
        if not path.stem.startswith(DANGER_FICHES):
            texts += yaml.safe_load(path.read_text("utf-8").split("---\n")[1])["questions"]
    return [text for text in dict.fromkeys(texts) if load_rules().check(text) is None]


if __name__ == "__main__":
    print(json.dumps(list_requests(), ensure_ascii=False))
