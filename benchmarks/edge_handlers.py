"""What the edge is compared with: a bare FastAPI handler and bare ASGI callables on the same server.

`python -m benchmarks.edge_handlers fastapi|constant|evaluating|different PORT`. `constant` answers the same bytes to
everything; `evaluating` does the edge's work for one flag and for fifty, with the same rule engine and nothing
else: no authorisation, no metrics, no entity tag, no check of its input. `different` does so with flags that have
nothing in common.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import uvicorn
from bucketing import compile_flagset
from bucketing.flagset import Flag, FlagSet, Segment
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.edge_config import SEGMENT, different_flag, different_segment, flag

_CONSTANT = b'{"key":"flag-00000","value":true,"variant":"on","reason":"SPLIT","metadata":{"version":1}}'

app = FastAPI()


@app.post("/{path:path}")
async def bare(path: str) -> dict[str, Any]:  # noqa: ARG001 - every path is taken
    return {"key": "flag-00000", "value": True, "variant": "on", "reason": "SPLIT", "metadata": {"version": 1}}


async def _send(send: Send, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def constant(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await _send(send, _CONSTANT)


def evaluating(flags: Iterable[Flag], segments: Iterable[Segment]) -> ASGIApp:
    compiled = compile_flagset(
        FlagSet("salt", 1, {each.key: each for each in flags}, {each.key: each for each in segments})
    )
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
    prepared: dict[Any, bytes] = {}

    def written(decision: Any) -> bytes:
        body = prepared.get(decision)
        if body is None:
            body = prepared[decision] = encode(
                {
                    "key": decision.flag,
                    "value": decision.value,
                    "variant": decision.variation,
                    "reason": decision.reason,
                    "metadata": {"version": "1", "flagSetId": "shop/production", "ageSeconds": 0},
                }
            )
        return body

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        context = decode((await receive())["body"])["context"]
        now = time.time_ns() // 1_000_000
        path = scope["path"]
        if path.endswith("/flags"):
            body = b'{"flags":[' + b",".join([written(each) for each in compiled.evaluate_all(context, now)]) + b"]}"
        else:
            body = written(compiled.evaluate(path[25:], context, now))
        await _send(send, body)

    return serve


if __name__ == "__main__":
    kinds: dict[str, Callable[[], ASGIApp]] = {
        "fastapi": lambda: app,
        "constant": lambda: constant,
        "evaluating": lambda: evaluating(map(flag, range(50)), [SEGMENT]),
        "different": lambda: evaluating(map(different_flag, range(50)), map(different_segment, range(50))),
    }
    uvicorn.run(
        kinds[sys.argv[1]](),
        port=int(sys.argv[2]),
        access_log=False,
        log_level="error",
        lifespan="off",
        ws="none",
        http="httptools",
    )
