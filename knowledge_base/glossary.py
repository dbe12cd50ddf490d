"""The glossary: each acronym or hard word, and what it means in plain French."""

from pathlib import Path

import yaml

from assistance.errors import ContentError, Fault
from assistance.french import fold


def load_glossary(path: Path) -> dict[str, str]:
    """Read `data/glossaire.yml`: word to explanation, in alphabetical order. Raises ContentError on anything else."""
    name = f"data/{path.name}"
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ContentError([Fault(name, mark.line + 1 if mark else 1, "glossaire illisible")]) from error
    if not isinstance(entries, dict):
        raise ContentError([Fault(name, 1, "le glossaire est une liste « mot: explication »")])
    wrong = [word for word, text in entries.items() if not isinstance(word, str) or not isinstance(text, str)]
    if wrong:
        raise ContentError([Fault(name, 1, f"« {word} » : mettre des guillemets au mot et au texte") for word in wrong])
    return dict(sorted(entries.items(), key=lambda entry: fold(entry[0])))
