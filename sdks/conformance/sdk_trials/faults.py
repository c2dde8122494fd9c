"""An application that evaluates ten thousand times a second never notices what happens to the edge."""

from __future__ import annotations

import operator
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, holds
from sdk_trials.sample import document, off, typed
from sdk_trials.trial import ALL, BOTH, Bench, Trial, trial
from sdk_trials.waiting import until

NEWEST_SECONDS = 5.0
_USERS = [{"key": f"u{number}", "attributes": {"country": "NO"}} for number in range(20)]
_STEADY = ("text", "norwegian", "theme", "disabled")
_MORE_THREADS = 2
_MORE_DESCRIPTORS = 3
_BREAKS = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to an edge; `begin` and `end` make it and mend it."""

    name: str
    begin: Callable[[Bench], None]
    end: Callable[[Bench], None]
    seconds: float = 0.5


def _broken(step: Any, *, first: str = "cut") -> Callable[[Bench], None]:
    def begin(bench: Bench) -> None:
        bench.edge.put("behaviour", {"all": step})
        bench.edge.post("streams", {"do": first, "endpoint": bench.stream})

    return begin


def _mended(bench: Bench) -> None:
    bench.edge.put("behaviour", {"all": "ok"})
    bench.edge.post("streams", {"do": "cut", "endpoint": bench.stream})


def _restarted(bench: Bench) -> None:
    bench.edge.put("port", {"state": "closed"})
    bench.edge.put("behaviour", {"all": "ok"})
    bench.edge.put("port", {"state": "open"})


def _port(state: str) -> Callable[[Bench], None]:
    return lambda bench: bench.edge.put("port", {"state": state})


def _stop(bench: Bench) -> None:
    bench.edge.process.send_signal(signal.SIGSTOP)


def _go_on(bench: Bench) -> None:
    bench.edge.process.send_signal(signal.SIGCONT)


FAULTS = (
    Fault("an edge that is killed", _port("closed"), _port("open")),
    Fault("an edge that is stopped", _stop, _go_on, 1.5),
    Fault("a black hole", _port("black_hole"), _port("open"), 1.5),
    Fault("an edge that says nothing", _broken("silent"), _restarted, 1.5),
    Fault("a slow edge", _broken({"kind": "slow", "seconds": 0.3}), _mended),
    Fault("an answer in drips", _broken({"kind": "trickle", "seconds": 0.5}), _mended),
    Fault("status 500", _broken({"kind": "status", "status": 500}), _mended),
    Fault("status 404", _broken({"kind": "status", "status": 404}), _mended),
    Fault("a captive portal", _broken("html"), _mended),
    Fault("a redirect", _broken({"kind": "redirect", "location": "/portal"}), _mended),
    Fault("garbage", _broken("garbage"), _mended),
    Fault("a 304 to every request", _broken("unmodified"), _mended),
    Fault("half an answer", _broken("cut"), _mended),
    Fault("half an event", _broken("half_event", first="half_event"), _mended),
    Fault("a stream that falls silent", _broken("mute", first="mute"), _mended, 1.5),
    Fault("an older edge", _broken("older"), _mended),
)


def _hammered(driver: Driver) -> dict[str, Any]:
    found: dict[str, Any] = driver.ask("hammered")
    return found


def _outlives(bench: Bench, fault: Fault) -> None:
    bench.edge.put("settings", {"heartbeat": 0.2})
    driver = bench.ready(silence=1.0, poll_interval=0.2)
    until(bench.streams)
    before = driver.ask("resources")
    driver.ask("hammer", flags=["plain", *_STEADY], users=_USERS, per_second=10_000)
    fault.begin(bench)
    time.sleep(fault.seconds)
    fault.end(bench)
    bench.edge.put("document", document(plain=off()))
    mended = time.monotonic()
    until(driver.status, lambda told: (told["version"] or 0) >= 2)
    seconds = time.monotonic() - mended
    until(lambda: driver.value("plain", _USERS[0]), lambda value: value is False)
    told = _hammered(driver)
    equal(told["exceptions"], 0, "exceptions")
    holds(told["evaluations"] > 100, told)
    for flag in _STEADY:
        equal(len(told["answers"][flag]), 1, f"answers of {flag}: {told['answers'][flag]}")
    holds(set(told["answers"]["plain"]) <= {"true|on|STATIC|null", "false|off|STATIC|null"}, told["answers"]["plain"])
    holds(seconds <= NEWEST_SECONDS, f"the newest version took {seconds:.1f} s")
    until(driver.status, lambda told: told["mode"] in ("stream", "poll"))
    _given_back(driver, before)


def _given_back(driver: Driver, before: dict[str, int]) -> None:
    def back(now: dict[str, int]) -> bool:
        threads = now["threads"] <= before["threads"] + _MORE_THREADS
        return threads and now["descriptors"] <= before["descriptors"] + _MORE_DESCRIPTORS

    until(lambda: driver.ask("resources"), back)


def _register(fault: Fault) -> None:
    name = fault.name.replace(" ", "_").replace("'", "")
    promise = (
        f"{fault.name}: no exception, no changed answer at 10,000 evaluations a second; afterwards the newest version "
        f"within {NEWEST_SECONDS:g} s, threads and descriptors as before."
    )
    ALL.append(Trial(name, promise, BOTH, lambda bench: _outlives(bench, fault)))


for _fault in FAULTS:
    _register(_fault)


@trial("server")
def a_line_without_an_end_is_a_broken_stream(bench: Bench) -> None:
    """A stream with a line over 64 MiB is broken; it is not kept in memory."""
    driver = bench.ready()
    until(bench.streams)
    held = driver.ask("resources")["rss_bytes"]
    bench.edge.put("behaviour", {"stream": {"kind": "endless_line", "times": 1}})
    bench.edge.post("streams", {"do": "cut"})
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    holds(driver.ask("resources")["rss_bytes"] - held < 400 << 20, driver.ask("resources"))


@trial()
def many_breaks_cost_nothing(bench: Bench) -> None:
    """However often a stream breaks that has told something, it is opened again, and resources are given back."""
    driver = bench.ready()
    until(bench.streams)
    before = driver.ask("resources")
    for number in range(_BREAKS):
        bench.edge.put("document", document(text=typed("string", f"text {number}", "bye")))
        until(partial(driver.value, "text"), partial(operator.eq, f"text {number}"))
        asked = len(bench.requests(bench.stream))
        bench.edge.post("streams", {"do": "cut", "endpoint": bench.stream})
        until(lambda: len(bench.requests(bench.stream)), partial(operator.lt, asked))
        until(bench.streams)
    _given_back(driver, before)


@trial()
def retry_after_is_a_minimum(bench: Bench) -> None:
    """`Retry-After` of an answer is a minimum for the next attempt."""
    bench.edge.put("behaviour", {"all": [{"kind": "status", "status": 503, "retry_after": 1, "times": 1}]})
    driver = bench.start(start_wait=0.05)
    until(lambda: driver.value("plain", default=None))
    at: dict[str, list[float]] = {}
    for asked in bench.requests():
        at.setdefault(asked["endpoint"], []).append(asked["at"])
    gaps = {endpoint: times[1] - times[0] for endpoint, times in at.items() if len(times) > 1}
    holds(gaps and min(gaps.values()) >= 0.95, f"the next attempts came after {gaps} s")
