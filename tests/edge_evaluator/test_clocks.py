"""An edge whose clock is set back or forward tells true ages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.telemetry import FeedTelemetry
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.memory.flag_memory import FlagMemory, ServedState
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

DAY = 86_400


class Adjusted(ManualClock):
    """A clock whose time of day is off by `ahead` seconds."""

    ahead = 0

    def now(self) -> int:
        return super().now() + self.ahead * 1000


@pytest.mark.parametrize("ahead", [-40 * DAY, -7200, 7200, 40 * DAY])
def test_an_age_is_true_whatever_the_clock_is_set_to(ahead: int) -> None:
    clock, memory, registry = Adjusted(), FlagMemory(), CollectorRegistry()
    feed = ConfigFeed(memory, FeedTelemetry(registry, clock), clock, Warmer(), lambda _: None)
    told: list[int] = []
    held = SimpleNamespace(
        config=SimpleNamespace(project_key="shop", key="production"),
        confirmed=clock.monotonic(),
        views={},
        restamp=told.append,
    )
    memory.state = ServedState(environments=cast("Any", {"e1": held}))
    clock.advance(60)
    clock.ahead = ahead
    feed.tell_ages()
    labels = {"environment_id": "e1", "project": "shop", "environment": "production"}
    assert (told, registry.get_sample_value("verdict_edge_config_age_seconds", labels)) == ([60], 60)
