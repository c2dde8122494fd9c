"""What every service has around its operations: problems, health, metrics, request ids and a limit on bodies."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from secrets import token_hex
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.api_docs import DOCS_PATH, PAGE_POLICY, docs_page
from service_kit.background import Background
from service_kit.head_requests import HeadRequests
from service_kit.health import Check, health_operations
from service_kit.logs import get_logger, set_request_id
from service_kit.operations import Operation, routes_of
from service_kit.origins import begin_origin, note_reason
from service_kit.problems import (
    InvalidInput,
    Problem,
    TooLarge,
    install_problem_handlers,
    problem_response,
)
from service_kit.reasons import reason_of
from service_kit.slow_clients import HOLD_BACK
from service_kit.telemetry import HttpTelemetry, metrics_operations
from service_kit.traced_requests import TracedRequests
from service_kit.traces import traced
from service_kit.workers.siblings import all_figures, all_ready
from service_kit.workers.worker import Worker

DEFAULT_BODY_LIMIT_BYTES = 1024 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNEXPECTED = "an unexpected error; the log has it under this request id"
_log = get_logger("http")

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]
Document = Callable[[], dict[str, Any]]
"""Tells what the API is, as OpenAPI."""
Refusal = Callable[[str, Problem], Response]
"""The answer at a path to a request that no route has seen."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """What is taken at some paths by one method, and how many bytes one may have, other than all other bodies."""

    paths: re.Pattern[str]
    limit_bytes: int
    method: str = "PUT"

    def take(self, scope: Scope) -> bool:
        return bool(scope["method"] == self.method) and self.paths.fullmatch(scope["path"]) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What a process has around its app. `worker`: which of the service's processes it is.
    `warnings`: checks that degrade it, but don't make it unready.
    `takes_reasons`: what is done is recorded, with the reason that a request gives. `traced_paths`: where requests are
    traced, if anything is; None: everywhere."""

    registry: CollectorRegistry
    background: Background | None = None
    lifespan: Lifespan | None = None
    body_limit_bytes: int = DEFAULT_BODY_LIMIT_BYTES
    uploads: Uploads | None = None
    warnings: Mapping[str, Check] = field(default_factory=dict)
    takes_reasons: bool = False
    traced_paths: frozenset[str] | None = None
    worker: Worker = field(default_factory=Worker)


def furnish(
    app: Starlette, shell: Shell, document: Document, *, checks: Mapping[str, Check], refusal: Refusal | None = None
) -> list[Operation]:
    """Gives the app `/healthz`, `/readyz`, `/metrics`, `/api/docs`, problem+json errors, and `HEAD`; returns what of it
    stands in the document.

    It is ready when all `checks` pass and no essential work in the background keeps failing. Bodies over the limit
    get 413, before they are read where the length is declared; `refusal` writes that answer in another form than a
    problem's.
    """
    install_problem_handlers(app)
    if shell.background is not None:
        checks = {**checks, "background": shell.background.check}
    shared = [
        *health_operations(all_ready(shell.worker, checks), shell.warnings),
        *metrics_operations(all_figures(shell.worker, shell.registry)),
    ]
    app.router.routes.extend(routes_of(shared))

    page = cache(lambda: docs_page(document()))

    async def docs(_: Request) -> Response:
        return HTMLResponse(page(), headers={"Content-Security-Policy": PAGE_POLICY})

    app.add_route(DOCS_PATH, docs, include_in_schema=False)
    app.add_middleware(
        RequestEnvelope,
        telemetry=HttpTelemetry(shell.registry),
        body_limit_bytes=shell.body_limit_bytes,
        uploads=shell.uploads,
        refusal=refusal,
        takes_reasons=shell.takes_reasons,
    )
    if traced():
        app.add_middleware(TracedRequests, paths=shell.traced_paths)
    app.add_middleware(HeadRequests)
    return shared


class RequestEnvelope:
    """ASGI middleware: request id in and out, body limit, counts and times by route template, and the answer to what
    nobody expected, here so that it carries what every answer does."""

    def __init__(
        self,
        app: ASGIApp,
        telemetry: HttpTelemetry,
        body_limit_bytes: int,
        refusal: Refusal | None = None,
        *,
        uploads: Uploads | None = None,
        takes_reasons: bool = False,
    ) -> None:
        self._app = app
        self._takes_reasons = takes_reasons
        self._telemetry = telemetry
        self._limit = body_limit_bytes
        self._uploads = uploads
        self._refusal = refusal or _as_problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id_of(scope)
        set_request_id(request_id)
        begin_origin(scope)
        started = time.perf_counter()
        status = 500
        read = 0
        begun = False
        limit = self._limit_of(scope)

        async def limited_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise self._too_large(limit)
            return message

        async def marked_send(message: Message) -> None:
            nonlocal status, begun
            if read > limit and message["type"].startswith("http.response"):
                return
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        self._telemetry.in_flight.inc()
        try:
            problem = self._refused(scope, limit)
            if problem is None:
                try:
                    # The framework may answer the interrupted read itself; that answer is dropped for ours.
                    with suppress(TooLarge):
                        await self._app(scope, limited_receive, marked_send)
                except Exception as error:
                    if begun:
                        raise
                    _log.error("unexpected error", path=scope["path"], error=type(error).__name__, exc_info=error)
                    await problem_response(Problem(_UNEXPECTED))(scope, receive, marked_send)
                if read > limit:
                    problem = self._too_large(limit)
            if problem is not None:
                read = 0
                await self._refusal(scope["path"], problem)(scope, receive, marked_send)
        finally:
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                _hold_back(scope)
            self._telemetry.in_flight.dec()
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            self._telemetry.requests.labels(scope["method"], route, str(status)).inc()
            self._telemetry.seconds.labels(scope["method"], route).observe(seconds)
            if _log.debugs:
                _log.debug("request", method=scope["method"], route=route, status=status, seconds=round(seconds, 6))

    def _limit_of(self, scope: Scope) -> int:
        return self._limit if self._uploads is None or not self._uploads.take(scope) else self._uploads.limit_bytes

    def _refused(self, scope: Scope, limit: int) -> Problem | None:
        """What is wrong with the head alone."""
        if _declared_length(scope) > limit:
            return self._too_large(limit)
        if self._takes_reasons:
            try:
                note_reason(reason_of(scope["headers"]))
            except InvalidInput as problem:
                return problem
        return None

    @staticmethod
    def _too_large(limit: int) -> TooLarge:
        return TooLarge(f"the body is over {limit} bytes")


def _hold_back(scope: Scope) -> None:
    hold_back = scope.get("state", {}).get(HOLD_BACK)
    if hold_back is not None and scope.get("client"):
        hold_back(scope["client"][0])


def _as_problem(_: str, problem: Problem) -> Response:
    return problem_response(problem)


def _request_id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(text):
                return str(text)
    return token_hex(16)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
