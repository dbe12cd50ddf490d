"""The first message: a machine, who runs it, what not to write, how long it is kept (design §7)."""

from assistance.reply import Answer
from gateway.services import Services


def welcome(services: Services) -> Answer:
    say, settings = services.wording.say, services.settings
    operator = (
        say("welcome_operator", name=settings.operator_name) if settings.operator_name else say("welcome_no_operator")
    )
    return Answer(say("welcome", operator=operator, hours=settings.web_retention_hours))
