"""Acts that steer the conversation."""

from actions.act import ActAction


class ShowMenu(ActAction):
    act = "show_menu"  # help, menu, start again


class Choose(ActAction):
    act = "choose"  # pressed a button


class Affirm(ActAction):
    act = "affirm"  # yes


class Deny(ActAction):
    act = "deny"  # no


class More(ActAction):
    act = "more"  # anything else


class Repeat(ActAction):
    act = "repeat"  # say it again


class Simplify(ActAction):
    act = "simplify"  # say it more simply


class OutOfScope(ActAction):
    act = "out_of_scope"  # weather, recipe, football


class NotUnderstood(ActAction):
    act = "not_understood"  # Rasa is not sure
