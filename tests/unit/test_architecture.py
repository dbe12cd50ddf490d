"""The shape of the code: one way of imports, a policy for each route, no column for what is never stored."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from aiohttp import web

import gateway.inbox.tables  # noqa: F401 - registers the tables
from assistance.wording import Wording
from gateway import metrics
from gateway.channels.web import api, events, pages
from gateway.channels.web.policy import UndeclaredRouteError, check_every_route, policy_of
from gateway.dialogue.rights import ASPECTS
from knowledge_base.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "assistance": {"assistance"},
    "knowledge_base": {"assistance", "knowledge_base"},
    "gateway": {"assistance", "knowledge_base", "gateway"},
    "actions": {"actions", "bot"},
    "bot": {"bot"},
}


def imported_packages(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert imported_packages(path) & set(ALLOWED) <= ALLOWED[package], path


def test_every_route_has_a_policy() -> None:
    for route in (*api.routes, *events.routes, *pages.routes):
        assert policy_of(route.handler)


def test_a_route_without_policy_stops_the_start() -> None:
    async def undeclared(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/surprise", undeclared)
    with pytest.raises(UndeclaredRouteError):
        check_every_route(app)


NEVER_STORED = re.compile(
    r"nom|name|phone|telephone|number|email|address|adresse|lat|lon|nir|nationalit|sejour|religion|sante|health|"
    r"user_agent|ip|birth|naissance|password"
)


def test_no_column_exists_for_what_is_never_stored() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            assert not NEVER_STORED.fullmatch(column.name), f"{table.name}.{column.name}"


def test_metrics_are_labelled_by_closed_lists_only() -> None:
    allowed = {"route", "status", "channel", "direction", "answered_by", "outcome", "level", "theme", "table"}
    for collector in metrics.REGISTRY._collector_to_names:
        assert set(getattr(collector, "_labelnames", ())) <= allowed


def test_every_sentence_the_code_says_exists_with_its_fields() -> None:
    texts = Wording.load().texts
    said = re.compile(r"say\(\s*\"(\w+)\"")
    for path in (ROOT / "gateway").rglob("*.py"):
        for name in said.findall(path.read_text()):
            assert name in texts or name in yaml.safe_load((ROOT / "assistance/texts/pages.yml").read_text()), name


def test_every_act_of_rasa_is_an_act_of_the_gateway() -> None:
    acts = set(ASPECTS)
    source = (ROOT / "gateway/dialogue/dialogue.py").read_text()
    acts |= set(re.findall(r'"(\w+)": self\.\w+,', source))
    rules = "\n".join(path.read_text() for path in (ROOT / "data/rules").glob("*.yml"))
    uttered = {name for name in re.findall(r"action_(\w+)", rules) if not name.startswith(("list", "deactivate"))}
    known = {"listen", "default_fallback", "session_start", "unlikely_intent"}
    assert {name for name in uttered if name not in known} <= acts | {"not_understood"}
