"""The endpoints of an edge and of an ingestor, each behaving as the script says."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge_script.behaviours import Behaviours, Step
from edge_script.documents import Documents
from edge_script.evaluation import Answers
from edge_script.ingestor import read_batch, take
from edge_script.records import Records
from edge_script.streams import Settings, Streams
from edge_script.wire import Answer, Exchange, Request, answer

SERVER_KEY = "srv_scripted_0123456789"
CLIENT_KEY = "cli_scripted_0123456789"
_PATHS = (
    ("environment", re.compile(r"/+v1/environment")),
    ("config", re.compile(r"/+v1/config")),
    ("stream", re.compile(r"/+v1/stream")),
    ("chunk", re.compile(r"/+v1/segments/([^/]+)/chunks/(\d+)")),
    ("flag", re.compile(r"/+ofrep/v1/evaluate/flags/([^/]+)/?")),
    ("bulk", re.compile(r"/+ofrep/v1/evaluate/flags/?")),
    ("refetch", re.compile(r"/+ofrep/v1/events")),
    ("evaluate", re.compile(r"/+v1/evaluate")),
    ("events", re.compile(r"/+v1/events")),
)
_KINDS = {SERVER_KEY: "server", CLIENT_KEY: "client"}
_SERVER_ONLY = frozenset({"config", "stream", "chunk"})
_PIECES = 20
_CUT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Call:
    """A request at an endpoint: `names` are those in its path, `client` says that its key is a client key."""

    endpoint: str
    names: tuple[str, ...]
    request: Request
    client: bool


class Edge:
    """All of it. `environment` is added to what `GET /v1/environment` tells."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.behaviours = Behaviours()
        self.records = Records()
        self.settings = Settings()
        self.streams = Streams(self.documents, self.settings)
        self.environment: dict[str, Any] = {}
        self._answers: tuple[str, Answers] | None = None
        self._released = asyncio.Event()

    def reset(self) -> None:
        """As it was when it started; open streams are told of the empty document."""
        self.documents.reset()
        self.behaviours.reset()
        self.records.reset()
        self.settings.heartbeat, self.settings.retry = 15.0, None
        self.environment = {}
        self.release()
        self.streams.announce()

    def release(self) -> None:
        """Serves what is held; what comes later is held anew."""
        self._released.set()
        self._released = asyncio.Event()

    async def handle(self, exchange: Exchange) -> None:
        """One request, from its record to its answer."""
        request = exchange.request
        found = next(((name, hit) for name, form in _PATHS if (hit := form.fullmatch(request.path))), None)
        if request.method == "OPTIONS":
            await exchange.answer(_preflight(request))
            return
        step = Step() if found is None else self.behaviours.take(found[0])
        record = self.records.asked(
            None if found is None else found[0], request, step.kind, _KINDS.get(_key(request) or "")
        )
        try:
            if found is None:
                await exchange.answer(_problem(404, "not_found", "there is no such path"))
            else:
                await self._behave(exchange, found[0], found[1].groups(), step)
        finally:
            record["status"] = exchange.status

    async def _behave(self, exchange: Exchange, endpoint: str, names: tuple[str, ...], step: Step) -> None:
        call = Call(endpoint, names, exchange.request, client=_key(exchange.request) == CLIENT_KEY)
        if endpoint == "events" and exchange.request.method == "POST":
            batch = self._record_batch(exchange.request)
        else:
            batch = {}
        try:
            await self._play(exchange, call, step)
        finally:
            batch["status"] = exchange.status

    async def _play(self, exchange: Exchange, call: Call, step: Step) -> None:
        if step.kind == "silent":
            await exchange.left()
            return
        if step.kind == "reset":
            exchange.abort()
            return
        if step.kind == "slow":
            await asyncio.sleep(step.seconds)
        if step.kind == "held":
            await self._released.wait()
        refused = self._refused(call)
        if refused is None and call.endpoint in ("stream", "refetch") and step.kind not in _INSTEAD_OF_STREAMS:
            await self.streams.serve(call.endpoint, exchange, step)
            return
        told = refused or (_WHOLE[step.kind](step) if step.kind in _WHOLE else self._answer(call, step))
        told = replace(told, headers={**told.headers, **(step.headers or {})})
        if step.kind == "cut":
            exchange.head(told, length=len(told.body) + _CUT_BYTES)
            await exchange.write(told.body[: len(told.body) // 2])
            exchange.abort()
        elif step.kind == "trickle":
            exchange.head(told, length=len(told.body))
            size = max(1, len(told.body) // _PIECES)
            for start in range(0, len(told.body), size):
                await exchange.write(told.body[start : start + size])
                await asyncio.sleep(step.seconds / _PIECES)
            exchange.ended = True
        else:
            await exchange.answer(told)

    def _refused(self, call: Call) -> Answer | None:
        key = _key(call.request)
        if call.endpoint == "refetch":
            return (
                None if call.request.query.get("token") else _problem(401, "credentials_missing", "a token is missing")
            )
        if key is None:
            return _problem(401, "credentials_missing", "an SDK key is missing")
        if key not in (SERVER_KEY, CLIENT_KEY):
            return _problem(401, "sdk_key_invalid", "the SDK key is unknown", reason="unknown")
        if call.client and call.endpoint in _SERVER_ONLY:
            return _problem(
                403, "server_key_required", "this is a client key; a server key is needed here", key_kind="client"
            )
        return None

    def _answer(self, call: Call, step: Step) -> Answer:
        served = self.documents.before if step.kind == "older" else self.documents.now
        match call.endpoint:
            case "environment":
                return answer(
                    {
                        "environment": "test",
                        "project": "scripted",
                        "version": served.document["version"],
                        "digest": served.id.partition("-")[2],
                        "age_seconds": 0.0,
                        "key_kind": "client" if call.client else "server",
                        "exposure_attributes": [],
                        **self.environment,
                    }
                )
            case "config":
                return _tagged(call.request, Answer(200, served.encoded), served.etag)
            case "chunk":
                chunk = self.documents.chunks.get((call.names[0], int(call.names[1])))
                if chunk is None:
                    return _problem(404, "not_found", "there is no such chunk")
                return _tagged(call.request, Answer(200, chunk), f'W/"{hashlib.sha256(chunk).hexdigest()}"')
            case "events":
                return self._events(call.request, rejects=step.kind == "rejects")
        try:
            body = call.request.document()
            context = body.get("context") or {}
        except (ValueError, AttributeError):
            return answer({"errorCode": "PARSE_ERROR", "errorDetails": "the body must be a JSON object"}, 400)
        if self._answers is None or self._answers[0] != served.id:
            self._answers = (served.id, Answers(served.document))
        answers = self._answers[1]
        if call.endpoint == "flag":
            status, one = answers.one(call.names[0], context, client=call.client)
            return answer(one, status)
        if call.endpoint == "evaluate":
            return _evaluated(answers, body, context, client=call.client)
        digest = hashlib.blake2b(f"{served.id} {_key(call.request)}".encode() + call.request.body, digest_size=8)
        host = call.request.headers.get("host", "")
        stream = {"type": "sse", "url": f"http://{host}/ofrep/v1/events?token=scripted", "inactivityDelaySec": 120}
        told = {
            "flags": answers.every(context, client=call.client),
            "metadata": answers.metadata(),
            "eventStreams": [stream],
        }
        return _tagged(call.request, answer(told), f'W/"{digest.hexdigest()}"')

    def _events(self, request: Request, *, rejects: bool) -> Answer:
        try:
            events, _ = read_batch(request)
        except (ValueError, KeyError) as error:
            return _problem(400, "invalid_json", str(error))
        return take(self.records, events, rejects=int(rejects))

    def _record_batch(self, request: Request) -> dict[str, Any]:
        try:
            events, unpacked = read_batch(request)
        except (ValueError, KeyError):
            events, unpacked = [], 0
        ids = [each.get("event_id") for each in events if isinstance(each, dict)]
        batch = {
            "at": request.at,
            "status": 0,
            "encoding": request.headers.get("content-encoding"),
            "bytes": len(request.body),
            "unpacked_bytes": unpacked,
            "events": len(events),
            "ids": ids,
        }
        self.records.sent(batch)
        return batch


def _evaluated(answers: Answers, body: Mapping[str, Any], context: Mapping[str, Any], *, client: bool) -> Answer:
    """`POST /v1/evaluate`."""

    def one(key: str) -> tuple[int, dict[str, Any]]:
        status, told = answers.one(key, context, client=client)
        return status, {**told, "explanation": answers.explained(key, context)} if body.get("explain") else told

    if body.get("explain") and client:
        return _problem(403, "server_key_required", "this needs a server key")
    if "flag" in body:
        status, told = one(str(body["flag"]))
        return answer(told, status)
    several = [one(str(key))[1] for key in body["flags"]] if "flags" in body else answers.every(context, client=client)
    return answer({"flags": several, "metadata": answers.metadata()})


def _key(request: Request) -> str | None:
    given = request.headers.get("authorization", "")
    if given.lower().startswith("bearer "):
        return given[7:].strip()
    return request.headers.get("x-api-key") or request.query.get("client_key")


def _tagged(request: Request, told: Answer, etag: str) -> Answer:
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    bare = etag.removeprefix("W/").strip('"')
    held = [each.strip().removeprefix("W/").strip('"') for each in request.headers.get("if-none-match", "").split(",")]
    return Answer(304, b"", headers) if bare in held else replace(told, headers=headers)


def _problem(status: int, code: str, detail: str, **members: str) -> Answer:
    told = answer({"status": status, "code": code, "detail": detail, **members}, status)
    return replace(told, kind="application/problem+json")


def _preflight(request: Request) -> Answer:
    asked = request.headers.get("access-control-request-headers", "*")
    return Answer(
        204, headers={"Access-Control-Allow-Headers": asked, "Access-Control-Allow-Methods": "GET, POST, HEAD"}
    )


def _told_status(step: Step) -> Answer:
    code = step.code or {401: "sdk_key_invalid", 403: "server_key_required", 429: "too_many_requests"}.get(step.status)
    headers = {} if step.retry_after is None else {"Retry-After": step.retry_after}
    return replace(_problem(step.status, code or "unavailable", "as the script says"), headers=headers)


_WHOLE: dict[str, Callable[[Step], Answer]] = {
    "status": _told_status,
    "html": lambda _: Answer(200, b"<!doctype html><title>Sign in</title><p>Welcome to the hotel", kind="text/html"),
    "garbage": lambda _: Answer(200, b'{"flags": {"a": nothing', kind="application/json"),
    "redirect": lambda step: Answer(302, headers={"Location": step.location}),
    "unmodified": lambda _: Answer(304),
}
_INSTEAD_OF_STREAMS = _WHOLE.keys() - {"garbage"}
