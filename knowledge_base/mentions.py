"""Which of the places said in a sentence is meant: the home rather than the work, the person helped rather than the
one who asks, the village rather than the town beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistance.lieu import Commune
from knowledge_base import place_grammar
from knowledge_base.place_grammar import Role
from knowledge_base.place_names import PlaceName


@dataclass(frozen=True)
class Mention:
    """A name read in a text, from word `start` to before word `end`."""

    start: int
    end: int
    name: PlaceName
    exact: bool
    sure: bool = True  # False: misspelt, where nothing tells a place


@dataclass(frozen=True)
class _Tied:
    """A mention with what ties the one who speaks to it."""

    mention: Mention
    role: Role
    someone_elses: bool


@dataclass(frozen=True)
class Choice:
    """The mentions meant, those said beside, in order; both may hold places outside."""

    meant: tuple[Mention, ...] = ()
    beside: tuple[Mention, ...] = ()


def choose(words: list[str], mentions: Sequence[Mention]) -> Choice:
    """Tell apart the places meant and the others."""
    said = sorted(mentions, key=lambda mention: mention.start)
    kept = _without_landmarks(words, _without_left(words, _without_corrected(words, _without_denied(words, said))))
    if not kept:
        return Choice()
    tied = list(_tie(words, kept))
    meant = tuple(one.mention for one in _strongest(_of_the_one_helped(words, tied), tied))
    beside = tuple(one.mention for one in sorted(tied, key=lambda one: one.role) if one.mention not in meant)
    return Choice(meant, beside)


def communes_of(mentions: Sequence[Mention]) -> tuple[Commune, ...]:
    """Return the communes of `mentions`, the likeliest first: the exact name, then the larger."""
    ranked: dict[Commune, tuple[bool, int]] = {}
    for mention in mentions:
        for place, commune in enumerate(mention.name.communes):
            rank = (not (mention.exact and place == 0), -commune.population)
            ranked[commune] = min(rank, ranked.get(commune, rank))
    return tuple(sorted(ranked, key=lambda commune: ranked[commune]))


def narrow(names: Sequence[Mention], codes: Sequence[Mention]) -> list[Mention]:
    """A postcode beside a name says which is meant, "Noyelles 62950"; far from any name it says what it can."""
    kept = [_narrowed(mention, codes) for mention in names]
    said = {commune for mention in kept for commune in mention.name.communes}
    return kept + [code for code in codes if said.isdisjoint(code.name.communes) and not _is_beside(code, kept)]


def _narrowed(mention: Mention, codes: Sequence[Mention]) -> Mention:
    for code in codes:
        common = tuple(commune for commune in mention.name.communes if commune in code.name.communes)
        if common:
            return replace(mention, name=replace(mention.name, communes=common))
    return mention


def _is_beside(code: Mention, names: Sequence[Mention]) -> bool:
    """Whether a name of ours stands against the postcode: "62300 Liévin", wrong as it is, is Liévin."""
    return any(name.name.communes and (code.end == name.start or name.end == code.start) for name in names)


def _without_denied(words: list[str], mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Drop "pas à Lens" when another place is said."""
    return [mention for mention in mentions if not place_grammar.is_denied(words, mention.start)] or mentions


def _without_corrected(words: list[str], mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Drop Calais from "Calais ? non, Marck"."""
    starts = [mention.start for mention in mentions]
    return [
        mention
        for mention in mentions
        if not any(place_grammar.is_corrected(words, mention.end, start) for start in starts)
    ]


def _without_left(words: list[str], mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Drop Arras from "j'ai quitté Arras pour Bapaume"."""
    return [mention for mention in mentions if not place_grammar.is_left(words, mention.start)] or mentions


def _without_landmarks(words: list[str], mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Drop Lens from "Souchez, près de Lens" and from "à côté de Lens, à Loos"."""
    return [mention for mention in mentions if not _is_landmark(words, mention, mentions)] or mentions


def _is_landmark(words: list[str], mention: Mention, mentions: Sequence[Mention]) -> bool:
    begin = place_grammar.landmark_start(words, mention.start)
    if begin == mention.start:
        return False
    before = any(other.end <= begin and place_grammar.is_said_of_it(words[other.end : begin]) for other in mentions)
    return before or words[begin - 1 : begin] in (["village"], ["hameau"]) or _is_named_after(words, mention, mentions)


def _is_named_after(words: list[str], landmark: Mention, mentions: Sequence[Mention]) -> bool:
    """Whether the place itself follows at once: "à côté de Lens, à Loos"."""
    return any(
        0 <= other.start - landmark.end <= 1 and set(words[landmark.end : other.start]) <= {"a", "au", "c", "sur"}
        for other in mentions
    )


def _tie(words: list[str], mentions: Sequence[Mention]) -> Iterator[_Tied]:
    """Read what ties to each place; "et moi à Lens" is tied as the place before."""
    since, last_role, last_owner = 0, Role.PLAIN, False
    for mention in mentions:
        role = place_grammar.role(words, since, mention.start)
        if role is None:
            role = last_role if since and place_grammar.only_joins(words[since : mention.start]) else Role.PLAIN
        owner = place_grammar.is_someone_elses(words, since, mention.start)
        last_owner = last_owner if owner is None and since else bool(owner)
        since, last_role = mention.end, role
        yield _Tied(mention, role, last_owner)


def _of_the_one_helped(words: list[str], tied: list[_Tied]) -> list[_Tied]:
    """The places of the person helped, when she is not the one who speaks; else of the one who speaks."""
    theirs = [one for one in tied if one.someone_elses and one.role != Role.ELSEWHERE]
    mine = [one for one in tied if not one.someone_elses]
    first = tied[0] in theirs and place_grammar.is_cared_for(words, tied[0].mention.start)
    asked = first or place_grammar.is_asked_for_someone(words)
    helped = [one for one in theirs if one.mention.name.communes]
    return helped if asked and helped else mine or theirs or tied


def _strongest(tied: list[_Tied], everyone: list[_Tied]) -> list[_Tied]:
    """The places with the strongest tie; one outside only when no other of ours is more than a place of work."""
    tie = min(one.role for one in tied)
    best = [one for one in tied if one.role == tie]
    ours = [one for one in best if one.mention.name.communes]
    if ours:
        return [one for one in ours if one.mention.sure] or ours
    asked = [one for one in everyone if one.mention.name.communes and one.role != Role.ELSEWHERE]
    return [one for one in asked if one.role == min(other.role for other in asked)] if asked else best
