"""How well the commune is heard, class of spelling by class of spelling, over all the communes of the département.

`python -m bench.communes_by_class` prints, for each class, the shares of: the right commune alone, the right one among
several, a wrong one, none. Then the tuned sentences, the places found in texts that say none, and the time taken.
"""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from assistance.french import fold
from bench.proche import ROOT
from bench.talks import summarise
from knowledge_base.communes import CommuneFinder, CommuneMatch
from knowledge_base.territory import Territory, load_territory

Spell = Callable[[str, random.Random], str]
VERDICTS = ("right", "among", "wrong", "none")
CARRIERS = (
    "{}",
    "j'habite {}",
    "je suis à {}",
    "la mairie de {}",
    "bonjour je vis a {} avec mes deux enfants et jai plus de travail",
    "caf {}",
    "ou aller pour le rsa vers {} svp",
)
TUNED = ("communes.tune", "communes.tune2", "communes.tune3", "communes.tune4", "communes.tune5")
WITHOUT_PLACE = ("acts", "danger", "ordinary", "subjects")
SOUNDS = {
    "k for c": (r"c(?=[aorlu])|qu", "k"),
    "é for ai": (r"ai", "é"),
    "er for é": (r"é\b", "er"),
    "o for eau": (r"eaux?|au", "o"),
    "an for en": (r"en(?=[^aeiouyn]|\b)", "an"),
    "en for an": (r"an(?=[^aeiouyn]|\b)", "en"),
    "in for ain": (r"ain|ein", "in"),
    "sh for ch": (r"ch", "sh"),
    "i for y": (r"y", "i"),
    "y for i": (r"i", "y"),
    "z for s between vowels": (r"(?<=[aeiouéè])s(?=[aeiouéè])", "z"),
    "s for c": (r"c(?=[eiéè])", "s"),
    "j for g": (r"g(?=[eiéè])", "j"),
    "gh lost": (r"gh", "g"),
    "h lost": (r"(?<![cp])h", ""),
    "last letters silent": (r"(?<=\w\w\w)(?:es?|s|t|d|x|p)\b", ""),
    "ck for cq": (r"cq", "ck"),
    "q for cq": (r"cq", "q"),
    "v for w": (r"w", "v"),
    "ou for w": (r"w(?=[aei])", "ou"),
    "oi for oy": (r"oy", "oi"),
    "e for eu": (r"œu|oeu|eu", "e"),
    "é for er": (r"er\b|ez\b|et\b", "é"),
}
SMALL = "sur|les|le|la|en|au|aux|de|d|du|sous"
KEYS = ("azertyuiop", "qsdfghjklm", "wxcvbn")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--show", type=int, default=0, help="how many mistakes of each class to print")
    options.add_argument("--only", default="", help="classes whose name holds this")
    options.add_argument("--every", type=int, default=1, help="one commune in so many")
    options.add_argument("--least", type=int, default=0, help="inhabitants of the smallest commune")
    wanted = options.parse_args()
    territory = load_territory(ROOT / "data" / "territoire")
    finder = CommuneFinder(territory)
    for name, cases in list_classes(territory, wanted.every).items():
        if wanted.only in name:
            report(
                name,
                [case for case in cases if is_large(case, territory, wanted.least)],
                finder,
                wanted.show,
                territory,
            )
    if not wanted.only:
        for part in TUNED:
            report_tuned(part, finder, max(wanted.show, 100 * bool(wanted.show)))
        report_false_finds(finder, max(wanted.show, 300 * bool(wanted.show)))
        report_time(CommuneFinder(territory))


def is_large(case: tuple[str, str], territory: Territory, least: int) -> bool:
    """Whether the commune meant has at least so many inhabitants."""
    return territory.communes[case[1]].population >= least


def list_classes(territory: Territory, every: int) -> dict[str, list[tuple[str, str]]]:
    """Return pairs of a text and the INSEE code meant, by class."""
    chance = random.Random(62)
    names = [(commune.nom, commune.code_insee) for commune in territory.communes.values()][::every]
    aliases = [(alias.name, alias.code_insee) for alias in territory.aliases][::every]
    classes: dict[str, list[tuple[str, str]]] = {"as written": _carried(names), "alias": _carried(aliases)}
    for label, spell in _spellings().items():
        respelt = [(spell(name, chance), code) for name, code in names]
        pairs = zip(respelt, names, strict=True)
        classes[label] = _carried([new for new, (old, _) in pairs if _is_changed(new[0], old, label)])
    codes = [(code, commune.code_insee) for commune in territory.communes.values() for code in commune.codes_postaux]
    classes["postcode"] = codes[::every]
    classes["postcode and name"] = [
        (f"{commune.codes_postaux[0]} {commune.nom}", commune.code_insee) for commune in territory.communes.values()
    ][::every]
    return classes


def _is_changed(new: str, old: str, label: str) -> bool:
    return new != old if "accents" in label else new not in (old.lower(), fold(old))


def _carried(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(CARRIERS[number % len(CARRIERS)].format(name), code) for number, (name, code) in enumerate(pairs)]


def _spellings() -> dict[str, Spell]:
    plain: dict[str, Spell] = {
        "accents lost": lambda name, _: fold(name),
        "capitals, accents lost": lambda name, _: fold(name).upper(),
        "words glued": lambda name, _: fold(name).replace(" ", ""),
        "article lost": lambda name, _: re.sub(r"^(le|la|les|l) ", "", fold(name)),
        "st, ste": lambda name, _: re.sub(r"\bsaint(e?)\b", r"st\1", fold(name)),
        "s/": lambda name, _: re.sub(r" sur ", " s/ ", fold(name)),
        "small words dropped": lambda name, _: re.sub(rf"(?<=\w) ({SMALL}) (?=\w)", " ", fold(name)),
        "letter dropped": _drop,
        "letters swapped": _swap,
        "letter doubled": _double,
        "neighbouring key": _strike,
        "two letters struck": lambda name, chance: _strike(_drop(name, chance), chance) if len(name) >= 8 else name,
        "a space put in": _split,
        "words cut": lambda name, _: re.sub(r"\b(\w{4})\w+", r"\1", fold(name)) if " " in fold(name) else name,
        "words cut shorter": lambda name, _: re.sub(r"\b(\w{3})\w+", r"\1", fold(name)) if " " in fold(name) else name,
        "last word cut to its initial": lambda name, _: re.sub(r"(?<= \w)\w+$", "", fold(name)),
        "first word cut to its initial": lambda name, _: re.sub(r"^(\w)\w+(?= \w)", r"\1", fold(name)),
        "vowels of the first word lost": lambda name, _: _without_vowels(fold(name)),
        "end left out": lambda name, _: fold(name)[: max(4, len(name) * 2 // 3)],
        "doubled letters lost": lambda name, _: re.sub(r"([a-z])\1", r"\1", fold(name)),
    }
    by_ear = {f"by ear: {label}": _sounding(*rule) for label, rule in SOUNDS.items()}
    return plain | by_ear | {"by ear: two changes": _by_ear_twice}


def _sounding(pattern: str, sound: str) -> Spell:
    return lambda name, _: re.sub(pattern, sound, name.lower())


def _by_ear_twice(name: str, chance: random.Random) -> str:
    said = name.lower()
    usable = [rule for rule in SOUNDS.values() if re.search(rule[0], said)]
    for pattern, sound in chance.sample(usable, k=min(2, len(usable))):
        said = re.sub(pattern, sound, said)
    return said


def _drop(name: str, chance: random.Random) -> str:
    said, place = _inside(name, chance)
    return said[:place] + said[place + 1 :]


def _swap(name: str, chance: random.Random) -> str:
    said, place = _inside(name, chance)
    return said[: place - 1] + said[place] + said[place - 1] + said[place + 1 :] if place > 1 else said


def _split(name: str, chance: random.Random) -> str:
    said, place = _inside(name, chance)
    return f"{said[:place]} {said[place:]}" if 2 < place < len(said) - 1 else said


def _without_vowels(said: str) -> str:
    first, *rest = said.split()
    return " ".join([first[0] + re.sub(r"[aeiouy]", "", first[1:]), *rest]) if rest else said


def _double(name: str, chance: random.Random) -> str:
    said, place = _inside(name, chance)
    return said[:place] + said[place] + said[place:]


def _strike(name: str, chance: random.Random) -> str:
    said, place = _inside(name, chance)
    row = next(row for row in KEYS if said[place] in row)
    beside = row[max(0, row.index(said[place]) - 1) : row.index(said[place]) + 2].replace(said[place], "")
    return said[:place] + chance.choice(beside) + said[place + 1 :]


def _inside(name: str, chance: random.Random) -> tuple[str, int]:
    """The folded name and the place of a letter that is not the first of all."""
    said = fold(name)
    return said, chance.choice([place for place, letter in enumerate(said) if letter != " " and place])


def report(name: str, cases: Sequence[tuple[str, str]], finder: CommuneFinder, show: int, territory: Territory) -> None:
    judged = [(_judge(finder.find(text), code), text, finder.find(text)) for text, code in cases]
    counts = Counter(verdict for verdict, _, _ in judged)
    shares = "  ".join(f"{verdict} {counts[verdict] / max(1, len(cases)):6.1%}" for verdict in VERDICTS)
    people = [territory.communes[code].population for _, code in cases]
    served = sum(count for count, (verdict, _, _) in zip(people, judged, strict=True) if verdict == "right")
    print(f"{name:38} {len(cases):5}  {shares}  right by inhabitants {served / max(1, sum(people)):6.1%}", flush=True)
    for verdict, text, match in [case for case in judged if case[0] != "right"][:show]:
        print(f"    {verdict} {text!r} -> {_said(match)}")


def _judge(match: CommuneMatch, code: str) -> str:
    codes = [commune.code_insee for commune in match.communes]
    if codes == [code]:
        return "right"
    return "among" if code in codes else "none" if match.status == "none" else "wrong"


def _said(match: CommuneMatch) -> str:
    return f"{match.status} {[commune.nom for commune in match.communes]}{match.outside}"


def report_tuned(part: str, finder: CommuneFinder, show: int) -> None:
    rows = _rows(part)
    mistakes = []
    for row in rows:
        match = finder.find(row["text"])
        codes = [commune.code_insee for commune in match.communes]
        if match.status != row["status"] or codes[:1] != row["code_insee"][:1] or set(codes) != set(row["code_insee"]):
            mistakes.append(f"    {row['text']!r}: {row['status']} {row['code_insee'][:4]} <- {_said(match)[:90]}")
    print(f"{part:38} {len(rows):5}  right {1 - len(mistakes) / len(rows):6.1%}")
    print("\n".join(mistakes[:show]), end="\n" * bool(show))


def report_false_finds(finder: CommuneFinder, show: int) -> None:
    """Every place found in texts about other things: nearly all are mistakes, some texts do name a town."""
    texts = dict.fromkeys(_texts_without_place())
    found = [(text, match) for text in texts if (match := finder.find(text)).status != "none"]
    print(f"{'places in texts about other things':38} {len(texts):5}  found {len(found)}")
    for text, match in found[:show]:
        print(f"    {text[:110]!r} -> {_said(match)[:80]}")


def _texts_without_place() -> Iterator[str]:
    for path in sorted((ROOT / "data" / "evaluation").glob("*.tune*.yml")):
        if path.name.split(".")[0] in WITHOUT_PLACE:
            yield from (row["text"] for row in _rows(path.stem))
    for path in sorted((ROOT / "knowledge_base" / "fiches").glob("*.md")):
        head = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        yield from head.get("questions", ())


def report_time(finder: CommuneFinder) -> None:
    """The sentences tuned on, each given once to a finder that has heard none; then those about other things."""
    for name, texts in (
        ("communes", [row["text"] for part in TUNED for row in _rows(part)]),
        ("other things", list(_texts_without_place())),
    ):
        times = []
        for text in texts:
            start = time.process_time()  # of the processor alone: other work on the machine does not count
            finder.find(text)
            times.append((time.process_time() - start) * 1_000)
        print(f"ms, {name:34} {len(texts):5}  mean {sum(times) / len(times):.3f}", summarise(times))


def _rows(part: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = yaml.safe_load((ROOT / "data" / "evaluation" / f"{part}.yml").read_text("utf-8"))
    return rows


if __name__ == "__main__":
    main()
