"""The routers of the API: all of it stands under one path and may be refused in two ways that no endpoint names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from service_kit.problems import Problem, TooManyRequests, problem_responses
from service_kit.requests import Admission, new_router

API_PATH = "/api/v1"


def operation_name(route: APIRoute) -> str:
    """What generated clients call an operation: as its endpoint is called."""
    return route.name


def api_router(tag: str, *admissions: Admission, **options: Any) -> APIRouter:
    """As `new_router`."""
    return new_router(
        tag,
        *admissions,
        prefix=API_PATH,
        responses=problem_responses(Problem, TooManyRequests),
        generate_unique_id_function=operation_name,
        **options,
    )
