"""Live traffic of the shop: `python -m examples.shop.traffic FILE` until it is told to stop.

Some customers a second ask the edge by several SDKs, look around and buy. A few things go wrong, as they do: a flag
that isn't there any more is asked for, an event has a time of the last century. FILE holds the addresses and keys.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from .names import MOBILE, SEARCH, STORE
from .shoppers import CRASHING, Event, Shopper, is_lost, shopper

VISITS_A_SECOND = 3.0
_CUSTOMERS = 20_000
_REQUEST_SECONDS = 5.0
_PAUSE_SECONDS_MAX = 10.0
_SDKS = {
    STORE: {"node/1.2.0": 55, "web/1.0.0": 30, "python/0.3.1": 15},
    MOBILE: {"web/1.0.0": 40, "go/0.9.0": 10, "Verdict-Android/0.4": 50},
    SEARCH: {"go/0.9.0": 80, "java/0.2.0": 20},
}
_ASKED = {
    STORE: (
        "free-shipping-bar",
        "one-page-checkout",
        "express-pay",
        "search-ranking",
        "product-recommendations",
        "size-guide",
        "support-chat",
        "price-badges",
        "checkout-open",
        "seasonal-theme",
        "storefront",
    ),
    MOBILE: ("biometric-login", "offline-catalogue", "minimum-version", "app-home"),
    SEARCH: ("synonyms", "spelling", "results-per-request"),
}
_SHARES = {STORE: 70, MOBILE: 20, SEARCH: 10}
_UNKNOWN = {STORE: "checkuot-v2", MOBILE: "offline-catalog", SEARCH: "synonyms-old"}


@dataclass(frozen=True)
class Traffic:
    """Where the shop's customers go. `keys`: the server key of production, by project."""

    edge: str
    ingestor: str
    keys: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """For the file of the process that makes it."""
        return asdict(self)

    @classmethod
    def read(cls, file: Path) -> Traffic:
        return cls(**json.loads(file.read_text("utf-8")))


class Visits:
    """One visit after another. The dice are the process' own: live traffic is another each time."""

    def __init__(self, traffic: Traffic, client: httpx.AsyncClient, dice: random.Random) -> None:
        self._traffic = traffic
        self._client = client
        self._dice = dice
        self._visit = int(time.time() * 1000)

    async def visit(self) -> None:
        """Raises `httpx.HTTPError` where a service is away or refuses it for now."""
        dice = self._dice
        project = dice.choices(list(_SHARES), list(_SHARES.values()))[0]
        one = shopper(dice.randint(1, _CUSTOMERS), int(time.time() * 1000))
        sdks = _SDKS[project]
        headers = {
            "Authorization": f"Bearer {self._traffic.keys[project]}",
            "Verdict-SDK": dice.choices(list(sdks), list(sdks.values()))[0],
        }
        flags = dice.sample(_ASKED[project], k=min(4, len(_ASKED[project])))
        if dice.random() < 0.01:
            flags.append(_UNKNOWN[project])
        asked = {"flags": flags, "context": one.context}
        answer = (await self._post(f"{self._traffic.edge}/v1/evaluate", asked, headers)).json()
        self._visit += 1
        name = f"{one.key}-{self._visit}"
        events = [*shown(one, answer, name), *doings(one, project, name, dice)]
        if events:
            await self._post(f"{self._traffic.ingestor}/v1/events", events, headers)

    async def _post(self, url: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        answer = await self._client.post(url, json=body, headers=headers)
        return answer.raise_for_status()


def shown(one: Shopper, answer: dict[str, Any], name: str) -> list[Event]:
    """What a page tells of the checkout that it has shown, unless it crashed before. `answer`: of the edge."""
    return [
        {
            "type": "exposure",
            "event_id": f"{name}-{CRASHING}",
            "timestamp": int(time.time() * 1000),
            "user_key": one.key,
            "flag": CRASHING,
            "variation": each["variant"],
            "config_version": int(each["metadata"]["version"]),
            "context": one.seen,
        }
        for each in answer["flags"]
        if each["key"] == CRASHING and each.get("variant") and not is_lost(one, CRASHING, each["variant"])
    ]


def doings(one: Shopper, project: str, name: str, dice: random.Random) -> list[Event]:
    """What somebody does in a visit; `name`: of the visit, unique."""
    if project == SEARCH:
        return []
    if project == MOBILE:
        return [_event(one, "session_start", name, None)]
    found = [_event(one, "page_load", name, round(dice.lognormvariate(6.75, 0.35), 1))]
    if dice.random() < 0.2:
        found.append(_event(one, "basket_add", name, float(dice.randint(1, 4))))
    if dice.random() < 0.06:
        found.append(_event(one, "order_placed", name, round(dice.lognormvariate(4.1, 0.6), 2)))
    if dice.random() < 0.02:
        found.append(_event(one, "wishlist_add", name, None))
    if dice.random() < 0.01:
        found.append(_event(one, "page_load", f"{name}-clock", 1.0) | {"timestamp": "1999-12-31T23:59:59Z"})
    return found


def _event(one: Shopper, metric: str, name: str, value: float | None) -> Event:
    event = {
        "type": "metric",
        "event_id": f"{name}-{metric}",
        "timestamp": int(time.time() * 1000),
        "user_key": one.key,
        "metric": metric,
        "properties": {"device": one.attributes["device"]},
    }
    return event if value is None else event | {"value": value}


async def run(traffic: Traffic, stopped: asyncio.Event, dice: random.Random) -> None:
    """Until `stopped` is set; while a service is away, less and less often."""
    pause = 1 / VISITS_A_SECOND
    async with httpx.AsyncClient(timeout=_REQUEST_SECONDS, trust_env=False) as client:
        visits = Visits(traffic, client, dice)
        while not stopped.is_set():
            try:
                await visits.visit()
                pause = dice.expovariate(VISITS_A_SECOND)
            except httpx.HTTPError:
                pause = min(2 * max(pause, 0.5), _PAUSE_SECONDS_MAX)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), min(pause, _PAUSE_SECONDS_MAX))


async def _main(file: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await run(Traffic.read(file), stopped, random.Random())


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
