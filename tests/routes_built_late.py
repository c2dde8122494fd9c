"""FastAPI's routes, built when somebody first looks at one: an app has some 270, and a test calls a few of them."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

from fastapi import routing
from starlette.routing import compile_path, get_name

_WAITING = "waiting to be built"


def build_late() -> None:
    """From now on a route is what finds it, until more than that is asked of it."""
    kind = vars(routing)["APIRoute"]
    build = kind.__init__

    def begin(route: Any, path: str, endpoint: Callable[..., Any], **told: Any) -> None:
        methods = told.get("methods")
        route.path, route.endpoint = path, endpoint
        route.name = told.get("name") or get_name(endpoint)
        route.openapi_extra = told.get("openapi_extra")
        route.path_regex, route.path_format, route.param_convertors = compile_path(path)
        route.methods = {each.upper() for each in (["GET"] if methods is None else methods)}
        vars(route)[_WAITING] = (path, endpoint, told)

    def ask(route: Any, name: str) -> Any:
        """Called where the route has no such attribute yet."""
        waiting = vars(route).pop(_WAITING, None)
        if waiting is None:
            raise AttributeError(name)
        path, endpoint, told = waiting
        # Others add to it meanwhile.
        told["openapi_extra"] = route.openapi_extra
        # As it would have been while the app was made: of no request.
        Context().run(build, route, path, endpoint, **told)
        return getattr(route, name)

    kind.__init__ = begin
    kind.__getattr__ = ask
