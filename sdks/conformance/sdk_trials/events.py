"""How events leave: in batches, again and again with the same ids where that helps, and never in anybody's way."""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, has, holds
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

_KILOBYTES_900 = 900_000
_QUIET: dict[str, Any] = {"usage": False, "exposures": "off"}


def _track(driver: Driver, count: int, size: int = 0) -> None:
    for number in range(count):
        driver.ask("track_metric", name=f"m{number}", user="ann", value=number, properties={"text": "x" * size})


def _dropped(driver: Driver, reason: str) -> int:
    return int(driver.status()["events"]["dropped"].get(reason, 0))


def _batches(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.edge.get("batches")
    return found


@trial()
def a_metric_is_sent_as_it_was_told(bench: Bench) -> None:
    """A metric event has name, value, properties and the user's key; the value may be absent."""
    driver = bench.ready(**_QUIET)
    driver.ask(
        "track_metric",
        name="purchase",
        value=12.5,
        user={"key": "ann", "attributes": {"plan": "pro"}},
        properties={"currency": "EUR"},
    )
    driver.ask("track_metric", name="visit", user="ann")
    equal(driver.ask("flush", timeout=10), True)
    bought, visited = bench.events("metric")
    has(bought, metric="purchase", value=12.5, user_key="ann", properties={"currency": "EUR"})
    has(visited, metric="visit", user_key="ann")
    holds("value" not in visited, visited)
    until(driver.status, lambda told: told["events"]["sent"] == 2 and told["events"]["queued"] == 0)


@trial()
def a_value_that_is_no_number_is_dropped(bench: Bench) -> None:
    """A value that is no finite number is dropped, counted and warned of; nothing raises."""
    driver = bench.ready(**_QUIET)
    for name in ("NaN", "Infinity", "-Infinity"):
        driver.ask("track_metric", name="odd", value={"$number": name}, user="ann")
    driver.ask("track_metric", name="even", value=1, user="ann")
    equal(driver.ask("flush", timeout=10), True)
    equal([event["metric"] for event in bench.events("metric")], ["even"])
    equal(driver.status()["events"]["dropped"].get("invalid"), 3)


@trial()
def what_no_ingestor_takes_is_dropped(bench: Bench) -> None:
    """A metric event without a name of 1 to 128 characters or a key of 1 to 512, or with a value beyond 10^15, is
    dropped as `invalid` and never sent."""
    driver = bench.ready(**_QUIET)
    wrong: list[dict[str, Any]] = [{"name": ""}, {"name": "n" * 129}, {"user": {}}, {"user": "k" * 513}]
    wrong.append({"value": 2e15})
    for each in wrong:
        driver.ask("track_metric", **{"name": "purchase", "user": "ann", **each})
    driver.ask("track_metric", name="n" * 128, user="k" * 512, value=-1e15)
    equal(driver.ask("flush", timeout=10), True)
    equal(driver.status()["events"]["dropped"], {"invalid": len(wrong)})
    equal([event["value"] for event in bench.events("metric")], [-1e15])


@trial()
def private_names_hide_what_is_in_them(bench: Bench) -> None:
    """A private name hides the property of that name and all in it; a path hides what stands there."""
    driver = bench.ready(private_attributes=["home", "work.city"], **_QUIET)
    properties = {"home": {"city": "Oslo"}, "home.street": 1, "work": {"city": "Bergen", "floor": 2}, "open": True}
    driver.ask("track_metric", name="visit", user="ann", properties=properties)
    equal(driver.ask("flush", timeout=10), True)
    (event,) = bench.events("metric")
    equal(event["properties"], {"work": {"floor": 2}, "open": True})


@trial()
def offline_events_are_counted_as_such(bench: Bench) -> None:
    """Offline a metric event is dropped as `offline`; there are no exposures; a flush has nothing to send."""
    bootstrap = bench.edge.get("document") if bench.kind == "server" else bench.bulk("ann")
    driver = bench.start(offline=True, bootstrap=bootstrap)
    driver.detail("tested")
    driver.ask("track_exposure", flag="tested", user="ann")
    driver.ask("track_metric", name="purchase", user="ann")
    equal(driver.ask("flush", timeout=5), True)
    equal(driver.status()["events"], {"queued": 0, "sent": 0, "dropped": {"offline": 1}})


@trial()
def closing_is_final(bench: Bench) -> None:
    """After `close` evaluations go on, events are dropped as `closed`, a flush has nothing to send, and to close again
    gives the same answer."""
    driver = bench.ready(**_QUIET)
    for _ in range(2):
        equal(driver.ask("close", timeout=5), True)
    equal(driver.value("plain"), True)
    driver.ask("track_metric", name="purchase", user="ann")
    equal(driver.ask("flush", timeout=5), True)
    told = driver.status()
    equal((told["state"], told["mode"]), ("closed", "none"))
    equal(told["events"], {"queued": 0, "sent": 0, "dropped": {"closed": 1}})


@trial()
def a_batch_is_retried_with_its_ids(bench: Bench) -> None:
    """After a network fault, 429, 503 and another 5xx a batch comes again with the same ids; an event counts once."""
    driver = bench.ready(**_QUIET)
    status = {"kind": "status", "times": 1}
    steps = [{"kind": "reset", "times": 1}, {"kind": "cut", "times": 1}]
    steps += [{**status, "status": code} for code in (429, 503, 500)]
    bench.edge.put("behaviour", {"events": steps})
    driver.ask("track_metric", name="purchase", user="ann")
    until(driver.status, lambda told: told["events"]["sent"] == 1)
    batches = _batches(bench)
    equal(len(batches), 6)
    equal(len({tuple(batch["ids"]) for batch in batches}), 1, "different ids")
    equal(len(bench.events("metric")), 1)


@trial()
def a_batch_that_is_refused_is_forgotten(bench: Bench) -> None:
    """After any other answer a batch is forgotten and counted."""
    driver = bench.ready(**_QUIET)
    for code in (400, 413, 404):
        bench.edge.put("behaviour", {"events": {"kind": "status", "status": code, "times": 1}})
        before = _dropped(driver, "rejected")
        driver.ask("track_metric", name=f"with-{code}", user="ann")
        until(partial(_dropped, driver, "rejected"), partial(operator.eq, before + 1))
    driver.ask("track_metric", name="good", user="ann")
    equal(driver.ask("flush", timeout=10), True)
    equal([event["metric"] for event in bench.events("metric")], ["good"])
    equal(len(_batches(bench)), 4)


@trial()
def what_the_ingestor_rejects_is_counted(bench: Bench) -> None:
    """The `rejected` of an answer are counted and warned of; the others of the batch are sent."""
    driver = bench.ready(flush_interval=1, **_QUIET)
    bench.edge.put("behaviour", {"events": {"kind": "rejects", "times": 1}})
    driver.ask("track_metric", name="unwanted", user="ann")
    driver.ask("track_metric", name="good", user="ann")
    equal(driver.ask("flush", timeout=10), True)
    told = driver.status()["events"]
    equal((told["sent"], sum(told["dropped"].values())), (1, 1))
    equal([event["metric"] for event in bench.events("metric")], ["good"])


@trial()
def retry_after_holds_for_events(bench: Bench) -> None:
    """Events are not sent again before `Retry-After`."""
    driver = bench.ready(**_QUIET)
    bench.edge.put("behaviour", {"events": {"kind": "status", "status": 503, "retry_after": 1, "times": 1}})
    driver.ask("track_metric", name="purchase", user="ann")
    until(driver.status, lambda told: told["events"]["sent"] == 1)
    first, second = (batch["at"] for batch in _batches(bench))
    holds(second - first >= 0.95, f"again after {second - first:.2f} s")


@trial()
def a_full_queue_drops_the_newest(bench: Bench) -> None:
    """A full queue drops the newest and counts it; what waited is sent when the ingestor is back."""
    driver = bench.ready(queue_size=10, **_QUIET)
    bench.edge.put("behaviour", {"events": {"kind": "status", "status": 503}})
    _track(driver, 50)
    told = driver.status()["events"]
    dropped = told["dropped"].get("queue_full", 0)
    equal(told["queued"] + dropped, 50)
    holds(25 <= dropped <= 40, told)
    bench.edge.put("behaviour", {"events": "ok"})
    until(driver.status, lambda now: now["events"]["queued"] == 0)
    names = {event["metric"] for event in bench.events("metric")}
    equal(len(names), 50 - dropped)
    holds({f"m{number}" for number in range(10)} <= names, names)


@trial()
def batches_have_limits(bench: Bench) -> None:
    """At most 500 events and 900 kB unpacked in a batch, gzip, and nothing is lost."""
    driver = bench.ready(flush_interval=0.5, **_QUIET)
    _track(driver, 1100)
    _track(driver, 60, 30_000)
    until(driver.status, lambda told: told["events"]["queued"] == 0, 60)
    batches = _batches(bench)
    equal(sum(batch["events"] for batch in batches), 1160)
    for batch in batches:
        holds(batch["events"] <= 500 and batch["unpacked_bytes"] <= _KILOBYTES_900, {**batch, "ids": "…"})
    if bench.kind == "server":
        holds(all(batch["encoding"] == "gzip" for batch in batches if batch["unpacked_bytes"] > 2000), "not packed")
    equal(len(bench.events("metric")), 1160)


@trial()
def flush_says_whether_all_is_sent(bench: Bench) -> None:
    """`flush` is true when nothing is left, false when the time is over, and waits no longer."""
    driver = bench.ready(flush_interval=60, **_QUIET)
    equal(driver.ask("flush", timeout=1), True)
    bench.edge.put("behaviour", {"events": "silent"})
    _track(driver, 3)
    equal(driver.ask("flush", timeout=0.2), False)
    equal(driver.value("plain"), True)


@trial()
def the_rest_is_sent_at_the_end(bench: Bench) -> None:
    """At `close`, and at the process's exit, the rest is sent; the process ends."""
    with bench.ready(flush_interval=60, **_QUIET) as closed:
        _track(closed, 3)
        equal(closed.ask("close", timeout=5), True)
        equal(len(bench.events("metric")), 3)
    ended = bench.ready(flush_interval=60, **_QUIET)
    _track(ended, 2)
    equal(ended.end(), 0, "exit status")
    equal(len(bench.events("metric")), 5)


@trial()
def an_end_waits_for_nobody(bench: Bench) -> None:
    """With the ingestor silent the process ends all the same, soon."""
    driver = bench.ready(flush_interval=60, **_QUIET)
    bench.edge.put("behaviour", {"all": "silent"})
    _track(driver, 2)
    equal(driver.end(15), 0, "exit status")


@trial()
def a_silent_ingestor_is_in_nobodys_way(bench: Bench) -> None:
    """Nothing blocks an evaluation with the ingestor gone or slow."""
    driver = bench.ready(batch_size=10, queue_size=100)
    bench.edge.put("behaviour", {"events": "silent"})
    users = [f"u{number}" for number in range(300)]
    driver.ask("hammer", flags=["tested"], users=users, per_second=10_000)
    until(driver.status, lambda told: told["events"]["queued"] > 0)
    _track(driver, 120)
    told = driver.ask("hammered")
    equal(told["exceptions"], 0)
    holds(told["evaluations"] > 0, told)
    holds(driver.status()["events"]["queued"] <= 100, driver.status()["events"])
