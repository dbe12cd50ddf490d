"""Our kinds of places in data·inclusion's vocabulary (`reseaux_porteurs`, v1), and back."""

from collections.abc import Collection

from assistance.french import fold

# The first that applies names the kind: a France services kept by a CCAS is a France services.
_KINDS = {
    "france-service": "france_services",
    "maisons-des-solidarites": "mds",
    "mdph": "mdph",
    "maison-departementale-de-lautonomie": "mdph",
    "caf": "caf",
    "cpam": "cpam",
    "mutualite-sociale-agricole": "msa",
    "mission-locale": "mission_locale",
    "france-travail": "pole_emploi_france_travail",
    "points-justice": "point_acces_droit",
    "cidff": "cidff",
    "reseau-information-jeunesse": "pij",
    "ccas-cias": "ccas",
    "conseillers-numeriques": "mediation_numerique",
    "communes": "mairie",
}
_NETWORKS = {
    "mairie": {"communes"},
    "mairie_titres": {"communes"},
    "ccas": {"ccas-cias"},
    "cias": {"ccas-cias"},
    "mds": {"maisons-des-solidarites", "departements"},
    "pmi": {"departements"},
    "conseil_departemental": {"departements"},
    "france_services": {"france-service"},
    "caf": {"caf"},
    "cpam": {"cpam"},
    "pole_emploi_france_travail": {"france-travail"},
    "mission_locale": {"mission-locale"},
    "mdph": {"mdph"},
    "pij": {"reseau-information-jeunesse"},
    "point_acces_droit": {"points-justice"},
    "mediation_numerique": {"conseillers-numeriques"},
    "cidff": {"cidff"},
    "msa": {"mutualite-sociale-agricole"},
}
V0_NETWORKS = {
    "CCAS": "ccas-cias",
    "CIAS": "ccas-cias",
    "MDS": "maisons-des-solidarites",
    "RFS": "france-service",
    "MSAP": "msap",
    "CAF": "caf",
    "CPAM": "cpam",
    "MSA": "mutualite-sociale-agricole",
    "MDPH": "mdph",
    "MDA": "maison-departementale-de-lautonomie",
    "ML": "mission-locale",
    "PE": "france-travail",
    "PIJ_BIJ": "reseau-information-jeunesse",
    "MUNI": "communes",
    "conseiller-numerique": "conseillers-numeriques",
    "conseillers-numeriques": "conseillers-numeriques",
    "france-service": "france-service",
    "france-services": "france-service",
}


def kind_of(networks: Collection[str], name: str) -> str | None:
    """The kind of a structure, None when it is none of ours; `name` tells apart what the vocabulary joins."""
    words = fold(name).split()
    for network, kind in _KINDS.items():
        if network not in networks:
            continue
        if kind == "ccas" and ("cias" in words or "intercommunal" in words):
            return "cias"
        if kind != "mairie" or words[:1] == ["mairie"] or words[:3] == ["hotel", "de", "ville"]:
            return kind
    return None


def networks_of(kind: str) -> list[str]:
    """The networks that bear a kind of place, sorted; empty when the vocabulary has none."""
    return sorted(_NETWORKS.get(kind, ()))
