"""Our places on a map: GeoJSON (RFC 7946), longitude before latitude, five decimals, about a metre."""

import json
from collections.abc import Iterable
from typing import Any

from knowledge_base.exporters.entries import Entry
from knowledge_base.place_record import CELLS, LISTS

_GEOMETRY = {"latitude", "longitude"}


def write_geojson(entries: Iterable[Entry]) -> str:
    """Return a FeatureCollection; a place without a point has a null geometry."""
    features = [_feature(entry) for entry in entries]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1) + "\n"


def _feature(entry: Entry) -> dict[str, Any]:
    names = [name for name in (*CELLS, *LISTS) if name not in _GEOMETRY]
    return {
        "type": "Feature",
        "id": entry.place.id,
        "geometry": _point(entry.place.lat, entry.place.lon),
        "properties": {name: entry.record[name] for name in names if entry.record.get(name)},
    }


def _point(lat: float | None, lon: float | None) -> dict[str, Any] | None:
    if lat is None or lon is None:
        return None
    return {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]}
