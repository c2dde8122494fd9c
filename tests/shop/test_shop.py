"""The shop of `make up` as it is written down: its rows fit each other, and its customers are the same each time."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from examples.shop.chat import Chat
from examples.shop.experiments import EXPERIMENTS, UNDER_WAY
from examples.shop.flags import FLAGS
from examples.shop.names import MOBILE, PROJECTS, SEARCH, STORE
from examples.shop.people import GROUPS, TEAM
from examples.shop.shoppers import CRASHING, DAY, DAYS, events_of, is_lost, shopper, shoppers, takes_part
from examples.shop.traffic import doings, shown

NOW = 1_800_000_000_000
ALL_ON = {"free-shipping-bar": "on", "one-page-checkout": "on", "gift-wrap-offer": "on", "express-pay": "on"} | {
    "search-ranking": "hybrid"
}
PEOPLE = {key for key, _, _ in TEAM}


def test_flags_are_many_and_in_all_states() -> None:
    rows = FLAGS[STORE]
    assert len(rows) >= 30
    assert len({each.key for project in PROJECTS for each in FLAGS[project]}) == sum(map(len, FLAGS.values()))
    assert {each.kind for each in rows} == {"boolean", "string", "integer", "number", "object"}
    assert {each.purpose for each in rows} == {"release", "experiment", "operational", "permission"}
    assert any(each.archived for each in rows)
    assert any((each.ends_in_days or 0) < 0 for each in rows)
    assert any(not each.production and not each.staging and not each.archived for each in rows)


def test_what_is_named_is_there() -> None:
    owners = {each.owner for project in PROJECTS for each in FLAGS[project]} | {each.owner for each in EXPERIMENTS}
    assert owners <= PEOPLE
    assert {member for _, members in GROUPS.values() for member in members} <= PEOPLE
    flags = {each.key: each for each in FLAGS[STORE]}
    for experiment in EXPERIMENTS:
        variations = {key for key, _ in flags[experiment.flag].variations}
        assert set(experiment.shares) <= variations
        assert set(experiment.factors) <= variations
        assert sum(experiment.shares.values()) == 100
    assert CRASHING in flags


def test_customers_are_the_same_each_time() -> None:
    assert shoppers(50, NOW) == shoppers(50, NOW)
    assert events_of(shopper(7, NOW), ALL_ON, NOW) == events_of(shopper(7, NOW), ALL_ON, NOW)
    assert len({each.key for each in shoppers(500, NOW)}) == 500


def test_what_they_did_lies_in_the_past_and_after_what_they_saw() -> None:
    for one in shoppers(500, NOW):
        exposures, done = events_of(one, ALL_ON, NOW)
        assert all(NOW - DAYS * DAY <= each["timestamp"] <= NOW for each in exposures + done)
        assert all(each["timestamp"] > one.visited_at for each in done)
        assert {each["timestamp"] for each in exposures} <= {one.visited_at}
        ids = [each["event_id"] for each in exposures + done]
        assert len(set(ids)) == len(ids)
        assert bool(exposures) or not done


def test_only_one_variation_on_one_device_loses_exposures() -> None:
    lost: Counter[tuple[str, str]] = Counter()
    for one in shoppers(2000, NOW):
        part = {each.flag for each in UNDER_WAY if takes_part(one, each, NOW)}
        for variation in ("on", "off"):
            told = {each["flag"] for each in events_of(one, ALL_ON | {CRASHING: variation}, NOW)[0]}
            for flag in part - told:
                lost[flag, f"{variation} {one.attributes['device']}"] += 1
    assert set(lost) == {(CRASHING, "on android")}
    assert lost[CRASHING, "on android"] > 50


@pytest.mark.parametrize("project", [STORE, MOBILE, SEARCH])
def test_live_visits_say_what_they_did_under_ids_of_their_own(project: str) -> None:
    dice = random.Random(5)
    events = [
        event for number in range(300) for event in doings(shopper(number, NOW), project, f"visit-{number}", dice)
    ]
    assert len({each["event_id"] for each in events}) == len(events)
    assert bool(events) is (project != SEARCH)


def test_live_pages_lose_the_same_exposures_as_those_of_the_past() -> None:
    told: Counter[str] = Counter()
    for one in shoppers(1000, NOW):
        for variation in ("on", "off"):
            answer = {"flags": [{"key": CRASHING, "variant": variation, "metadata": {"version": "7"}}]}
            events = shown(one, answer, one.key)
            assert bool(events) is not is_lost(one, CRASHING, variation)
            told[variation] += len(events)
    assert told["off"] == 1000
    assert told["on"] < 900
    assert shown(shopper(1, NOW), {"flags": [{"key": "size-guide", "variant": "on"}]}, "visit") == []


def test_the_chat_takes_all_messages_but_some_only_when_they_come_again() -> None:
    chat = Chat()
    answers = [chat.answer(f"msg_{number}", b'{"type": "flag.updated"}')[0] for number in range(1, 15)]
    assert answers == [200] * 6 + [503] + [200] * 6 + [503]
    assert chat.answer("msg_7", b'{"type": "flag.updated"}') == (200, {"posted": "flag.updated"})
    assert chat.answer("msg_20", b"[]")[0] == 400
