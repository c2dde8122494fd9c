"""The edge's HTTP surface: routers plugged into one app."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from service_kit.browsers import BrowserAccess, allow_browsers
from service_kit.http import Shell, create_app

from edge_evaluator.admission.admission import Admission, OpenStreams
from edge_evaluator.endpoints.config import config_router
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.endpoints.flags import flag_router
from edge_evaluator.endpoints.ofrep import ofrep_router
from edge_evaluator.endpoints.ofrep_route import refused
from edge_evaluator.evaluation.evaluator import Evaluator

BROWSER_ACCESS = BrowserAccess(
    methods=("GET", "POST", "OPTIONS"),
    headers=("Authorization", "X-API-Key", "If-None-Match", "Content-Type"),
    exposed=("ETag", "Retry-After"),
)


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """`public_url`: the address in answers, empty for the one each request came to."""

    limits: ContextLimits
    cors_origins: tuple[str, ...]
    public_url: str


@dataclass(frozen=True, slots=True)
class EdgeParts:
    """What requests are served from."""

    admission: Admission
    evaluator: Evaluator
    open_streams: OpenStreams


def build_app(parts: EdgeParts, options: HttpOptions, shell: Shell) -> FastAPI:
    memory = parts.admission.memory

    async def configuration() -> str | None:
        return None if memory.ready else "no configuration has arrived yet, and there is no usable snapshot"

    app = create_app(
        "Verdict edge evaluator",
        shell,
        checks={"configuration": configuration},
        refusal=refused,
    )
    app.include_router(
        ofrep_router(parts.admission, parts.evaluator, parts.open_streams, options.limits, options.public_url)
    )
    app.include_router(flag_router(parts.admission, parts.evaluator, options.limits))
    app.include_router(config_router(parts.admission, parts.open_streams))
    allow_browsers(app, options.cors_origins, BROWSER_ACCESS)
    return app
