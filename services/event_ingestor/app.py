"""The FastAPI app of the ingestor."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from service_kit.http import create_app
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from streams import Bus

from event_ingestor.bodies import BODY_BYTES_MAX
from event_ingestor.endpoints import router
from event_ingestor.fast_route import FastRoute
from event_ingestor.lifetime import Lifetime
from event_ingestor.settings import IngestorSettings


def build_app(
    settings: IngestorSettings, connect: Callable[[], Awaitable[Bus]], registry: CollectorRegistry, clock: Clock
) -> FastAPI:
    """`connect` is called once, when the app starts, and may return a bus that is not connected yet."""
    lifetime = Lifetime(settings, registry, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.intake = await lifetime.start(await connect(), stack)
            gc.collect()
            gc.freeze()
            # A batch makes thousands of objects and no cycles; the default looks at all of them again and again.
            gc.set_threshold(50_000, 20, 20)
            yield

    app = create_app(
        "Verdict event ingestor",
        registry=registry,
        checks={
            "bus": lifetime.bus_ready,
            "stream": lifetime.stream_ready,
            "keys": lifetime.keys_ready,
            "background": lifetime.background_ready,
        },
        lifespan=lifespan,
        body_limit_bytes=BODY_BYTES_MAX,
    )
    app.include_router(router)
    app.user_middleware.append(Middleware(FastRoute))  # the innermost; `add_middleware` would make it the outermost
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["POST", "GET", "OPTIONS"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "Content-Encoding"],
            expose_headers=["Retry-After", "X-Request-Id"],
            max_age=600,
        )
    return app
