"""The pages, server-rendered: they work without JavaScript, on an old phone."""

from aiohttp import web

routes: list[web.RouteDef] = []


def set_up(app: web.Application) -> None:
    """Prepare the templates."""
