"""`make doors`: does a resident, wherever and whenever, get at least one thing that works then? (design §11)

Fifty communes × eight needs × five moments, through the same functions as the chat, then what the first door of
every commune is worth, by population.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.lieu import Commune, Lieu
from assistance.opening_hours import PARIS
from bench.proche import ROOT
from bench.table import align
from knowledge_base.doors import find_doors
from knowledge_base.locator import Locator
from knowledge_base.repository import load_fiches
from knowledge_base.territory import Territory, load_territory

# The scheme's own list of remote sectors and white zones is not among our sources: of each of the seven rural EPCI
# furthest from a certain counter, its four furthest villages; four more of under 250 inhabitants elsewhere; towns.
COMMUNES = {
    "Ternois": ("Bouret-sur-Canche", "Ligny-sur-Canche", "Boubers-sur-Canche", "Monchel-sur-Canche"),
    "Campagnes de l'Artois": ("Rebreuviette", "Rebreuve-sur-Canche", "Canettemont", "Ivergny"),
    "7 Vallées": ("Raye-sur-Authie", "Roussent", "Labroye", "Tortefontaine"),
    "Sud Artois": ("Neuville-Bourjonval", "Trescault", "Bullecourt", "Ruyaulcourt"),
    "Haut Pays du Montreuillois": ("Embry", "Beussent", "Rimboval", "Royon"),
    "Pays de Lumbres": ("Rebergues", "Haut-Loquin", "Audrehem", "Bléquin"),
    "Desvres-Samer": ("Nabringhen", "Longueville", "Senlecques", "Le Wast"),
    "tout petits villages": ("Nempont-Saint-Firmin", "Le Souich", "Tigny-Noyelle", "Bainghen"),
    "villes": (
        "Calais", "Arras", "Boulogne-sur-Mer", "Lens", "Liévin", "Hénin-Beaumont", "Béthune", "Bruay-la-Buissière",
        "Carvin", "Avion", "Saint-Omer", "Outreau", "Berck", "Étaples", "Saint-Pol-sur-Ternoise", "Bapaume",
        "Montreuil-sur-Mer", "Marquise",
    ),
}  # fmt: skip
_RECEIVE_ALL = frozenset({*UNCONDITIONAL_KINDS, "mairie"})


@dataclass(frozen=True)
class Need:
    """A need as a resident has it, the fiche that answers it, the kinds of place that can do something for it."""

    said: str
    slug: str
    right_kinds: frozenset[str]


NEEDS = (
    Need("manger ce soir", "aide-alimentaire", _RECEIVE_ALL),
    Need("un toit", "hebergement-urgence", _RECEIVE_ALL),
    Need("papiers d'identité", "carte-identite", frozenset({"mairie_titres"})),
    Need("médecin", "medecin", frozenset({"centre_sante", "cpam", "france_services"})),
    Need("droits", "premier-accueil-social", _RECEIVE_ALL),
    Need("violences", "violences-conjugales", frozenset({
        "police", "gendarmerie", "cidff", "bureau_aide_victimes", "mds", "ccas", "france_services", "mairie",
    })),
    Need("logement", "logement-social", _RECEIVE_ALL),
    Need("aide aux formulaires", "france-services", _RECEIVE_ALL),
)  # fmt: skip
MOMENTS = {
    "vendredi 18 h": datetime(2026, 11, 27, 18, tzinfo=PARIS),
    "samedi 10 h": datetime(2026, 11, 28, 10, tzinfo=PARIS),
    "14 juillet": datetime(2027, 7, 14, 10, tzinfo=PARIS),
    "15 août": datetime(2027, 8, 15, 10, tzinfo=PARIS),
    "25 décembre": datetime(2026, 12, 25, 10, tzinfo=PARIS),
}
TODAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
SHOWN = 3


@dataclass(frozen=True)
class Case:
    """What one commune is answered, for one need at one moment."""

    group: str
    commune: str
    need: str
    moment: str
    works: bool
    at_once: bool  # a door open or a line that answers at the very moment, not later
    wrong: int  # doors of a kind that cannot do the thing


@dataclass(frozen=True)
class Share:
    """Of the communes of one size, the share of inhabitants whose first door is so."""

    size: str
    inhabitants: int
    confirmed: float
    phone: float
    certain_hours: float
    near: float  # 10 minutes by car at most
    not_far: float  # 20 minutes at most


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.doors", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every commune rather than the fifty")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    territory = load_territory(ROOT / "data" / "territoire")
    locator = Locator(territory)
    cases = list(run(territory, locator, every=options.all))
    shares = share_by_size(territory, locator)
    print("\n".join(lay_out(cases, shares)))
    if options.json:
        report = {"cases": [asdict(case) for case in cases], "shares": [asdict(share) for share in shares]}
        options.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    raise SystemExit(0 if all(case.works and not case.wrong for case in cases) else 3)


def run(territory: Territory, locator: Locator, every: bool = False) -> Iterator[Case]:
    """Yield every case, through what answers in the chat."""
    fiches = {file.fiche.slug: file.fiche for file in load_fiches(ROOT / "knowledge_base" / "fiches")}
    lines = {line.number: line for line in territory.numbers}
    for group, commune in list_communes(territory, every):
        for need in NEEDS:
            fiche = fiches[need.slug]
            for moment, at in MOMENTS.items():
                doors = find_doors(locator, lines, commune, fiche.lieux_kinds, fiche.numeros, at, SHOWN)
                wrong = sum(lieu.kind not in need.right_kinds for lieu in doors.all_lieux)
                yield Case(group, commune.nom, need.said, moment, doors.works(), doors.works_at_once(), wrong)


def list_communes(territory: Territory, every: bool) -> list[tuple[str, Commune]]:
    """The fifty with their group, or all 887 with their EPCI. Raises KeyError on a name that is no commune."""
    if every:
        return [(commune.epci_nom, commune) for commune in territory.communes.values()]
    by_name = {commune.nom: commune for commune in territory.communes.values()}
    return [(group, by_name[name]) for group, names in COMMUNES.items() for name in names]


def share_by_size(territory: Territory, locator: Locator) -> list[Share]:
    """What the first unconditional door is worth, by size of commune, weighted by inhabitants."""
    sizes = (("moins de 500", 0, 500), ("500 à 2 000", 500, 2_000), ("2 000 à 10 000", 2_000, 10_000),
             ("plus de 10 000", 10_000, 10**7), ("tous", 0, 10**7))  # fmt: skip
    firsts = [
        (commune.population, locator.for_need(commune, UNCONDITIONAL_KINDS, TODAY, 1)[0])
        for commune in territory.communes.values()
    ]
    return [_share(size, [pair for pair in firsts if low <= pair[0] < high]) for size, low, high in sizes]


def _share(size: str, firsts: Sequence[tuple[int, Lieu]]) -> Share:
    people = sum(population for population, _ in firsts)

    def part(holds: Callable[[Lieu], bool]) -> float:
        return sum(population for population, lieu in firsts if holds(lieu)) / people

    return Share(
        size, people, part(lambda lieu: not lieu.to_confirm), part(lambda lieu: bool(lieu.phone)),
        part(lambda lieu: lieu.open_now is not None), part(lambda lieu: lieu.far is None),
        part(lambda lieu: lieu.far in (None, 10)),
    )  # fmt: skip


def lay_out(cases: Sequence[Case], shares: Sequence[Share]) -> list[str]:
    """The report, in French, as lines."""
    works, wrong = sum(case.works for case in cases), sum(case.wrong for case in cases)
    at_once = _percent(sum(case.at_once for case in cases) / len(cases))
    return [
        f"{len(cases)} cas : {works} avec une porte ou une ligne qui marche alors (à l'instant même : {at_once}),",
        f"{wrong} portes du mauvais type.",
        *(f"  rien : {case.commune}, {case.need}, {case.moment}" for case in cases if not case.works),
        *sorted({f"  mauvais type : {case.commune}, {case.need}" for case in cases if case.wrong}),
        "",
        *_by_group(cases),
        "",
        "Premier accueil inconditionnel, part des habitants dont la première porte est…",
        *_by_size(shares),
    ]


def _by_group(cases: Sequence[Case]) -> list[str]:
    rows: list[list[str]] = [["secteur", *MOMENTS]]
    for group in dict.fromkeys(case.group for case in cases):
        here = [case for case in cases if case.group == group]
        rows.append([group, *(_rate([case for case in here if case.moment == moment]) for moment in MOMENTS)])
    return align(rows).splitlines()


def _by_size(shares: Sequence[Share]) -> list[str]:
    head = ["commune", "habitants", "confirmée", "avec téléphone", "à horaires sûrs", "à 10 min", "à 20 min"]
    rows = [
        [
            one.size, f"{one.inhabitants:,}".replace(",", " "),
            *map(_percent, (one.confirmed, one.phone, one.certain_hours, one.near, one.not_far)),
        ]
        for one in shares
    ]  # fmt: skip
    return align([head, *rows]).splitlines()


def _rate(cases: Sequence[Case]) -> str:
    return _percent(sum(case.works for case in cases) / len(cases))


def _percent(value: float) -> str:
    return f"{value:.1%}".replace(".", ",").replace("%", " %")


if __name__ == "__main__":
    main()
