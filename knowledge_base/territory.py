"""The territory: communes, reception points, sectors, transport networks and useful numbers, from CSV files."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from assistance import opening_hours
from assistance.errors import ContentError, Fault
from assistance.fiche import LIEU_KINDS
from assistance.french import fold
from assistance.lieu import Commune, Place

# A place may stand a little outside the Pas-de-Calais (the MSA's counter near Lille), not in another country.
_LATITUDES = (49.8, 51.2)
_LONGITUDES = (1.3, 3.4)

_INSEE = re.compile(r"\d[\dAB]\d{3}")
_POSTCODE = re.compile(r"\d{5}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_PHONE = re.compile(r"0\d{9}|\d{2,4}|116\d{3}")
_WEBSITE = re.compile(r"https?://[\w-]+(\.[\w-]+)*\.[a-z]{2,6}(/\S*)?")
_PLACE_ID = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")

_SOURCED = ("source", "source_date")
_COLUMNS = {
    "communes.csv": (
        "code_insee", "nom", "codes_postaux", "population", "epci_code", "epci_nom", "latitude", "longitude", *_SOURCED,
    ),
    "alias.csv": ("alias", "code_insee", "kind", *_SOURCED),
    "communes_hors.csv": ("code_insee", "nom", "codes_postaux", "departement", "population", *_SOURCED),
    "ailleurs.csv": ("nom", "numero", "kind", *_SOURCED),
    "lieux.csv": (
        "id", "nom", "type", "adresse", "code_postal", "commune", "code_insee", "latitude", "longitude", "telephone",
        "site_web", "horaires", "accessibilite", "itinerant", "a_verifier", "remarque", *_SOURCED,
    ),
    "mds_secteurs.csv": ("code_insee", "mds_id", "territoire", "remarque", *_SOURCED),
    "reseaux_transport.csv": (
        "epci_code", "epci_nom", "reseau", "autorite", "telephone", "site_web", "gratuit", "transport_a_la_demande",
        "remarque", *_SOURCED, "verified",
    ),
    "numeros.csv": (
        "nom", "numero", "sms_possible", "horaires", "cout", "public", "quand_lappeler", *_SOURCED, "verified",
    ),
}  # fmt: skip
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
    sectors: Mapping[str, tuple[str, ...]]  # INSEE code to the ids of its competent MDS (two in Calais)
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


class _Row:
    """One line of a CSV file, which reports its own faults."""

    def __init__(self, cells: dict[str, str], fault: Callable[[str], None]) -> None:
        self.cells, self.fault = cells, fault

    def text(self, column: str) -> str:
        return self.cells[column].strip()

    def needed(self, column: str) -> str:
        value = self.text(column)
        if not value:
            self.fault(f"« {column} » est vide")
        return value

    def matching(self, column: str, pattern: re.Pattern[str], what: str, optional: bool = False) -> str:
        value = self.text(column)
        if not (optional and not value) and not pattern.fullmatch(value):
            self.fault(f"« {column} » : {what} attendu, « {value[:60]} » trouvé")
        return value

    def phone(self, column: str, optional: bool = True) -> str:
        value = self.text(column)
        if not (optional and not value) and not _PHONE.fullmatch(value.replace(" ", "")):
            self.fault(f"« {column} » : « {value[:60]} » n'a pas la forme d'un numéro de téléphone français")
        return value

    def hours(self, column: str) -> str:
        value = self.text(column)
        if value and not opening_hours.is_valid(value):
            self.fault(f"« {column} » : « {value[:60]} » n'est pas écrit comme opening_hours (Mo-Fr 09:00-12:00)")
        return value

    def choice(self, column: str, choices: Mapping[str, bool]) -> bool:
        value = self.text(column)
        if value not in choices:
            self.fault(f"« {column} » : {' ou '.join(choices)} attendu, « {value[:60]} » trouvé")
        return choices.get(value, False)

    def day(self, column: str) -> date | None:
        value = self.text(column)
        match = _DATE.fullmatch(value)
        if value and match is None:
            self.fault(f"« {column} » : date AAAA, AAAA-MM ou AAAA-MM-JJ attendue, « {value[:60]} » trouvé")
        if match is None:
            return None
        try:
            return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        except ValueError:
            self.fault(f"« {column} » : le jour « {value} » n'existe pas")
            return None

    def number(self, column: str) -> int:
        value = self.text(column)
        if not re.fullmatch(r"\d{1,8}", value):
            self.fault(f"« {column} » : nombre entier attendu, « {value[:60]} » trouvé")
            return 0
        return int(value)

    def coordinate(self, column: str, bounds: tuple[float, float]) -> float:
        value = self.text(column)
        if not re.fullmatch(r"-?\d{1,3}\.\d{1,8}", value):
            self.fault(f"« {column} » : degrés décimaux attendus (50.29122), « {value[:60]} » trouvé")
            return bounds[0]
        if not bounds[0] <= float(value) <= bounds[1]:
            self.fault(f"« {column} » : {value} est loin du Pas-de-Calais (entre {bounds[0]} et {bounds[1]})")
        return float(value)

    def postcodes(self, column: str) -> tuple[str, ...]:
        codes = tuple(code for code in self.text(column).split("|") if code)
        if not all(_POSTCODE.fullmatch(code) for code in codes):
            self.fault(f"« {column} » : codes postaux à cinq chiffres séparés par | attendus")
        return codes


class _Loader:
    """Reads the files one after the other and gathers every fault rather than stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def load(self) -> Territory:
        communes = self.communes()
        outside = self.outside()
        known = {*communes, *(commune.code_insee for commune in outside)}
        places = self.places(known)
        networks = self.networks()
        common_words, ambiguous_names = (self.words(name) for name in _WORD_FILES)
        territory = Territory(
            communes=communes,
            aliases=self.aliases(communes),
            outside=outside,
            elsewhere=self.elsewhere(),
            places=places,
            sectors=self.sectors(communes, {place.id for place in places if place.kind == "mds"}),
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

    def rows(self, name: str) -> Iterator[_Row]:
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
                row = _Row(cells, partial(self.fault, name, start))
                row.needed("source")
                yield row
        except csv.Error:
            self.fault(name, line + 1, "la ligne est mal formée : guillemet non fermé ou case trop longue")

    def communes(self) -> dict[str, Commune]:
        found: dict[str, Commune] = {}
        for row in self.rows("communes.csv"):
            commune = Commune(
                code_insee=row.matching("code_insee", _INSEE, "code INSEE"),
                nom=row.needed("nom"),
                codes_postaux=row.postcodes("codes_postaux"),
                population=row.number("population"),
                epci_code=row.needed("epci_code"),
                epci_nom=row.needed("epci_nom"),
                lat=row.coordinate("latitude", _LATITUDES),
                lon=row.coordinate("longitude", _LONGITUDES),
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

    def commune_of(self, row: _Row, known: Mapping[str, Commune] | set[str]) -> str:
        code = row.text("code_insee")
        if code not in known:
            row.fault(f"« code_insee » : la commune « {code[:60]} » n'est pas connue")
        return code

    def outside(self) -> tuple[OutsideCommune, ...]:
        found: dict[str, OutsideCommune] = {}
        for row in self.rows("communes_hors.csv"):
            commune = OutsideCommune(
                code_insee=row.matching("code_insee", _INSEE, "code INSEE"),
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

    def places(self, known: set[str]) -> tuple[Place, ...]:
        found: dict[str, Place] = {}
        for row in self.rows("lieux.csv"):
            place = self.place(row, known)
            if place.id in found:
                row.fault(f"l'id « {place.id} » est écrit deux fois")
            found[place.id] = place
        return tuple(found.values())

    def place(self, row: _Row, known: set[str]) -> Place:
        kind = row.text("type")
        if kind not in LIEU_KINDS:
            row.fault(f"« type » : type de lieu inconnu « {kind[:60]} »")
        located = bool(row.text("latitude") or row.text("longitude"))
        yes_no = {"oui": True, "non": False}
        return Place(
            id=row.matching("id", _PLACE_ID, "identifiant en minuscules, chiffres et tirets"),
            name=row.needed("nom"),
            kind=kind,
            address=row.text("adresse"),
            code_postal=row.matching("code_postal", _POSTCODE, "code postal à cinq chiffres"),
            commune=row.needed("commune"),
            code_insee=self.commune_of(row, known),
            lat=row.coordinate("latitude", _LATITUDES) if located else None,
            lon=row.coordinate("longitude", _LONGITUDES) if located else None,
            phone=row.phone("telephone"),
            website=row.matching("site_web", _WEBSITE, "adresse web http:// ou https://", optional=True),
            hours=row.hours("horaires"),
            accessibility=row.text("accessibilite"),
            source=row.text("source"),
            source_date=row.day("source_date"),
            to_confirm=row.choice("a_verifier", yes_no),
            remark=row.text("remarque"),
            itinerant=row.choice("itinerant", yes_no),
        )

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

    def networks(self) -> tuple[TransportNetwork, ...]:
        found: dict[tuple[str, str], TransportNetwork] = {}
        for row in self.rows("reseaux_transport.csv"):
            network = TransportNetwork(
                epci_code=row.text("epci_code"),
                epci_nom=row.needed("epci_nom"),
                name=row.needed("reseau"),
                operator=row.text("autorite"),
                phone=row.phone("telephone"),
                website=row.matching("site_web", _WEBSITE, "adresse web http:// ou https://", optional=True),
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
