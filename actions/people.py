"""Acts that call for a person."""

from actions.act import ActAction


class AskPerson(ActAction):
    act = "ask_person"  # wants to talk to somebody
