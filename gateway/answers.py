"""Answers with the knowledge of the moment: for Rasa's actions, and for the gateway when Rasa is away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistance.context import Context
from assistance.reply import NOT_UNDERSTOOD, Answer, Reply
from gateway.dialogue.dialogue import Dialogue, Turn
from gateway.dialogue.without_rasa import guess_act
from gateway.knowledge import Knowledge
from gateway.logs import log


@dataclass(frozen=True)
class Answerer:
    """Gives each act the fiches of the moment."""

    dialogue: Dialogue
    knowledge: Knowledge

    async def answer(
        self, act: str, text: str, context: Context, choice: dict[str, Any] | None, now: datetime
    ) -> Reply:
        """Answer `text` understood as `act`. Raises KeyError on an unknown act."""
        edition = await self.knowledge.current()
        return self.dialogue.answer(act, Turn(text, context, now, edition, choice))

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

    def remember_commune(self, text: str, context: Context) -> Context:
        match = self.dialogue.places.match(text)
        return context.but(commune=match.communes[0].code_insee) if match.status == "one" else context
