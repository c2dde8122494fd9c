"""An environment that work fails for costs no other environment that work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.persistence import SnapshotWriter
from edge_evaluator.feed.snapshot import EnvironmentSnapshot, Snapshot
from edge_evaluator.feed.telemetry import FeedTelemetry
from edge_evaluator.feed.warmup import Warmer
from edge_evaluator.memory.flag_memory import FlagMemory, ServedState
from messages.staging import ConfigStaging
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.waiting import until

HOUR_SECONDS = 3_600


class Held:
    """What the edge holds of an environment, as far as its age and its snapshot go."""

    def __init__(self, confirmed: float, *, broken: bool) -> None:
        self.confirmed = confirmed
        self.age_seconds = 0
        self.views: dict[str, object] = {}
        self._broken = broken

    @property
    def config(self) -> Any:
        if self._broken:
            raise KeyError("a fault")
        return SimpleNamespace(project_key="shop", key="production", kept=())

    def restamp(self, age_seconds: int) -> None:
        self.age_seconds = age_seconds


class Setup:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.memory = FlagMemory()
        telemetry = FeedTelemetry(self.registry, self.clock)
        self.feed = ConfigFeed(self.memory, telemetry, self.clock, Warmer(), lambda _: None)
        self.saved: list[Snapshot] = []
        self.loaded: list[tuple[Path, Snapshot]] = []
        store = SimpleNamespace(save=self.saved.append, load=lambda: iter(self.loaded))
        self.writer = SnapshotWriter(cast("Any", store), self.feed, self.memory, telemetry, self.clock)

    def hold(self, **broken: bool) -> dict[str, Held]:
        at = self.clock.monotonic() - HOUR_SECONDS
        held = {name: Held(at, broken=is_broken) for name, is_broken in broken.items()}
        self.memory.state = ServedState(environments=cast("Any", held))
        return held

    def failures(self, work: str) -> float | None:
        return self.registry.get_sample_value("verdict_edge_environment_failures_total", {"work": work})


def test_every_other_age_is_told() -> None:
    setup = Setup()
    held = setup.hold(first=False, bad=True, last=False)
    setup.feed.tell_ages()
    assert [held[name].age_seconds for name in ("first", "last")] == [3600, 3600]
    assert setup.failures("age") == 1


async def test_every_other_environment_is_saved(monkeypatch: Any) -> None:
    setup = Setup()
    setup.hold(first=False, bad=True, last=False)
    monkeypatch.setattr(ConfigStaging, "manifest", lambda *_: b"manifest")
    monkeypatch.setattr(ConfigStaging, "entries", lambda *_: {})
    await setup.writer.save()
    assert [each.environment_id for each in setup.saved[0].environments] == ["first", "last"]
    assert setup.failures("save") == 1


async def test_every_other_environment_is_restored(monkeypatch: Any) -> None:
    setup = Setup()
    environments = [EnvironmentSnapshot(name, 0, b"", {}, {}) for name in ("first", "bad", "last")]
    setup.loaded.append((Path("snapshot"), Snapshot(0, environments)))
    restored = []

    async def restore(_: SnapshotWriter, saved: EnvironmentSnapshot) -> None:
        if saved.environment_id == "bad":
            raise ValueError("a fault")
        restored.append(saved.environment_id)

    monkeypatch.setattr(SnapshotWriter, "_restore_environment", restore)
    await setup.writer.restore()
    assert restored == ["first", "last"]
    assert setup.failures("restore") == 1


async def test_every_other_environment_is_warmed() -> None:
    warmer, warmed = Warmer(), []

    def prepared(name: str) -> Any:
        def prepare(*, alone: bool) -> Any:
            assert alone
            if name == "bad":
                raise ValueError("a fault")
            warmed.append(name)
            return iter(())

        return SimpleNamespace(served=(), prepare=prepare)

    for name in ("first", "bad", "last"):
        warmer.warm(name, prepared(name))
    running = asyncio.create_task(warmer.run())
    await until(lambda: len(warmed) == 2)
    assert not running.done()
    running.cancel()
