"""Answers with the knowledge of the moment: for Rasa's actions, and for the gateway when Rasa is away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistance.context import Context
from assistance.reply import NOT_UNDERSTOOD, Answer, Reply
from assistance.safety import check
from gateway.dialogue.dialogue import Dialogue, Turn
from gateway.dialogue.without_rasa import guess_act
from gateway.knowledge import Knowledge
from gateway.logs import log

_CLAUSE_ENDS = re.compile(r"[.,;:!?\n]|\b(?:mais|et|puis|ensuite|car|parce que|en vrai)\b")

# A danger's theme to the fiches that speak of the same thing: its card comes alone.
_ANSWERED_BY_CARD = {
    "suicide": ("sante-mentale",),
    "suicide_proche": ("sante-mentale",),
    "acte_commis": ("sante-mentale", "medecin"),
    "violences_conjugales": ("violences-conjugales", "violences-sexuelles", "porter-plainte"),
    "violences_sexuelles": ("violences-sexuelles", "violences-conjugales", "porter-plainte"),
    "enfant_danger": ("enfance-danger", "violences-conjugales", "porter-plainte"),
    "sans_abri": ("hebergement-urgence", "logement-social", "expulsion", "premier-accueil-social"),
    "urgence_medicale": ("medecin", "centre-sante", "soins-sans-couverture"),
    "feu_gaz": ("logement-indigne", "facture-energie-impayee"),
    "maltraitance": ("maltraitance-age-handicap", "porter-plainte"),
    "mineur_en_ligne": ("enfance-danger", "porter-plainte"),
    "mariage_force_traite": ("violences-conjugales", "porter-plainte"),
    "menace_autrui": ("porter-plainte", "violences-conjugales"),
    "peur_violent": ("enfance-danger", "violences-conjugales", "sante-mentale"),
    "froid_dangereux": ("facture-energie-impayee", "logement-indigne", "fsl"),
}


def topic_of(safety: Sequence[Answer]) -> str | None:
    """The fiche a conversation is about after a card: "je suis à Calais" then gets the doors of that need."""
    for answer in safety:
        if answer.danger and answer.danger["level"] == "card":
            return next(iter(_ANSWERED_BY_CARD.get(answer.danger["theme"], ())), None)
    return None


@dataclass(frozen=True)
class Answerer:
    """Gives each act the fiches of the moment."""

    dialogue: Dialogue
    knowledge: Knowledge

    async def answer(
        self,
        act: str,
        text: str,
        context: Context,
        choice: dict[str, Any] | None,
        now: datetime,
        confidence: float = 1.0,
    ) -> Reply:
        """Answer `text` understood as `act` with that `confidence`, 0 to 1. Raises KeyError on an unknown act."""
        edition = await self.knowledge.current()
        return self.dialogue.answer(act, Turn(text, context, now, edition, choice, confidence))

    async def without_rasa(self, text: str, context: Context, choice: dict[str, Any] | None, now: datetime) -> Reply:
        """Answer without Rasa; a last sentence stands when even that fails: silence is no outcome (I4)."""
        act = "choose" if choice is not None else guess_act(text, context)
        try:
            return await self.answer(act, text, context, choice, now)
        except Exception as error:
            log.error("own answer failed", act=act, exc_info=error)
            person = self.dialogue.person
            text = self.dialogue.wording.say("technical", phone=person.number.number)
            return Reply((Answer(text, handoff=person.handoff()),), context, NOT_UNDERSTOOD)

    async def other_need(self, text: str, theme: str, now: datetime) -> Answer | None:
        """The fiche of another need clearly said beside a danger of `theme`; None for an ordinary cry for help."""
        edition = await self.knowledge.current()
        for clause in _CLAUSE_ENDS.split(text):
            found = self.dialogue.rights.find(edition, clause) if not check(clause) else None
            if found and found.sure and found.slugs[0] not in _ANSWERED_BY_CARD.get(theme, ()):
                slug = found.slugs[0]
                return Answer(self.dialogue.rights.brief(edition, slug, now.date()), fiches=(slug,))
        return None

    def remember_commune(self, text: str, context: Context) -> Context:
        match = self.dialogue.places.match(text)
        return context.but(commune=match.communes[0].code_insee) if match.status == "one" else context
