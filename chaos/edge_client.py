"""Asks an edge like an SDK without memory of its own, and remembers whether its answers ever changed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from .tenant import FLAG

_AGAIN_SECONDS = 0.05
_AT_ONCE = 4


@dataclass(slots=True)
class Asked:
    """What many users were served: variant by user, answers by status (`cut` for none), seconds of each."""

    variants: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def percentile_ms(self, percent: float) -> float:
        """Of the latency, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000


class EdgeClient:
    """`statuses` counts every answer."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        self.statuses: Counter[str] = Counter()

    def with_key(self, key: str) -> EdgeClient:
        """A client of the same edge that comes with another key."""
        return EdgeClient(str(self._client.base_url), key)

    async def evaluate(self, user: str, flag: str = FLAG, **attributes: object) -> httpx.Response | None:
        """One evaluation; None when there was no answer."""
        body = {"context": {"targetingKey": user, **attributes}}
        try:
            answer = await self._client.post(f"/ofrep/v1/evaluate/flags/{flag}", json=body)
        except httpx.TransportError:
            self.statuses["cut"] += 1
            return None
        self.statuses[str(answer.status_code)] += 1
        return answer

    async def variant(self, user: str) -> str:
        """The user's variant; asks until there is an answer."""
        while True:
            answer = await self.evaluate(user)
            if answer is not None and answer.status_code == 200:
                return str(answer.json()["variant"])
            await asyncio.sleep(_AGAIN_SECONDS)

    async def environment(self) -> tuple[int, str] | None:
        """Version and digest that it serves; None when it does not say."""
        try:
            answer = await self._client.get("/v1/environment")
        except httpx.TransportError:
            return None
        if answer.status_code != 200:
            return None
        document = answer.json()
        return document["version"], document["digest"]

    async def ask_all(self, users: Sequence[str]) -> Asked:
        """One attempt for each user, a few at once."""
        asked = Asked()
        waiting = iter(users)

        async def work() -> None:
            for user in waiting:
                started = time.monotonic()
                answer = await self.evaluate(user)
                asked.seconds.append(time.monotonic() - started)
                asked.answers[str(answer.status_code) if answer is not None else "cut"] += 1
                if answer is not None and answer.status_code == 200:
                    asked.variants[user] = answer.json()["variant"]

        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        return asked

    async def close(self) -> None:
        await self._client.aclose()
