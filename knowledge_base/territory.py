"""The territory: communes, reception points, sectors, transport networks and useful numbers, from CSV files."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from assistance.errors import ContentError, Fault
from assistance.fiche import LIEU_KINDS
from assistance.french import fold
from assistance.lieu import Commune, Place
from knowledge_base.place_record import ITEM_FIELDS, PlaceChecks, Record, parse_item, parse_place
from knowledge_base.rows import INSEE, LATITUDES, LONGITUDES, WEBSITE, Row

_SOURCED = ("source", "source_date")
_COLUMNS = {
    "communes.csv": (
        "code_insee", "nom", "codes_postaux", "population", "epci_code", "epci_nom", "arrondissement_code",
        "latitude", "longitude", *_SOURCED,
    ),
    "alias.csv": ("alias", "code_insee", "kind", *_SOURCED),
    "communes_hors.csv": ("code_insee", "nom", "codes_postaux", "departement", "population", *_SOURCED),
    "ailleurs.csv": ("nom", "numero", "kind", *_SOURCED),
    "lieux.csv": (
        "id", "nom", "type", "adresse", "code_postal", "commune", "code_insee", "latitude", "longitude", "telephone",
        "site_web", "horaires", "accessibilite", "itinerant", "a_verifier", "remarque", *_SOURCED,
    ),
    "permanences.csv": ("lieu_id", "operateur", "horaires", "quand", *_SOURCED),
    "passages.csv": (
        "lieu_id", "commune", "code_insee", "adresse", "latitude", "longitude", "horaires", "quand", *_SOURCED,
    ),
    "fermetures.csv": ("lieu_id", "du", "au", "motif", *_SOURCED),
    "competences.csv": ("type", "echelle", "code", "lieu_id", "remarque", *_SOURCED),
    "mds_secteurs.csv": ("code_insee", "mds_id", "territoire", "remarque", *_SOURCED),
    "reseaux_transport.csv": (
        "epci_code", "epci_nom", "reseau", "autorite", "telephone", "site_web", "gratuit", "transport_a_la_demande",
        "remarque", *_SOURCED, "verified",
    ),
    "numeros.csv": (
        "nom", "numero", "sms_possible", "horaires", "cout", "public", "quand_lappeler", *_SOURCED, "verified",
    ),
}  # fmt: skip
_BESIDE_A_PLACE = {"permanences.csv": "permanences", "passages.csv": "passages", "fermetures.csv": "fermetures"}
_WORD_FILES = ("mots_courants.txt", "noms_ambigus.txt")


@dataclass(frozen=True)
class Alias:
    """Another name of a commune: a former commune, a quarter, a short form."""

    name: str
    code_insee: str
    kind: str


@dataclass(frozen=True)
class OutsideCommune:
    """A commune of another département, known to be able to say so."""

    code_insee: str
    nom: str
    codes_postaux: tuple[str, ...]
    departement: str
    population: int


@dataclass(frozen=True)
class Competence:
    """Which place of a kind is in charge of a part of the territory.

    `code` is an INSEE code, a SIREN or "62", by `scope`; without `place_id` every place of the kind is.
    """

    kind: str
    scope: str  # commune, epci, arrondissement, departement
    code: str
    place_id: str


@dataclass(frozen=True)
class Elsewhere:
    """A place outside the département that is no commune of the lists: a département, a region, a country, a city."""

    nom: str
    numero: str  # of the département, "" abroad and for a region
    kind: str  # département, région, pays, ville


@dataclass(frozen=True)
class TransportNetwork:
    """How to travel without a car in an EPCI; `epci_code` is "" for the networks of the whole département."""

    epci_code: str
    epci_nom: str
    name: str
    operator: str
    phone: str
    website: str
    free: str  # oui, non, partiel, inconnu
    on_demand: str
    remark: str
    source: str
    source_date: date | None
    verified: bool


@dataclass(frozen=True)
class UsefulNumber:
    """A national or departmental number, as printed."""

    name: str
    number: str
    sms: str  # "" or what else is possible: oui, tchat…
    hours: str  # OSM opening_hours, "" when unknown
    cost: str
    public: str
    when: str  # what to call it for
    source: str
    source_date: date | None
    verified: bool  # False: from memory or out of date, not to be given as is


@dataclass(frozen=True)
class Territory:
    """All that is known of the ground; never changes once loaded.

    Dates known only by their month or year are the first day of it.
    """

    communes: Mapping[str, Commune]  # by INSEE code
    aliases: tuple[Alias, ...]
    outside: tuple[OutsideCommune, ...]
    elsewhere: tuple[Elsewhere, ...]
    places: tuple[Place, ...]
    records: Mapping[str, Record]  # the places as written, by id: what the database is filled with
    sectors: Mapping[str, tuple[str, ...]]  # INSEE code to the ids of its competent MDS (two in Calais)
    competences: tuple[Competence, ...]
    networks: Mapping[str, TransportNetwork]  # by EPCI code
    regional_networks: tuple[TransportNetwork, ...]
    numbers: tuple[UsefulNumber, ...]
    common_words: frozenset[str]  # folded words of everyday requests, never a misspelt commune
    ambiguous_names: frozenset[str]  # folded names that are also words: a commune only where a place is said


def load_territory(folder: Path) -> Territory:
    """Read the CSV files of `folder` (data/territoire), all or nothing.

    Raises ContentError naming file, line and reason of every fault.
    """
    return _Loader(folder).load()


class _Loader:
    """Reads the files one after the other and gathers every fault rather than stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def load(self) -> Territory:
        communes = self.communes()
        outside = self.outside()
        known = {*communes, *(commune.code_insee for commune in outside)}
        written = self.places(communes, known)
        places = tuple(place for _, place in written.values())
        networks = self.networks()
        common_words, ambiguous_names = (self.words(name) for name in _WORD_FILES)
        territory = Territory(
            communes=communes,
            aliases=self.aliases(communes),
            outside=outside,
            elsewhere=self.elsewhere(),
            places=places,
            records={place_id: record for place_id, (record, _) in written.items()},
            sectors=self.sectors(communes, {place.id for place in places if place.kind == "mds"}),
            competences=self.competences(communes, {place.id: place.kind for place in places}),
            networks={network.epci_code: network for network in networks if network.epci_code},
            regional_networks=tuple(network for network in networks if not network.epci_code),
            numbers=self.numbers(),
            common_words=common_words,
            ambiguous_names=ambiguous_names,
        )
        if self.faults:
            raise ContentError(self.faults)
        return territory

    def fault(self, name: str, line: int, reason: str) -> None:
        self.faults.append(Fault(str(self.folder / name), line, reason))

    def read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.fault(name, 1, "le fichier manque")
        except UnicodeDecodeError as error:
            line = (self.folder / name).read_bytes()[: error.start].count(b"\n") + 1
            self.fault(name, line, "le fichier n'est pas en UTF-8")
        return ""

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the well-formed lines of a file; a file without its columns yields none."""
        document = self.read(name)
        if not document:
            if not self.faults or self.faults[-1].path != str(self.folder / name):
                self.fault(name, 1, "le fichier est vide")
            return
        reader = csv.DictReader(io.StringIO(document, newline=""), strict=True)
        line = 1
        try:
            missing = [column for column in _COLUMNS[name] if column not in (reader.fieldnames or ())]
            if missing:
                self.fault(name, 1, f"colonnes absentes : {', '.join(missing)} (le séparateur est la virgule)")
                return
            for cells in reader:
                # A quoted cell may hold line breaks: the fault is told where the row starts.
                start, line = line + 1, reader.line_num
                if None in cells or None in cells.values():
                    self.fault(name, start, f"la ligne n'a pas {len(reader.fieldnames or ())} cases")
                    continue
                row = Row(cells, partial(self.fault, name, start))
                row.needed("source")
                yield row
        except csv.Error:
            self.fault(name, line + 1, "la ligne est mal formée : guillemet non fermé ou case trop longue")

    def communes(self) -> dict[str, Commune]:
        found: dict[str, Commune] = {}
        for row in self.rows("communes.csv"):
            commune = Commune(
                code_insee=row.matching("code_insee", INSEE, "code INSEE"),
                nom=row.needed("nom"),
                codes_postaux=row.postcodes("codes_postaux"),
                population=row.number("population"),
                epci_code=row.needed("epci_code"),
                epci_nom=row.needed("epci_nom"),
                arrondissement=row.needed("arrondissement_code"),
                lat=row.coordinate("latitude", LATITUDES),
                lon=row.coordinate("longitude", LONGITUDES),
            )
            row.day("source_date")
            if commune.code_insee in found:
                row.fault(f"la commune {commune.code_insee} est écrite deux fois")
            found[commune.code_insee] = commune
        return found

    def aliases(self, communes: Mapping[str, Commune]) -> tuple[Alias, ...]:
        found: dict[str, Alias] = {}
        for row in self.rows("alias.csv"):
            alias = Alias(row.needed("alias"), self.commune_of(row, communes), row.needed("kind"))
            row.day("source_date")
            if alias.name in found:
                row.fault(f"l'alias « {alias.name} » est écrit deux fois")
            found[alias.name] = alias
        return tuple(found.values())

    def commune_of(self, row: Row, known: Mapping[str, Commune] | set[str]) -> str:
        code = row.text("code_insee")
        if code not in known:
            row.fault(f"« code_insee » : la commune « {code[:60]} » n'est pas connue")
        return code

    def outside(self) -> tuple[OutsideCommune, ...]:
        found: dict[str, OutsideCommune] = {}
        for row in self.rows("communes_hors.csv"):
            commune = OutsideCommune(
                code_insee=row.matching("code_insee", INSEE, "code INSEE"),
                nom=row.needed("nom"),
                codes_postaux=row.postcodes("codes_postaux"),
                departement=row.needed("departement"),
                population=row.number("population"),
            )
            row.day("source_date")
            if commune.code_insee in found:
                row.fault(f"la commune {commune.code_insee} est écrite deux fois")
            found[commune.code_insee] = commune
        return tuple(found.values())

    def elsewhere(self) -> tuple[Elsewhere, ...]:
        found: dict[str, Elsewhere] = {}
        for row in self.rows("ailleurs.csv"):
            place = Elsewhere(row.needed("nom"), row.text("numero"), row.needed("kind"))
            row.day("source_date")
            if place.nom in found:
                row.fault(f"« {place.nom} » est écrit deux fois")
            found[place.nom] = place
        return tuple(found.values())

    def places(self, communes: Mapping[str, Commune], known: set[str]) -> dict[str, tuple[Record, Place]]:
        """Each place by id: as written, with the rows of the tables beside it, and as parsed."""
        records: dict[str, Record] = {}
        lines: dict[str, Row] = {}
        for row in self.rows("lieux.csv"):
            if row.text("id") in records:
                row.fault(f"l'id « {row.text('id')} » est écrit deux fois")
            records[row.text("id")], lines[row.text("id")] = dict(row.cells), row
        for name, field in _BESIDE_A_PLACE.items():
            for row in self.rows(name):
                self.add_to_place(records, row, field)
        checks = PlaceChecks(known, communes)
        return {key: (record, parse_place(record, checks, lines[key].fault)) for key, record in records.items()}

    def add_to_place(self, places: dict[str, Record], row: Row, field: str) -> None:
        place = places.get(row.text("lieu_id"))
        if place is None:
            row.fault(f"« lieu_id » : « {row.text('lieu_id')[:60]} » n'est pas un lieu de lieux.csv")
            return
        item = {name: value for name, value in row.cells.items() if name in ITEM_FIELDS[field]}
        before = len(self.faults)
        parse_item(field, item, row.fault)
        if len(self.faults) == before:  # a faulty row is told once, with its own line
            place[field] = [*place.get(field, []), item]

    def sectors(self, communes: Mapping[str, Commune], mds_ids: set[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for row in self.rows("mds_secteurs.csv"):
            code, mds_id = self.commune_of(row, communes), row.text("mds_id")
            row.day("source_date")
            if mds_id not in mds_ids:
                row.fault(f"« mds_id » : « {mds_id[:60]} » n'est pas une MDS de lieux.csv")
            if mds_id in found.get(code, ()):
                row.fault(f"la commune {code} est rattachée deux fois à {mds_id}")
            found[code] = (*found.get(code, ()), mds_id)
        return found

    def competences(self, communes: Mapping[str, Commune], kinds: Mapping[str, str]) -> tuple[Competence, ...]:
        codes = {
            "commune": set(communes),
            "epci": {commune.epci_code for commune in communes.values()},
            "arrondissement": {commune.arrondissement for commune in communes.values()},
            "departement": {"62"},
        }
        found: list[Competence] = []
        for row in self.rows("competences.csv"):
            one = Competence(row.text("type"), row.text("echelle"), row.text("code"), row.text("lieu_id"))
            row.day("source_date")
            if one.kind not in LIEU_KINDS:
                row.fault(f"« type » : type de lieu inconnu « {one.kind[:60]} »")
            if one.code not in codes.get(one.scope, ()):
                row.fault(f"« code » : « {one.code[:60]} » inconnu à l'échelle « {one.scope[:60]} »")
            if one.place_id and kinds.get(one.place_id) != one.kind:
                row.fault(f"« lieu_id » : « {one.place_id[:60]} » n'est pas un lieu de ce type")
            if one in found:
                row.fault("cette compétence est écrite deux fois")
            found.append(one)
        return tuple(found)

    def networks(self) -> tuple[TransportNetwork, ...]:
        found: dict[tuple[str, str], TransportNetwork] = {}
        for row in self.rows("reseaux_transport.csv"):
            network = TransportNetwork(
                epci_code=row.text("epci_code"),
                epci_nom=row.needed("epci_nom"),
                name=row.needed("reseau"),
                operator=row.text("autorite"),
                phone=row.phone("telephone"),
                website=row.matching("site_web", WEBSITE, "adresse web http:// ou https://", optional=True),
                free=row.matching("gratuit", re.compile("oui|non|partiel|inconnu"), "oui, non, partiel ou inconnu"),
                on_demand=row.text("transport_a_la_demande"),
                remark=row.text("remarque"),
                source=row.text("source"),
                source_date=row.day("source_date"),
                verified=row.choice("verified", {"yes": True, "no": False}),
            )
            key = (network.epci_code, network.epci_nom if not network.epci_code else "")
            if key in found:
                row.fault(f"le réseau de « {network.epci_nom} » est écrit deux fois")
            found[key] = network
        return tuple(found.values())

    def numbers(self) -> tuple[UsefulNumber, ...]:
        found: dict[str, UsefulNumber] = {}
        for row in self.rows("numeros.csv"):
            number = UsefulNumber(
                name=row.needed("nom"),
                number=row.phone("numero", optional=False),
                sms=row.text("sms_possible"),
                hours=row.hours("horaires"),
                cost=row.text("cout"),
                public=row.text("public"),
                when=row.needed("quand_lappeler"),
                source=row.text("source"),
                source_date=row.day("source_date"),
                verified=row.choice("verified", {"yes": True, "no": False}),
            )
            if number.name in found:
                row.fault(f"« {number.name} » est écrit deux fois")
            found[number.name] = number
        return tuple(found.values())

    def words(self, name: str) -> frozenset[str]:
        lines = (line.partition("#")[0] for line in self.read(name).splitlines())
        return frozenset(folded for line in lines for word in line.split(",") if (folded := fold(word)))
