"""Requests of the kind that the fast path answers, and their answers as they came."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from tests.edge_evaluator.one_piece import read_response, request_bytes
from tests.edge_evaluator.running_edge import SERVER_KEY, RunningEdge

SINGLE = "/ofrep/v1/evaluate/flags/"
BULK = "/ofrep/v1/evaluate/flags"
MOMENT = re.compile(rb"date: [^\r]*\r\n|(?<=\"ageSeconds\":)\d+")
BASE = [("host", "edge.example"), ("x-request-id", "same-for-both"), ("accept", "*/*")]
BEARER = ("authorization", f"Bearer {SERVER_KEY}")


def post(target: str, body: bytes, *headers: tuple[str, str], auth: tuple[str, str] = BEARER) -> bytes:
    return request_bytes("POST", target, [*BASE, auth, ("content-length", str(len(body))), *headers], body)


def context(**attributes: Any) -> bytes:
    return json.dumps({"context": attributes}, ensure_ascii=False).encode()


CONTEXTS = [
    b"{}",
    context(targetingKey="u1"),
    context(targetingKey="hidden-target-user", country="US", plan="gold", company=7, email="a@b.c", age=33),
    context(targetingKey="ünï", nested={"a": [1, {"b": None}]}, f=1.5, t=True),
]


async def exchange(edge: RunningEdge, *requests: bytes) -> list[bytes]:
    """The answers to requests on one connection, without their dates and the ages of what they rest on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    answers = []
    for request in requests:
        writer.write(request)
        answers.append(MOMENT.sub(b"", await read_response(reader)))
    writer.close()
    return answers
