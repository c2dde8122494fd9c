"""What a request needs is called where the request is served: the framework takes what is no coroutine to a thread."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.contract.apps import apps

APP = apps()["control plane"]
ROUTES = [each for each in APP.routes if isinstance(each, APIRoute)]


def in_threads(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        call: Any = each.call
        function = call if inspect.isroutine(call) else type(call).__call__
        if inspect.isclass(call) or not inspect.iscoroutinefunction(function):
            yield str(call)
        yield from in_threads(each)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_nothing_is_taken_to_a_thread(route: APIRoute) -> None:
    assert not list(in_threads(route.dependant))
    assert inspect.iscoroutinefunction(route.endpoint)


def test_all_of_the_api_is_looked_at() -> None:
    documented = sum(len(methods) for path, methods in APP.openapi()["paths"].items() if path.startswith("/api/v1"))
    assert len([each for each in ROUTES if each.include_in_schema]) >= documented > 100
