"""An act: what a resident does by a message. The gateway is told which, and answers."""

from abc import ABC, abstractmethod
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.gateway_client import get_gateway

Events = List[Dict[Text, Any]]


def read_turn(tracker: Tracker) -> Dict[Text, Any]:
    """Return what the gateway wants to know of a turn: its own context comes back as it was sent."""
    metadata = tracker.latest_message.get("metadata") or {}
    return {
        "text": tracker.latest_message.get("text") or "",
        "context": metadata.get("context") or {},
        "choice": metadata.get("choice"),
        "confidence": float((tracker.latest_message.get("intent") or {}).get("confidence") or 0.0),
    }


async def answer_act(act: Text, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Utter the gateway's answer to `act`; raises GatewayError, so that no answer is made up here."""
    answer = await get_gateway().send_act(act, read_turn(tracker))
    dispatcher.utter_message(text=answer["text"], json_message={"proche": answer["proche"]})


class ActAction(Action, ABC):
    """The action of one act: `action_` and the name of the act."""

    @property
    @abstractmethod
    def act(self) -> Text:
        """The name of the act, which is also the name of the intent."""

    def name(self) -> Text:
        return f"action_{self.act}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        await answer_act(self.act, dispatcher, tracker)
        return []
