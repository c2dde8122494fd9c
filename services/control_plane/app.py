"""One FastAPI app: the features' routers plugged in, errors rendered once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from service_kit.http import Lifespan, create_app
from service_kit.problems import Problem, problem_responses

from control_plane.access import api_tokens_endpoints
from control_plane.access import endpoints as access_endpoints
from control_plane.access.gate import Gate
from control_plane.access.service import Access
from control_plane.context import AppContext
from control_plane.environments import (
    audit_endpoints,
    organizations_endpoints,
    project_roles_endpoints,
    sdk_keys_endpoints,
)
from control_plane.environments import endpoints as environments_endpoints
from control_plane.experiments import endpoints as experiments_endpoints
from control_plane.experiments import holdouts_endpoints, layers_endpoints
from control_plane.explanations import endpoints as explanations_endpoints
from control_plane.flags import endpoints as flags_endpoints
from control_plane.metrics import endpoints as metrics_endpoints
from control_plane.publishing import endpoints as publishing_endpoints
from control_plane.segments import endpoints as segments_endpoints

BuildRouter = Callable[[AppContext], APIRouter]

# The one list of features with endpoints of their own, in the order of the API's documentation.
FEATURES: Sequence[BuildRouter] = (
    api_tokens_endpoints.build_router,
    organizations_endpoints.build_router,
    project_roles_endpoints.build_router,
    environments_endpoints.build_router,
    sdk_keys_endpoints.build_router,
    publishing_endpoints.build_router,
    segments_endpoints.build_router,
    flags_endpoints.build_router,
    explanations_endpoints.build_router,
    metrics_endpoints.build_router,
    experiments_endpoints.build_router,
    layers_endpoints.build_router,
    holdouts_endpoints.build_router,
    audit_endpoints.build_router,
)


def create_control_plane(
    context: AppContext,
    gate: Gate,
    access: Access,
    *,
    registry: CollectorRegistry,
    lifespan: Lifespan | None = None,
    body_limit_bytes: int = 2 * 1024 * 1024,
) -> FastAPI:
    """The control plane's app, all of it under `/api/v1`."""
    app = create_app(
        "Verdict control plane",
        registry=registry,
        checks={"database": context.database.check},
        lifespan=lifespan,
        body_limit_bytes=body_limit_bytes,
        # The endpoint's name: what generated clients call the operation.
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.gate = gate
    routers = (access_endpoints.build_router(context, access), *(build(context) for build in FEATURES))
    for router in routers:
        app.include_router(router, prefix="/api/v1", responses=problem_responses(Problem))
    return app
