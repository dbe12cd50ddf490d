"""Acts about rights: what a person may obtain, and the details of it."""

from actions.act import ActAction


class AskRight(ActAction):
    act = "ask_right"  # names a need or a right, or tells a story


class AskPapers(ActAction):
    act = "ask_papers"  # which papers


class AskHow(ActAction):
    act = "ask_how"  # how to proceed


class AskCost(ActAction):
    act = "ask_cost"  # what it costs


class AskDelay(ActAction):
    act = "ask_delay"  # how long it takes


class AskRefused(ActAction):
    act = "ask_refused"  # what to do after a refusal


class AskOffline(ActAction):
    act = "ask_offline"  # how to do without internet


class AskWho(ActAction):
    act = "ask_who"  # who is in charge, who may claim it


class AskPhone(ActAction):
    act = "ask_phone"  # which number to call


class StartOrientation(ActAction):
    act = "start_orientation"  # does not know what they may claim
