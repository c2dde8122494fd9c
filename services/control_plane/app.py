"""One FastAPI app: the features' routers plugged in, errors rendered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from service_kit.health import Check
from service_kit.http import Lifespan, create_app
from service_kit.problems import Problem, problem_responses

from control_plane.access.gate import Gate
from control_plane.conventions.context import AppContext

BuildRouter = Callable[[AppContext], APIRouter]

# The one list of features with endpoints of their own, in the order of the API's documentation.
FEATURES: Sequence[BuildRouter] = ()


def create_control_plane(
    context: AppContext,
    gate: Gate,
    *,
    registry: CollectorRegistry,
    checks: Mapping[str, Check],
    access_router: APIRouter,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """The control plane's app, all of it under `/api/v1`."""
    app = create_app("Verdict control plane", registry=registry, checks=checks, lifespan=lifespan)
    app.state.gate = gate
    for router in (access_router, *(build(context) for build in FEATURES)):
        app.include_router(router, prefix="/api/v1", responses=problem_responses(Problem))
    return app
