"""What is withdrawn ends: a revoked key at the edges and the ingestor, a flag that is switched off at the edges."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial

import httpx

from chaos.edge_client import EdgeClient
from chaos.harness import Harness
from chaos.promises import Promise
from chaos.waiting import until

_TIMES = 5
_POLL_SECONDS = 0.01
_FLAG = "switched-off"

_Question = Callable[[], Awaitable[bool]]


async def withdrawals(harness: Harness) -> Promise:
    """Makes keys and revokes them, switches a flag on and off, and measures from the request to the last answer."""
    await harness.tenant.create_flag(_FLAG)
    seconds = [await _revoke(harness) for _ in range(_TIMES)]
    seconds += [await _switch_off(harness) for _ in range(_TIMES)]
    return Promise(
        "what is withdrawn ends quickly",
        f"{_TIMES} keys revoked, a flag switched off {_TIMES} times, at {len(harness.edges)} edges and the ingestor",
        f"{max(seconds):.2f} s at most from the request to the last answer",
        max(seconds) <= harness.plan.fresh_seconds,
    )


async def _revoke(harness: Harness) -> float:
    identity, key = await harness.tenant.create_key("to be revoked")
    clients = [edge.with_key(key) for edge in harness.edges]
    events = httpx.AsyncClient(
        base_url=harness.bed.services.ingestor.url, headers={"Authorization": f"Bearer {key}"}, timeout=5
    )

    async def taken_at_the_ingestor() -> bool:
        return (await events.post("/v1/events", json=[])).status_code != httpx.codes.UNAUTHORIZED

    questions = [_taken_by(client) for client in clients] + [taken_at_the_ingestor]
    try:
        await _all(questions, wanted=True)
        started = time.monotonic()
        await harness.tenant.revoke_key(identity)
        await _all(questions, wanted=False)
        return time.monotonic() - started
    finally:
        for client in clients:
            await client.close()
        await events.aclose()


def _taken_by(client: EdgeClient) -> _Question:
    async def taken() -> bool:
        return await client.environment() is not None

    return taken


async def _switch_off(harness: Harness) -> float:
    settings = f"flags/{_FLAG}/environments/production"
    # Clients of their own: a flag that has not arrived yet is a 404.
    clients = [edge.with_key(harness.tenant.server_key) for edge in harness.edges]
    questions = [_is_on(client) for client in clients]
    await harness.tenant.change_stubbornly(settings, {"enabled": True})
    await _all(questions, wanted=True)
    started = time.monotonic()
    await harness.tenant.change_stubbornly(settings, {"enabled": False})
    await _all(questions, wanted=False)
    seconds = time.monotonic() - started
    for client in clients:
        await client.close()
    return seconds


def _is_on(edge: EdgeClient) -> _Question:
    async def is_on() -> bool:
        answer = await edge.evaluate("somebody", _FLAG)
        return answer is not None and answer.status_code == httpx.codes.OK and answer.json()["reason"] != "DISABLED"

    return is_on


async def _all(questions: list[_Question], *, wanted: bool) -> None:
    for question in questions:
        await until(partial(_answers, question, wanted), poll_seconds=_POLL_SECONDS)


async def _answers(question: _Question, wanted: bool) -> bool:
    return await question() is wanted
