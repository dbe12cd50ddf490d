"""Runs the tests of the components where Rasa is installed."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


def test_the_components_hold_in_the_environment_of_rasa():
    command = [PYTHON, "-m", "unittest", "discover", "-s", "tests/rasa", "-t", ".", "-p", "test_components.py"]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    outcome = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert outcome.returncode == 0, outcome.stderr[-4000:]
