"""Events come from the seed alone, and poison is poison."""

from __future__ import annotations

import json
import random

from chaos.events import POISON, Batch, Population


async def assign(user: str) -> str:
    return "on" if int(user.rsplit("-", 1)[1]) % 2 else "off"


def population(seed: int = 1) -> Population:
    return Population(random.Random(seed), "user", assign)


async def batches(made: Population, count: int = 60) -> list[Batch]:
    return [await made.batch() for _ in range(count)]


async def test_a_seed_decides_users_events_and_values() -> None:
    first, second = await batches(population()), await batches(population())
    assert [[event.entry for event in each.events] for each in first] == [
        [event.entry for event in each.events] for each in second
    ]


async def test_ids_are_unique_and_the_body_holds_the_events() -> None:
    found = await batches(population())
    ids = [event.entry.event_id for batch in found for event in batch.events]
    assert len(ids) == len(set(ids))
    for batch in found:
        assert all(event.line in batch.body for event in batch.events)


async def test_an_exposure_comes_before_its_users_events() -> None:
    exposed: dict[str, int] = {}
    for batch in await batches(population(), 20):
        for event in batch.events:
            at = json.loads(event.line)["timestamp"]
            if event.entry.kind == "exposure":
                exposed.setdefault(event.entry.user, at)
            assert at >= exposed[event.entry.user]


async def test_every_kind_of_poison_is_among_the_batches() -> None:
    poisoned = [batch for batch in await batches(population(), 120) if batch.poison]
    assert {name for batch in poisoned for name in batch.poison.values()} == POISON.keys()


def test_each_poison_changes_a_good_line() -> None:
    good = b'{"user_key":"nobody","timestamp":5,"value":1}'
    made = {name: make(good) for name, make in POISON.items()}
    assert good not in made.values()
    assert len(set(made.values())) == len(made)


async def test_a_shuffled_batch_is_the_same_events_in_other_bytes() -> None:
    (batch,) = [each for each in await batches(population(), 10) if len(each.events) >= 100][:1]
    again = batch.shuffled(random.Random(3))
    assert again.body != batch.body
    assert sorted(event.entry.event_id for event in again.events) == sorted(
        event.entry.event_id for event in batch.events
    )
    assert again.poison == {}
