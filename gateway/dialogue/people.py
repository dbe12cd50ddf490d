"""The person rule: a human is a phone with its hours and the nearest reception, never a false promise."""

from dataclasses import dataclass
from datetime import datetime

from assistance.context import Context
from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.opening_hours import in_words
from assistance.reply import Answer, Reply
from assistance.wording import Wording
from gateway.dialogue.places import NO_DOORS, PlaceFinder
from gateway.knowledge import Edition
from knowledge_base.territory import UsefulNumber


@dataclass(frozen=True)
class PersonRule:
    """Who answers where no staffed team exists."""

    wording: Wording
    places: PlaceFinder
    number: UsefulNumber
    second: UsefulNumber  # the switchboard, when the first does not answer

    def answer(self, edition: Edition | None, context: Context, now: datetime, asked: bool) -> Reply:
        """Offer a person: `asked` when the citizen wanted one, else after failures."""
        if context.last == "ask_person" and not asked:
            again = Answer(self.wording.say("person_again", phone=self.number.number), handoff=self.handoff())
            return Reply((again,), context)
        sentences = [] if asked else [self.wording.say("too_hard")]
        sentences.append(
            self.wording.say(
                "person", phone=self.number.number, label=self.number.name, hours=self._hours(),
                second=self.second.number, second_hours=in_words(self.second.hours),
            )
        )  # fmt: skip
        near = context.but(topic=None, kinds=UNCONDITIONAL_KINDS)
        doors = self.places.near(edition, near, now, limit=2) if edition else NO_DOORS
        awaiting = None
        if doors.lieux:
            sentences += [self.wording.say("person_near"), doors.text]
        else:
            sentences.append(self.wording.say("person_where"))
            awaiting = "commune"
            near = near.but(commune=None)
        answer = Answer("\n".join(sentences), lieux=doors.lieux, origin=doors.origin, handoff=self.handoff())
        remembered = near if awaiting else context.but(lieux=doors.lieux)
        return Reply((answer,), remembered.but(awaiting=awaiting, last="ask_person"))

    def handoff(self) -> dict[str, str]:
        """The `handoff` object of a message that proposes a person while no desk is staffed."""
        return {"state": "unavailable", "phone": self.number.number, "hours_text": self._hours()}

    def _hours(self) -> str:
        return in_words(self.number.hours) if self.number.hours else self.wording.say("person_hours_unknown")
