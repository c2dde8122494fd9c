"""Rollouts of the store: one that a guard rolled back, with its incident, and one that is on its way."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from datetime import datetime

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.events import send_events
from examples.cookie_cats.lanes import Endpoint, post_all

from .api import Api
from .names import PRODUCTION, STORE
from .shoppers import Event, Shopper

HARMFUL, HEALTHY = "payment-provider", "recommendations"
_FLAG = "new-payment-provider"
_WAIT_SECONDS = 45.0
_SETTLING_SECONDS = 6.0
"""A guard counts nobody who came in a step's first five seconds, when some edges may still serve the step before."""
_POLL_SECONDS = 0.25
_AT = f"/projects/{STORE}/environments/{PRODUCTION}"
_DOCUMENTS = (
    {
        "key": HARMFUL,
        "name": "Card payments by the new provider",
        "flag": _FLAG,
        "variation": "on",
        "plan": {"steps": [{"share": 50, "hold_seconds": 86_400}, {"share": 100, "hold_seconds": 86_400}]},
        "guards": [
            {
                "metric": "payment-errors",
                "margin": 0.02,
                "margin_kind": "absolute",
                "action": "roll_back",
                "window_seconds": 1,
            },
            {"built_in": "sdk_errors", "action": "hold"},
        ],
    },
    {
        "key": HEALTHY,
        "name": "Recommendations for everybody",
        "flag": "product-recommendations",
        "variation": "on",
        "plan": {
            "steps": [
                {"share": 10, "hold_seconds": 60},
                {"share": 25, "hold_seconds": 172_800},
                {"share": 50, "hold_seconds": 172_800, "approval": True},
                {"share": 100, "hold_seconds": 86_400},
            ]
        },
        "guards": [
            {"metric": "page-load", "margin": 0.1, "action": "hold"},
            {"built_in": "sample_ratio", "action": "notify"},
        ],
    },
)


async def start_rollouts(api: Api) -> None:
    """Both, and a template for the next ones."""
    steps = [{"share": 5, "hold_seconds": 3600}, {"share": 50, "hold_seconds": 86_400, "approval": True}]
    template = {"plan": {"steps": [*steps, {"share": 100, "hold_seconds": 3600}]}}
    if await api.found(f"/projects/{STORE}/rollout-templates/careful") is None:
        await api.put(f"/projects/{STORE}/rollout-templates/careful", template)
    for each in _DOCUMENTS:
        made = await api.made(f"{_AT}/rollouts", dict(each))
        if made["state"] == "pending":
            await api.post(f"{_AT}/rollouts/{each['key']}/start")


async def let_a_guard_act(api: Api, addresses: Addresses, key: str, customers: list[Shopper]) -> None:
    """Customers pay by the new provider, and it fails for every fourth. Returns when the guard has rolled back.

    Or after a while: on a busy machine the guard looks later, and acts by itself then."""
    if await _over(api):
        return
    await _settled(api)
    deadline = time.monotonic() + _WAIT_SECONDS
    first = len(customers) * 3 // 4
    await _pay(addresses, key, customers[:first])
    # A guard looks at what is some seconds old, as told by the events that came since: somebody has to go on paying.
    later = iter(customers[first:])
    while not await _over(api):
        if time.monotonic() > deadline:
            return
        await _pay(addresses, key, list(itertools.islice(later, 2)))
        await asyncio.sleep(_POLL_SECONDS)


async def _pay(addresses: Addresses, key: str, customers: list[Shopper]) -> None:
    failed: list[Event] = []
    target = Endpoint(addresses.edge, "/v1/evaluate", {"Authorization": f"Bearer {key}", "Verdict-SDK": "node/1.2.0"})

    def take(one: Shopper, body: bytes) -> None:
        (answer,) = json.loads(body)["flags"]
        chance = 0.25 if answer["variant"] == "on" else 0.01
        if one.chance("payment").random() < chance:
            failed.append(_failure(one))

    bodies = (target.request(one, {"flags": [_FLAG], "context": one.context}) for one in customers)
    await post_all(addresses.edge, bodies, take, 8)
    await send_events(addresses.ingestor, key, failed, lambda _: None)


async def _settled(api: Api) -> None:
    started = str((await api.get(f"{_AT}/rollouts/{HARMFUL}"))["started_at"])
    ago = time.time() - datetime.fromisoformat(started).timestamp()
    await asyncio.sleep(max(0.0, _SETTLING_SECONDS - ago))


async def _over(api: Api) -> bool:
    return bool((await api.get(f"{_AT}/rollouts/{HARMFUL}"))["state"] == "rolled_back")


def _failure(one: Shopper) -> Event:
    return {
        "type": "metric",
        "event_id": f"{one.key}-payment-error",
        "timestamp": int(time.time() * 1000),
        "user_key": one.key,
        "metric": "payment_error",
        "properties": {"provider": "new"},
    }
