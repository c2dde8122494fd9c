"""What changes the answers of many flags is worked out beside the event loop; a change of few is served at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from bucketing.flagset import Fixed, InSegment, Rule, Segment
from edge_evaluator.feed import config_feed
from edge_evaluator.feed.assembly import assemble
from edge_evaluator.settings import EdgeSettings

from tests.edge_evaluator.running_edge import running_edge
from tests.edge_evaluator.sample_flags import FLAGS, boolean

EVERYONE = Segment("everyone", included=frozenset({"u1"}))
RULED = [
    boolean(
        f"flag-{number}",
        rules=(Rule("r", InSegment(("everyone",)), Fixed("on")),),
        default=Fixed("off"),
        client_visible=number < 4,
    )
    for number in range(8)
]
KEYS = {each.key for each in RULED}


@pytest.mark.parametrize(("users_max", "beside"), [(7, True), (8, False)])
async def test_a_segment_that_many_flags_use(monkeypatch: pytest.MonkeyPatch, users_max: int, beside: bool) -> None:
    worked_in = []

    def noted(*given: Any) -> Any:
        worked_in.append(threading.current_thread() is not threading.main_thread())
        return assemble(*given)

    monkeypatch.setattr(config_feed, "_INLINE_USERS_MAX", users_max)
    async with running_edge(EdgeSettings(), flags=FLAGS) as edge:
        await edge.write(segments=[EVERYONE], flags=RULED)
        monkeypatch.setattr(config_feed, "assemble", noted)
        await edge.write(segments=[replace(EVERYONE, included=frozenset({"u2"}))])
        for user, value in (("u1", False), ("u2", True)):
            answer = (await edge.bulk({"targetingKey": user})).json()
            assert [each["value"] for each in answer["flags"] if each["key"] in KEYS] == [value] * 8
            assert {each["metadata"]["version"] for each in answer["flags"] if each["key"] in KEYS} == {"3"}
        await edge.write(flags=[replace(RULED[0], enabled=False)])
    assert worked_in == [beside, False]
