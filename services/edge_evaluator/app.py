"""The edge's HTTP surface: routers plugged into one app."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.http import Shell, create_app

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints import config, flags, manifest, ofrep
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.endpoints.ofrep_paths import OfrepPaths
from edge_evaluator.endpoints.ofrep_route import refused
from edge_evaluator.evaluation.evaluator import Evaluator

BROWSER_ACCESS = CorsPolicy(
    methods=("GET", "POST", "OPTIONS"),
    headers=("Authorization", "X-API-Key", "If-None-Match", "Content-Type"),
    exposed=("ETag", "Retry-After", "Verdict-Config-Age"),
    setting="FF_EDGE_CORS_ORIGINS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How answers are written. `public_url`: the address in answers, empty for the one each request came to."""

    limits: ContextLimits
    pages: Pages
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeParts:
    """What requests are served from."""

    admission: Admission
    evaluator: Evaluator
    open_streams: OpenStreams


def build_app(parts: EdgeParts, options: HttpOptions, shell: Shell) -> FastAPI:
    memory = parts.admission.memory

    async def configuration() -> str | None:
        return None if memory.ready else f"nothing to answer from, and no usable snapshot: {memory.lack}"

    app = create_app(
        "Verdict edge evaluator",
        shell,
        checks={"configuration": configuration},
        refusal=refused,
    )
    app.include_router(
        ofrep.build_router(
            admission=parts.admission,
            evaluator=parts.evaluator,
            open_streams=parts.open_streams,
            limits=options.limits,
            public_url=options.public_url,
        )
    )
    app.include_router(flags.build_router(admission=parts.admission, evaluator=parts.evaluator, limits=options.limits))
    app.include_router(config.build_router(admission=parts.admission, open_streams=parts.open_streams))
    app.include_router(manifest.build_router(admission=parts.admission))
    app.add_middleware(OfrepPaths)
    allow_browsers(app, options.pages)
    return app
