"""The objects of a JSON file, one at a time: a list, or an object that holds lists."""

from collections.abc import Iterator
from typing import Any

import ijson

from knowledge_base.importers.items import Item
from knowledge_base.importers.source_file import SourceFile, refuse

MAX_DEPTH = 20
MAX_EVENTS = 20_000  # of one object: the longest of the national directory has a few hundred
_STARTS, _ENDS = {"start_map", "start_array"}, {"end_map", "end_array"}


def read_objects(source: SourceFile) -> Iterator[Item]:
    """Yield every object of the lists as an Item numbered from 1 in its list.

    Raises ContentError where the file is no JSON, or nothing we can hold.
    """
    events = _Events(source)
    event, _ = next(events)
    if event == "start_array":
        yield from _objects(events, "")
    else:
        yield from _lists(events)
    for _ in events:
        pass  # trailing garbage is told


def _lists(events: "_Events") -> Iterator[Item]:
    key = ""
    for event, value in events:
        if event == "map_key":
            key = str(value)
        elif event == "start_array":
            yield from _objects(events, key)
        elif event == "start_map":
            _build(events, event)
        elif event == "end_map":
            return


def _objects(events: "_Events", group: str) -> Iterator[Item]:
    for number, (event, _) in enumerate(events, 1):
        if event == "end_array":
            return
        if event != "start_map":
            raise events.refuse(f"élément {number} : un objet est attendu")
        yield Item(number, group, _build(events, event))


def _build(events: "_Events", first: str) -> Any:
    builder, depth = ijson.ObjectBuilder(), 1
    builder.event(first, None)
    for seen, (event, value) in enumerate(events):
        builder.event(event, value)
        depth += (event in _STARTS) - (event in _ENDS)
        if seen > MAX_EVENTS:
            raise events.refuse(f"un objet a plus de {MAX_EVENTS} valeurs")
        if not depth:
            break
    return builder.value


class _Events:
    """The events of the parser, their depth counted before anything is built."""

    def __init__(self, source: SourceFile) -> None:
        self.source, self.depth = source, 0
        self._events = iter(ijson.basic_parse(source, use_float=True))

    def __iter__(self) -> "_Events":
        return self

    def __next__(self) -> tuple[str, Any]:
        try:
            event, value = next(self._events)
        except (ijson.JSONError, ValueError):
            raise self.refuse("ce n'est pas du JSON : le fichier est coupé ou mal formé") from None
        self.source.rest()
        self.depth += (event in _STARTS) - (event in _ENDS)
        if self.depth > MAX_DEPTH:
            raise self.refuse(f"des objets s'emboîtent sur plus de {MAX_DEPTH} niveaux")
        return event, value

    def refuse(self, reason: str) -> Exception:
        return refuse(self.source.path, self.source.line, reason)
