"""Acts about places: where to go, and in which commune."""

from typing import Optional, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.act import ActAction, Events, answer_act, read_turn
from actions.gateway_client import get_gateway

COMMUNE_SLOT = "commune"
REQUESTED_SLOT = "requested_slot"
# Said while a commune is asked for, these may hold its name; anything else has left the question aside.
ACTS_THAT_MAY_NAME_A_COMMUNE = ("find_place", "give_commune", "nlu_fallback")
# Rasa answers these itself, from bot/domain/small_talk.yml.
SMALL_TALK = (
    "greet", "thank", "goodbye", "ask_bot", "ask_privacy", "insult", "small_talk", "compliment"
)  # fmt: skip


class GiveCommune(ActAction):
    act = "give_commune"  # only gives a place name, or corrects it


class ValidatePlaceForm(Action):
    """Fills the commune of `place_form`, or leaves the form when the resident speaks of something else."""

    def name(self) -> Text:
        return "validate_place_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        if tracker.get_intent_of_latest_message() not in ACTS_THAT_MAY_NAME_A_COMMUNE:
            return [SlotSet(COMMUNE_SLOT, None), SlotSet(REQUESTED_SLOT, None)]
        # A slot set, even to nothing, tells Rasa that the message was read: it asks again instead of giving up.
        return [SlotSet(COMMUNE_SLOT, await find_commune(tracker))]


class AskCommune(Action):
    """Asks for the commune in the gateway's words."""

    def name(self) -> Text:
        return "action_ask_commune"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        await answer_act(name_act(tracker), dispatcher, tracker)
        return []


class FindPlace(Action):
    """Answers once `place_form` is over: places when the commune is known, else whatever was said instead."""

    def name(self) -> Text:
        return "action_find_place"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        act = name_act(tracker)
        if act in SMALL_TALK:
            dispatcher.utter_message(response=f"utter_{act}")
        else:
            await answer_act(act, dispatcher, tracker)
        return [SlotSet(COMMUNE_SLOT, None)]  # the gateway remembers the commune, the form only asks for it


async def find_commune(tracker: Tracker) -> Optional[Text]:
    """Return the INSEE code the conversation knows, else the one said in the message, else None."""
    turn = read_turn(tracker)
    known = turn["context"].get("commune")
    return known or await get_gateway().fetch_commune({"text": turn["text"], "context": turn["context"]})


def name_act(tracker: Tracker) -> Text:
    """Return the act of the latest message; a name Rasa was unsure of is a commune when the form found one."""
    intent = tracker.get_intent_of_latest_message() or "not_understood"
    if intent == "nlu_fallback":
        return "give_commune" if tracker.get_slot(COMMUNE_SLOT) else "not_understood"
    return intent
