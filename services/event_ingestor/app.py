"""The FastAPI app of the ingestor."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from service_kit.browsers import BrowserAccess, allow_browsers
from service_kit.clock import Clock
from service_kit.http import Shell, create_app
from starlette.middleware import Middleware
from streams import Bus

from event_ingestor.bodies import BODY_BYTES_MAX
from event_ingestor.endpoints.fast_route import FastRoute
from event_ingestor.endpoints.routes import router
from event_ingestor.lifetime import Lifetime
from event_ingestor.settings import IngestorSettings

BROWSER_ACCESS = BrowserAccess(
    methods=("POST", "GET", "OPTIONS"),
    headers=("Authorization", "X-API-Key", "If-None-Match", "Content-Type", "Content-Encoding"),
    exposed=("ETag", "Retry-After", "X-Request-Id"),
)


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
        Shell(registry=registry, lifespan=lifespan, body_limit_bytes=BODY_BYTES_MAX),
        checks={
            "bus": lifetime.bus_ready,
            "stream": lifetime.stream_ready,
            "keys": lifetime.keys_ready,
            "background": lifetime.background_ready,
        },
    )
    app.include_router(router)
    app.user_middleware.append(Middleware(FastRoute))  # the innermost; `add_middleware` would make it the outermost
    allow_browsers(app, settings.ingestor_cors_origins, BROWSER_ACCESS)
    return app
