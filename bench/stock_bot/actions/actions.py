"""The one custom action of the stock bot: it says a text as long as a fiche's summary."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

ANSWER = (
    "Voici une réponse aussi longue que le résumé d'une fiche, avec ce qu'il faut préparer et où aller. "
    "Elle est toujours la même : ce qui est mesuré, c'est le chemin d'un message, de la question à la réponse."
)


class ActionAnswer(Action):
    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=ANSWER)
        return []
