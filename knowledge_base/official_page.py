"""A page of service-public.fr: what is kept to find it and send people to it. It is the State's, never part of ours."""

from dataclasses import dataclass
from datetime import date

ADDRESS = "https://www.service-public.fr/particuliers/vosdroits/"


@dataclass(frozen=True)
class OfficialPage:
    """One page, as the State describes it."""

    id: str  # F19778
    title: str
    theme: str  # the path to it, "Logement > Location"; may be empty
    summary: str  # the State's own words, cut when long; may be empty
    url: str
    updated_on: date  # by the State
    audience: str  # Particuliers
