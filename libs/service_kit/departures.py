"""Work for a client that may leave: it ends when nobody waits for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.requests import Request

from service_kit.problems import Problem

T = TypeVar("T")


class ClientLeft(Problem):
    """Rendered like any problem, for nobody; logs and telemetry see a client's error."""

    status, default_code = HTTPStatus.BAD_REQUEST, "client_left"


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` answers; it is cancelled as soon as the connection is gone. The body must have been read. Raises
    `ClientLeft`."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft("the client has left")
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
