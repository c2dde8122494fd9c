"""Three weeks of the store: each customer asks the edge, and what they saw and did is sent with the time of then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.events import send_events
from examples.cookie_cats.lanes import Endpoint, post_all
from examples.cookie_cats.stages import Stages

from .experiments import UNDER_WAY
from .shoppers import Event, Shopper, events_of

_FLAGS = [each.flag for each in UNDER_WAY]
_LANES = 8


async def replay_history(
    addresses: Addresses, keys: tuple[str, str], everybody: Sequence[Shopper], now: int, stages: Stages
) -> None:
    """`keys`: of the server, which serves browsers on a desk, and of the client, which phones have. Raises
    `ReplayError`."""
    served: dict[str, dict[str, str]] = {}
    target = Endpoint(
        addresses.edge, "/v1/evaluate", {"Authorization": f"Bearer {keys[0]}", "Verdict-SDK": "node/1.2.0"}
    )

    def take(one: Shopper, body: bytes) -> None:
        answers = json.loads(body)["flags"]
        served[one.key] = {each["key"]: each["variant"] for each in answers if each.get("variant")}
        advance(1)

    with stages.stage("Asking the edge for the shop's customers", len(everybody)) as advance:
        bodies = (target.request(one, {"flags": _FLAGS, "context": one.context}) for one in everybody)
        await post_all(addresses.edge, bodies, take, _LANES)
    for key, on_phones in zip(keys, (False, True), strict=True):
        group = [each for each in everybody if each.on_a_phone is on_phones]
        events = list(_events(group, served, now))
        where = "phones" if on_phones else "desks"
        with stages.stage(f"Sending what customers saw and did on {where}", len(events)) as advance:
            await send_events(addresses.ingestor, key, events, advance)


def _events(group: Sequence[Shopper], served: dict[str, dict[str, str]], now: int) -> Iterator[Event]:
    for one in group:
        for events in events_of(one, served[one.key], now):
            yield from events
