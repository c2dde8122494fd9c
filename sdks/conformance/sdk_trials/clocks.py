"""The clock on the wall jumps: it is what `now` and timestamps are read from, and nothing waits by it."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, holds
from sdk_trials.sample import BOOLEAN, document, off, typed
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

DAY_SECONDS = 86_400
_JUMPS = (DAY_SECONDS, -400 * DAY_SECONDS, 400 * DAY_SECONDS)
_SOON_SECONDS = 5.0
_NEAR_MS = 60_000
_QUIET: dict[str, Any] = {"usage": False}
_USERS = [{"key": f"u{number}"} for number in range(20)]


def _jump(driver: Driver, seconds: float) -> None:
    driver.ask("clock", jump=seconds)


@trial()
def a_jump_breaks_no_stream(bench: Bench) -> None:
    """The clock jumps by a day and by a year, back and forth, at 10,000 evaluations a second: no exception, no changed
    answer, no new stream, `ready` all the time, and changes arrive as before."""
    # A stream that says nothing for a while on a busy machine is not broken.
    driver = bench.ready(silence=20)
    until(bench.streams)
    asked = len(bench.requests(bench.stream))
    driver.ask(
        "hammer", flags=["plain", "count"], users=["ann"] if bench.kind == "client" else _USERS, per_second=10_000
    )
    for number, seconds in enumerate(_JUMPS):
        _jump(driver, seconds)
        bench.edge.put("document", document(text=typed("string", f"text {number}", "bye")))
        until(partial(driver.value, "text"), partial(_is, f"text {number}"), _SOON_SECONDS)
        equal(driver.status()["state"], "ready")
    told = driver.ask("hammered")
    equal(told["exceptions"], 0, "exceptions")
    equal({flag: len(answers) for flag, answers in told["answers"].items()}, {"plain": 1, "count": 1})
    equal(len(bench.requests(bench.stream)), asked, "streams")


@trial()
def a_jump_stops_no_polling(bench: Bench) -> None:
    """Polling goes on at its interval when the clock has jumped back."""
    driver = bench.ready(polling="always", poll_interval=0.2)
    _jump(driver, -DAY_SECONDS)
    bench.edge.put("document", document(plain=off()))
    until(partial(driver.value, "plain"), partial(_is, False), _SOON_SECONDS)


@trial()
def a_jump_repeats_no_exposure(bench: Bench) -> None:
    """The ten minutes in which an exposure is told once are not those of the clock on the wall."""
    driver = bench.ready(**_QUIET)
    driver.detail("tested", "ann")
    for seconds in (DAY_SECONDS, -2 * DAY_SECONDS):
        _jump(driver, seconds)
        driver.detail("tested", "ann")
    equal(driver.ask("flush", timeout=10), True, "flush")
    equal(len(bench.events("exposure")), 1)


@trial()
def events_are_sent_after_a_jump(bench: Bench) -> None:
    """A batch goes out in its time, and once more after a refusal, when the clock has jumped back; its events have the
    time that the clock shows."""
    driver = bench.ready(**_QUIET)
    bench.edge.put("behaviour", {"events": {"kind": "status", "status": 503, "retry_after": 1, "times": 1}})
    _jump(driver, -DAY_SECONDS)
    driver.ask("track_metric", name="purchase", user="ann")
    until(lambda: bench.requests("events"), seconds=_SOON_SECONDS)
    _jump(driver, -DAY_SECONDS)
    (event,) = until(partial(bench.events, "metric"), seconds=_SOON_SECONDS)
    shown = _milliseconds(event["timestamp"])
    behind = (time.time() - DAY_SECONDS) * 1000 - shown
    holds(abs(behind) < _NEAR_MS, f"{event['timestamp']} is {behind:.0f} ms off")


@trial("server")
def what_ends_at_a_moment_ends_by_the_clock(bench: Bench) -> None:
    """A target that expires is read by the clock on the wall, wherever that jumps."""
    ends = int((time.time() + DAY_SECONDS / 2) * 1000)
    target = {"key": "ann", "variation": "off", "expires_at": ends}
    bench.edge.put("document", document(timed={**BOOLEAN, "targets": [target]}))
    driver = bench.ready()
    equal(driver.value("timed", "ann"), False)
    _jump(driver, DAY_SECONDS)
    equal(driver.value("timed", "ann"), True)
    _jump(driver, -DAY_SECONDS)
    equal(driver.value("timed", "ann"), False)


def _is(expected: Any, found: Any) -> bool:
    return bool(found == expected)


def _milliseconds(timestamp: Any) -> float:
    if isinstance(timestamp, str):
        return datetime.fromisoformat(timestamp).timestamp() * 1000
    return float(timestamp)
