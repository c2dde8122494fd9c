"""Runs an ASGI app on uvicorn until SIGINT or SIGTERM."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp

from service_kit.settings import ServiceSettings


def serve(app: ASGIApp, settings: ServiceSettings, **options: Any) -> None:
    """Serves `app` at the settings' host and port; open requests get ten seconds when it stops."""
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        **options,
    )
