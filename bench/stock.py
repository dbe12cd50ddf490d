"""The stock Rasa bot we compare with: `rasa init`, our training data, an SQL tracker store, one custom action."""

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.processes import Program, ProgramError, bare_environment, is_listening

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "bench" / "stock_bot"
NLU = ROOT / "data" / "nlu"
BUILT = ROOT / "bench" / "results" / "stock"
MODEL = BUILT / "models" / "stock.tar.gz"
FINGERPRINT = BUILT / "fingerprint"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin"
PORT, ACTIONS_PORT = 18905, 18955
START_S = 180.0


def fingerprint() -> str:
    """A digest of all that the model is made from."""
    digest = hashlib.sha256()
    own = [SOURCES / "config.yml", SOURCES / "domain.yml", *(SOURCES / "data").glob("*.yml")]
    for path in sorted([*own, *NLU.glob("*.yml"), ROOT / "bot" / "requirements.txt"]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def is_trained() -> bool:
    return MODEL.exists() and FINGERPRINT.exists() and FINGERPRINT.read_text() == fingerprint()


def train() -> float:
    """Train the stock bot with what it was given, showing Rasa's progress; return the seconds it took."""
    print("→ entraînement du Rasa ordinaire (DIET et TED : six à dix minutes, une seule fois)", file=sys.stderr)
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(SOURCES, BUILT)  # Rasa writes its defaults into config.yml
    made_from, start = fingerprint(), time.monotonic()
    subprocess.run(
        [RASA_PYTHON / "rasa", "train", "--data", "data", NLU, "--out", "models", "--fixed-model-name", "stock"],
        cwd=BUILT, env=_environment(), check=True, stdout=sys.stderr,
    )  # fmt: skip
    FINGERPRINT.write_text(made_from)
    return time.monotonic() - start


def _environment() -> dict[str, str]:
    return {
        **bare_environment(),
        "RASA_TELEMETRY_ENABLED": "false",
        "SANIC_HOST": "127.0.0.1",
        "STOCK_ACTIONS_PORT": str(ACTIONS_PORT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


class StockBot:
    """The stock bot running on the loopback, its tracker file in `folder`."""

    url = f"http://127.0.0.1:{PORT}/webhooks/rest/webhook"

    def __init__(self, folder: Path) -> None:
        environment = {**_environment(), "STOCK_DATABASE": str(folder / "stock.db")}
        actions = [str(RASA_PYTHON / "python"), "-m", "rasa_sdk", "--actions", "actions", "-p", str(ACTIONS_PORT)]
        serve = [
            str(RASA_PYTHON / "rasa"), "run", "-i", "127.0.0.1", "-p", str(PORT), "--model", str(MODEL),
            "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        ]  # fmt: skip
        self.actions = Program(actions, SOURCES, environment, folder / "stock-actions.log")
        self.rasa = Program(serve, SOURCES, environment, folder / "stock-rasa.log")

    def __enter__(self) -> "StockBot":
        if is_listening(PORT) or is_listening(ACTIONS_PORT):
            raise ProgramError(f"Le port {PORT} ou {ACTIONS_PORT} du Rasa ordinaire est déjà pris.")
        try:
            self.actions.start()
            self.rasa.start()
            self.actions.wait(lambda: is_listening(ACTIONS_PORT), START_S)
            self.start_s = self.rasa.wait(lambda: is_listening(PORT), START_S)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.rasa.stop()
        self.actions.stop()

    def memory_mb(self) -> dict[str, float]:
        both = self.rasa.memory_mb(), self.actions.memory_mb()
        return {name: both[0][name] + both[1][name] for name in both[0]}
