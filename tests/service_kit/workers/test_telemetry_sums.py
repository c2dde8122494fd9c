"""The figures of several workers, added up as each of them says."""

from __future__ import annotations

import pytest
from prometheus_client import Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from service_kit.telemetry import ServiceRegistry, new_registry
from service_kit.workers.telemetry_sums import departed, exposition, snapshot


class Figures:
    """Of one worker."""

    def __init__(self) -> None:
        self.registry = ServiceRegistry()
        self.served = Counter("served_total", "Served", ["route"], registry=self.registry)
        self.seconds = Histogram("seconds", "Time", buckets=(1, 2), registry=self.registry)
        self.open = Gauge("open", "Open", registry=self.registry, multiprocess_mode="livesum")
        self.version = Gauge("version", "Served", ["of"], registry=self.registry, multiprocess_mode="livemin")
        self.age = Gauge("age", "Age", registry=self.registry, multiprocess_mode="livemax")

    @property
    def told(self) -> bytes:
        return snapshot(self.registry)


def values(text: bytes) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                found[sample.name + "".join(f" {value}" for value in sample.labels.values())] = sample.value
    return found


@pytest.fixture
def workers() -> tuple[Figures, Figures]:
    one, other = Figures(), Figures()
    one.served.labels("/a").inc(3)
    other.served.labels("/a").inc(4)
    other.served.labels("/b").inc()
    one.seconds.observe(0.5)
    other.seconds.observe(1.5)
    one.open.set(2)
    other.open.set(5)
    one.version.labels("e").set(7)
    other.version.labels("e").set(6)
    one.age.set(1)
    other.age.set(9)
    return one, other


def test_what_is_counted_is_added_and_gauges_are_what_they_say(workers: tuple[Figures, Figures]) -> None:
    found = values(exposition(each.told for each in workers))
    assert found == {
        "served_total /a": 7,
        "served_total /b": 1,
        "seconds_bucket 1.0": 1,
        "seconds_bucket 2.0": 2,
        "seconds_bucket +Inf": 2,
        "seconds_count": 2,
        "seconds_sum": 2,
        "open": 7,
        "version e": 6,
        "age": 9,
    }


def test_counts_of_those_that_ended_stay_and_their_gauges_go(workers: tuple[Figures, Figures]) -> None:
    one, other = workers
    gone = departed(departed(b"", other.told), other.told)
    found = values(exposition([one.told, gone]))
    assert (found["served_total /a"], found["served_total /b"], found["seconds_count"]) == (11, 2, 3)
    assert (found["open"], found["version e"], found["age"]) == (2, 7, 1)


def test_one_workers_figures_are_written_as_the_registry_writes_them(workers: tuple[Figures, Figures]) -> None:
    assert exposition([workers[0].told]) == generate_latest(workers[0].registry)


def test_the_processes_own_figures_are_added_too() -> None:
    registry = new_registry()
    found = values(exposition([snapshot(registry)] * 2))
    alone = values(generate_latest(registry))
    assert found["process_resident_memory_bytes"] > 1.5 * alone["process_resident_memory_bytes"]
    assert found["process_start_time_seconds"] == alone["process_start_time_seconds"]
