"""Which place is in charge of a commune, by kind; the nearest one is another question."""

from collections import defaultdict

from assistance.lieu import Commune, Place
from knowledge_base.territory import Territory

OWN_COMMUNE_KINDS = frozenset({"ccas", "mairie"})  # each commune has its own, which serves nobody else


class Competences:
    """Answers for every commune, from the territory's tables."""

    def __init__(self, territory: Territory) -> None:
        self._sectors = territory.sectors
        self._epci_of = {code: commune.epci_code for code, commune in territory.communes.items()}
        self._ids: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for one in territory.competences:
            self._ids[one.kind, one.scope, one.code].add(one.place_id)
        self._kinds = {one.kind for one in territory.competences if one.place_id} | {"mds", "cias"}

    def in_charge(self, place: Place, commune: Commune) -> bool:
        """Whether this very place serves the commune; False where nothing is known."""
        if place.kind in OWN_COMMUNE_KINDS:
            return place.code_insee == commune.code_insee
        if place.kind == "mds":
            return place.id in self._sectors.get(commune.code_insee, ())
        if place.kind == "cias":
            return self._epci_of.get(place.code_insee) == commune.epci_code
        ids = self._listed(place.kind, commune)
        return place.id in ids or "" in ids

    def divides(self, kind: str) -> bool:
        """Whether places of this kind share the territory out: the nearest may then not be the one in charge."""
        return kind in self._kinds

    def _listed(self, kind: str, commune: Commune) -> set[str]:
        scopes = {
            "commune": commune.code_insee,
            "epci": commune.epci_code,
            "arrondissement": commune.arrondissement,
            "departement": "62",
        }
        return set().union(*(self._ids.get((kind, scope, code), set()) for scope, code in scopes.items()))
