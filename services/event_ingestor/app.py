"""The FastAPI app of the ingestor."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.http import Shell
from service_kit.typed_app import create_app
from starlette.middleware import Middleware

from event_ingestor.bodies import BODY_BYTES_MAX
from event_ingestor.composition import Ingestor
from event_ingestor.endpoints import arrivals, otlp, routes
from event_ingestor.endpoints.fast_path import FastPath

BROWSER_ACCESS = CorsPolicy(
    methods=("POST", "GET", "OPTIONS"),
    headers=(
        "Authorization",
        "X-API-Key",
        "If-None-Match",
        "Content-Type",
        "Content-Encoding",
        "Verdict-SDK",
        "traceparent",
        "tracestate",
    ),
    exposed=("ETag", "Retry-After", "X-Request-Id"),
    setting="FF_INGESTOR_CORS_ORIGINS",
)


def build_app(ingestor: Ingestor, registry: CollectorRegistry, *, cors_origins: tuple[str, ...]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with ingestor.running():
            gc.collect()
            gc.freeze()
            # A batch makes thousands of objects and no cycles; the default looks at all of them again and again.
            gc.set_threshold(50_000, 20, 20)
            yield

    shell = Shell(
        registry=registry,
        background=ingestor.background,
        lifespan=lifespan,
        body_limit_bytes=BODY_BYTES_MAX,
        worker=ingestor.worker,
    )
    app = create_app("Verdict event ingestor", shell, checks=ingestor.checks)
    app.include_router(routes.build_router(intake=ingestor.intake))
    app.include_router(otlp.build_router(intake=ingestor.intake))
    app.include_router(arrivals.build_router(onlookers=ingestor.onlookers))
    # The innermost; `add_middleware` would make it the outermost.
    app.user_middleware.append(Middleware(FastPath, intake=ingestor.intake))
    allow_browsers(app, Pages(cors_origins, BROWSER_ACCESS))
    return app
