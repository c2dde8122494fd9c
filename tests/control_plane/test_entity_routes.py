"""The five operations that every kind of entity has, as the API's documentation names them."""

from __future__ import annotations

from typing import get_args

import pytest
from control_plane.access import Actor, Authenticator
from control_plane.database import Database
from control_plane.entities.endpoints import Noun, Operation, add_entity_routes
from control_plane.entities.transactions import ProjectTransactions
from control_plane.layers.schemas import LayerView
from control_plane.layers.service import LayerService
from control_plane.quotas import Quotas, QuotaTelemetry
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from service_kit.clock import ManualClock
from service_kit.telemetry import new_registry


async def nobody(_: Request) -> Actor:
    raise AssertionError("routes are looked at here, and none is asked")


def routes_of(noun: Noun) -> dict[str, tuple[str, str, str]]:
    """Method, path and description by operation."""
    clock = ManualClock()
    database = Database("postgresql://nowhere", clock)
    router = APIRouter()
    add_entity_routes(
        router,
        noun,
        authenticator=Authenticator(nobody),
        service=LayerService(ProjectTransactions(database, Quotas({}, 0.05, QuotaTelemetry(new_registry())))),
        view=LayerView,
    )
    found = [each for each in router.routes if isinstance(each, APIRoute)]
    return {each.name: (" ".join(each.methods or ()), each.path, each.description) for each in found}


def test_the_noun_names_them() -> None:
    path = "/projects/{project}/audiences"
    assert routes_of(Noun("audience")) == {
        "list_audiences": ("GET", path, "The project's audiences."),
        "get_audience": ("GET", f"{path}/{{key}}", "One audience."),
        "archive_audience": (
            "POST",
            f"{path}/{{key}}/archive",
            "Puts an audience out of use. Refused while something active names it.",
        ),
        "restore_audience": ("POST", f"{path}/{{key}}/restore", "Puts an archived audience back into use."),
        "delete_audience": ("DELETE", f"{path}/{{key}}", "Deletes an audience that nothing names."),
    }


@pytest.mark.parametrize("operation", get_args(Operation))
def test_a_feature_says_what_differs(operation: Operation) -> None:
    described = routes_of(Noun("config", {operation: "In words of its own."}))
    told = {name for name, (_, _, description) in described.items() if description == "In words of its own."}
    assert {name.partition("_")[0] for name in told} == {operation}
