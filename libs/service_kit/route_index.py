"""Finds the route of an address by its parts, where the framework would try one pattern after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_ANY = "{}"


class _Part:
    """What follows a part of an address: fixed parts by their text, one that is a parameter, routes that end here."""

    __slots__ = ("following", "routes")

    def __init__(self) -> None:
        self.following: dict[str, _Part] = {}
        self.routes: list[tuple[int, APIRoute]] = []


class RouteIndex(BaseRoute):
    """Stands before the routes that it knows and hands on to the one that they would have come to: the first that was
    added, of those that match. What none matches is left to the routes behind it, with their refusals."""

    def __init__(self, routes: Sequence[APIRoute]) -> None:
        self._root = _Part()
        for number, route in enumerate(routes):
            part = self._root
            for text in route.path_format.split("/"):
                part = part.following.setdefault(_ANY if "{" in text else text, _Part())
            part.routes.append((number, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope.get("root_path"):
            return Match.NONE, {}
        for _, route in sorted(self._candidates(scope["path"].split("/")), key=lambda found: found[0]):
            match, child_scope = route.matches(scope)
            if match == Match.FULL:
                return match, child_scope
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: APIRoute = scope["route"]
        await route.handle(scope, receive, send)

    def _candidates(self, texts: Sequence[str]) -> Iterable[tuple[int, APIRoute]]:
        """Those of as many parts, whose fixed ones are the address's."""
        reached = [self._root]
        for text in texts:
            reached = [
                following
                for part in reached
                for name in ((text, _ANY) if text != _ANY else (_ANY,))
                if (following := part.following.get(name)) is not None
            ]
        return [route for part in reached for route in part.routes]


def index_routes(app: FastAPI) -> None:
    """For the routes that were added to the app itself. One with a parameter that takes in slashes stays out."""
    routes = [each for each in app.router.routes if isinstance(each, APIRoute) and _is_plain(each)]
    app.router.routes.insert(0, RouteIndex(routes))


def _is_plain(route: APIRoute) -> bool:
    return all(each.regex == "[^/]+" for each in route.param_convertors.values())
