"""The fiche: one right or procedure, a Markdown file with a YAML head (docs/fiches.md)."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from assistance.errors import ContentError, Fault
from assistance.french import fold

THEMES = {
    "solidarite": "Aides et solidarité",
    "sante": "Santé",
    "logement": "Logement",
    "emploi": "Emploi et formation",
    "education": "École et études",
    "services-publics": "Papiers, justice et services publics",
    "numerique": "Internet et téléphone",
    "mobilite": "Se déplacer",
    "culture-sport-loisirs": "Culture, sport et loisirs",
    "services-marchands": "Banque, achats et services",
}

SECTIONS = (
    "En bref",
    "Pour qui",
    "Ce que vous pouvez obtenir",
    "Comment faire",
    "Papiers à préparer",
    "Où aller",
    "À savoir",
)

STATUTS = ("amorce", "relu", "valide")
VOIES = ("en_ligne", "par_telephone", "sur_place", "par_courrier")

# The kinds of reception point a fiche may send people to: `type` of data/territoire/lieux.csv.
LIEU_KINDS = {
    "mairie": "mairie",
    "mairie_titres": "mairie qui fait les cartes d'identité et les passeports",
    "ccas": "centre communal d'action sociale (CCAS)",
    "cias": "centre intercommunal d'action sociale (CIAS)",
    "mds": "Maison du Département Solidarité (MDS)",
    "pmi": "protection maternelle et infantile (PMI)",
    "france_services": "France services",
    "caf": "caisse d'allocations familiales (CAF)",
    "cpam": "assurance maladie (CPAM)",
    "pole_emploi_france_travail": "France Travail",
    "mission_locale": "mission locale",
    "mdph": "Maison départementale des personnes handicapées (MDPH)",
    "pij": "point information jeunesse",
    "point_acces_droit": "point-justice",
    "tribunal": "tribunal",
    "sous_prefecture": "sous-préfecture",
    "prefecture": "préfecture",
    "gendarmerie": "gendarmerie",
    "police": "commissariat ou bureau de police",
    "clic": "centre d'information sur le grand âge (CLIC)",
    "centre_sante": "centre de santé",
    "mediation_numerique": "conseiller numérique",
    "maison_ados": "maison des adolescents",
    "plateforme_repit_aidants": "plateforme de répit pour les aidants",
    "point_info_famille": "point info famille",
    "bureau_aide_victimes": "bureau d'aide aux victimes",
    "cidff": "centre d'information sur les droits des femmes et des familles (CIDFF)",
    "banque_de_france": "Banque de France",
    "conseil_departemental": "Département",
    "msa": "mutualité sociale agricole (MSA)",
    "carsat": "caisse de retraite (Carsat)",
}

# Whoever comes is received there, whatever the request (premier accueil social inconditionnel).
UNCONDITIONAL_KINDS = ("mds", "ccas", "cias", "france_services")


@dataclass(frozen=True)
class Numero:
    """A telephone number of a fiche, as printed."""

    number: str
    label: str
    hours: str = ""
    cost: str = ""


@dataclass(frozen=True)
class Dated:
    """An amount or a legal delay: true from a day on, according to a source."""

    value: str
    since: date
    source: str


@dataclass(frozen=True)
class Fiche:
    """One right or procedure, as shown to a citizen."""

    slug: str  # stable key, kebab-case, same as the file name
    title: str
    theme: str  # a key of THEMES
    publics: tuple[str, ...]
    operateur: str
    territoire: tuple[str, ...]  # INSEE codes of communes, SIREN of EPCI, or "62"
    summary: str  # plain French, one or two sentences, at most 200 characters
    source_url: str
    written_on: date
    statut: str
    valide_par: str | None
    valide_le: date | None
    checked_on: date | None  # when a person last compared it with its source; never set by a program
    review_after: date
    related: tuple[str, ...]
    lieux_kinds: tuple[str, ...]  # where to go, in order of preference
    voies: dict[str, str]  # how to proceed: a key of VOIES to a link, a number, a kind of place
    cout: str
    delai: str
    recours: str
    reserve_aux_professionnels: str  # never shown to residents
    questions: tuple[str, ...]  # ways residents say it
    mots: tuple[str, ...]  # synonyms, old names, acronyms
    sms: str  # at most 300 characters
    numeros: tuple[Numero, ...]
    montants: tuple[Dated, ...]
    delais: tuple[Dated, ...]
    sections: dict[str, str]  # a title of SECTIONS to its Markdown

    def is_stale(self, today: date) -> bool:
        """Whether the day to read it again has passed."""
        return today > self.review_after


_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_REQUIRED_TEXT = (
    "slug", "title", "theme", "operateur", "summary", "source_url", "statut", "cout", "delai", "recours", "sms",
)  # fmt: skip
_OPTIONAL_TEXT = ("valide_par", "reserve_aux_professionnels")
_LISTS = ("publics", "territoire", "related", "lieux_kinds", "questions", "mots")
_REQUIRED_DATES = ("written_on", "review_after")
_OPTIONAL_DATES = ("valide_le", "checked_on")
_TABLES = ("voies", "numeros", "montants", "delais")
_KNOWN = {*_REQUIRED_TEXT, *_OPTIONAL_TEXT, *_LISTS, *_REQUIRED_DATES, *_OPTIONAL_DATES, *_TABLES}


def parse_fiche(document: str, path: str) -> Fiche:
    """Parse one Markdown document with its YAML head.

    `path` is only used in messages. Raises ContentError naming line and reason of every fault.
    """
    reader = _Reader(document, path)
    fiche = reader.read()
    if reader.faults or fiche is None:
        raise ContentError(reader.faults)
    return fiche


class _Reader:
    """Reads one document and gathers every fault rather than stopping at the first."""

    def __init__(self, document: str, path: str) -> None:
        self.document, self.path = document, path
        self.faults: list[Fault] = []
        self.lines = document.split("\n")

    def fault(self, reason: str, line: int = 1) -> None:
        self.faults.append(Fault(self.path, line, reason))

    def line_of(self, key: str) -> int:
        prefix = f"{key}:"
        return next((n for n, line in enumerate(self.lines, 1) if line.startswith(prefix)), 1)

    def read(self) -> Fiche | None:
        match = _HEAD.match(self.document)
        if match is None:
            self.fault("l'en-tête YAML entre deux lignes « --- » manque")
            return None
        try:
            head = yaml.load(match[1], Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError) as error:  # ValueError: an impossible date such as 2026-02-31
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            self.fault(f"en-tête YAML illisible : {problem}", mark.line + 2 if mark else 1)
            return None
        if not isinstance(head, dict):
            self.fault("l'en-tête YAML doit être une liste de champs")
            return None
        for key in head:
            if key not in _KNOWN:
                self.fault(f"champ inconnu « {key} »", self.line_of(str(key)))
        sections = self.read_sections(match.end())
        fields: dict[str, Any] = {"sections": sections}
        for key in _REQUIRED_TEXT:
            fields[key] = self.text(head, key, required=True)
        fields["reserve_aux_professionnels"] = self.text(head, "reserve_aux_professionnels", required=False)
        fields["valide_par"] = self.text(head, "valide_par", required=False) or None
        for key in _LISTS:
            fields[key] = self.strings(head, key)
        for key in _REQUIRED_DATES + _OPTIONAL_DATES:
            fields[key] = self.day(head, key, required=key in _REQUIRED_DATES)
        fields["voies"] = self.voies(head)
        fields["numeros"] = self.numeros(head)
        fields["montants"] = self.dated(head, "montants")
        fields["delais"] = self.dated(head, "delais")
        if self.faults:
            return None
        fiche = Fiche(**fields)
        self.check(fiche)
        return fiche

    def text(self, head: dict[str, Any], key: str, required: bool) -> str:
        value = head.get(key)
        if value is None or value == "":
            if required:
                self.fault(f"le champ « {key} » manque", self.line_of(key))
            return ""
        if not isinstance(value, str):
            self.fault(f"« {key} » doit être un texte (mettre des guillemets ?)", self.line_of(key))
            return ""
        return " ".join(value.split()) if key != "reserve_aux_professionnels" else value.strip()

    def strings(self, head: dict[str, Any], key: str) -> tuple[str, ...]:
        value = head.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.fault(f"« {key} » doit être une liste de textes", self.line_of(key))
            return ()
        return tuple(item.strip() for item in value)

    def day(self, head: dict[str, Any], key: str, required: bool) -> date | None:
        value = head.get(key)
        if value is None and not required:
            return None
        if type(value) is not date:
            self.fault(f"« {key} » doit être une date AAAA-MM-JJ", self.line_of(key))
            return None
        return value

    def voies(self, head: dict[str, Any]) -> dict[str, str]:
        value = head.get("voies")
        if not isinstance(value, dict) or set(value) != set(VOIES):
            self.fault(f"« voies » doit avoir les quatre champs {', '.join(VOIES)}", self.line_of("voies"))
            return {}
        if not all(item is None or isinstance(item, str) for item in value.values()):
            self.fault("chaque voie est un texte ou rien", self.line_of("voies"))
            return {}
        return {key: (value[key] or "").strip() for key in VOIES}

    def numeros(self, head: dict[str, Any]) -> tuple[Numero, ...]:
        rows = self.rows(head, "numeros", {"number", "label"}, {"hours", "cost"})
        return tuple(Numero(**{key: str(item or "") for key, item in row.items()}) for row in rows)

    def dated(self, head: dict[str, Any], key: str) -> tuple[Dated, ...]:
        found = []
        for row in self.rows(head, key, {"value", "from", "source"}, set()):
            if type(row["from"]) is not date:
                self.fault(f"« {key} » : « from » doit être une date AAAA-MM-JJ", self.line_of(key))
                continue
            found.append(Dated(str(row["value"]), row["from"], str(row["source"])))
        return tuple(found)

    def rows(self, head: dict[str, Any], key: str, required: set[str], optional: set[str]) -> list[dict[str, Any]]:
        value = head.get(key) or []
        good = isinstance(value, list) and all(
            isinstance(row, dict) and required <= set(row) <= required | optional for row in value
        )
        if not good:
            self.fault(f"« {key} » : chaque ligne a les champs {', '.join(sorted(required))}", self.line_of(key))
            return []
        return list(value)

    def read_sections(self, start: int) -> dict[str, str]:
        body = self.document[start:]
        first_line = self.document.count("\n", 0, start) + 1
        sections: dict[str, list[str]] = {}
        title = ""
        for number, line in enumerate(body.split("\n"), first_line):
            if line.startswith("## "):
                title = line[3:].strip()
                if title not in SECTIONS:
                    self.fault(f"section inconnue « {title} »", number)
                if title in sections:
                    self.fault(f"section « {title} » écrite deux fois", number)
                sections[title] = []
            elif title:
                sections[title].append(line)
            elif line.strip():
                self.fault("texte avant la première section", number)
        texts = {name: "\n".join(lines).strip() for name, lines in sections.items()}
        for name in SECTIONS:
            if not texts.get(name):
                self.fault(f"la section « {name} » manque ou est vide", len(self.lines))
        if not self.faults and list(texts) != list(SECTIONS):
            self.fault(f"les sections vont dans cet ordre : {' · '.join(SECTIONS)}", first_line)
        return texts

    def check(self, fiche: Fiche) -> None:
        if fiche.theme not in THEMES:
            self.fault(f"thème inconnu « {fiche.theme} »", self.line_of("theme"))
        if fiche.statut not in STATUTS:
            self.fault(f"statut inconnu « {fiche.statut} »", self.line_of("statut"))
        if fiche.statut == "valide" and not (fiche.valide_par and fiche.valide_le and fiche.checked_on):
            self.fault("« valide » demande valide_par, valide_le et checked_on", self.line_of("statut"))
        if len(fiche.summary) > 200:
            self.fault(f"« summary » a {len(fiche.summary)} caractères, 200 au plus", self.line_of("summary"))
        if len(fiche.sms) > 300:
            self.fault(f"« sms » a {len(fiche.sms)} caractères, 300 au plus", self.line_of("sms"))
        if not fiche.source_url.startswith("https://"):
            self.fault("« source_url » doit commencer par https://", self.line_of("source_url"))
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fiche.slug):
            self.fault("« slug » s'écrit en minuscules, chiffres et tirets", self.line_of("slug"))
        for kind in fiche.lieux_kinds:
            if kind not in LIEU_KINDS:
                self.fault(f"type de lieu inconnu « {kind} »", self.line_of("lieux_kinds"))
        if not 8 <= len(fiche.questions) <= 15:
            self.fault(f"« questions » a {len(fiche.questions)} phrases, il en faut 8 à 15", self.line_of("questions"))
        folded = [fold(question) for question in fiche.questions]
        if len(set(folded)) != len(folded):
            self.fault("deux « questions » sont la même phrase", self.line_of("questions"))
        if not any(fiche.voies[key] for key in ("par_telephone", "sur_place", "par_courrier")):
            self.fault("« voies » : il faut une voie sans internet", self.line_of("voies"))
