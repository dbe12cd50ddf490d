"""Runs in Rasa's environment: the intent that the trained model gives each of the texts of a JSON file."""

import asyncio
import json
import sys
from pathlib import Path

from rasa.core.agent import Agent
from rasa.utils.log_utils import configure_structlog


async def parse(model: str, texts: list[str]) -> list[str]:
    configure_structlog()
    agent = Agent.load(model)
    return [(await agent.parse_message(text))["intent"]["name"] for text in texts]


if __name__ == "__main__":
    model, asked, answered = sys.argv[1:]
    found = asyncio.run(parse(model, json.loads(Path(asked).read_text(encoding="utf-8"))))
    Path(answered).write_text(json.dumps(found), encoding="utf-8")
