"""What listeners are told: changes of a flag's answer, and nothing else."""

from __future__ import annotations

import time
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, has
from sdk_trials.sample import BOOLEAN, DOCUMENT, FLAGS, document, off
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

_NORWEGIAN = {"key": "ann", "attributes": {"country": "NO"}}


def _told(driver: Driver, count: int) -> list[dict[str, Any]]:
    """So many changes, as they come."""
    found: list[dict[str, Any]] = []

    def more() -> int:
        found.extend(driver.ask("changes"))
        return len(found)

    until(more, lambda known: known >= count)
    return found


def _serves(driver: Driver, bench: Bench) -> None:
    """Waits until what the edge serves now is served here."""
    version = bench.edge.get("state")["version"]
    until(driver.status, lambda told: (told["version"] or 0) >= version)


@trial()
def a_listener_with_a_user_is_told_values(bench: Bench) -> None:
    """A listener that names a user is called when that user's value, variant or reason is another one, with both."""
    driver = bench.ready()
    until(bench.streams)
    driver.ask("listen", flag="plain", user="ann")
    bench.edge.put("document", document(plain=off()))
    (change,) = _told(driver, 1)
    equal(change["flag"], "plain")
    has(change["before"], value=True, variant="on", reason="STATIC")
    has(change["after"], value=False, variant="off", reason="STATIC")


@trial("server")
def what_time_alone_changes_is_told(bench: Bench) -> None:
    """A listener that names a user hears of an experiment's start, though no configuration comes."""
    bench.edge.put("settings", {"heartbeat": 0.2})
    driver = bench.ready()
    until(bench.streams)
    soon = int(time.time() * 1000) + 4_000
    later = {"tested-now": {**DOCUMENT["experiments"]["tested-now"], "start_at": soon}}
    bench.edge.put("document", {**DOCUMENT, "experiments": later})
    _serves(driver, bench)
    driver.ask("listen", flag="tested", user="ann")
    (change,) = _told(driver, 1)
    has(change["before"], value=True, variant="on", reason="STATIC")
    has(change["after"], reason="SPLIT")


@trial()
def what_nobody_is_served_is_no_change(bench: Bench) -> None:
    """A description, metadata, another flag or a version change nothing for a listener with a user."""
    driver = bench.ready()
    until(bench.streams)
    driver.ask("listen", flag="norwegian", user=_NORWEGIAN)
    described = {**FLAGS["norwegian"], "description": "for Norway", "metadata": {"owner": "shop"}}
    bench.edge.put("document", document(norwegian=described))
    bench.edge.put("document", document(norwegian=described, plain=off()))
    bench.edge.put("document", document(norwegian=off()))
    changes = _told(driver, 1)
    _serves(driver, bench)
    changes += driver.ask("changes")
    equal([(one["flag"], one["after"]["value"]) for one in changes], [("norwegian", False)])


@trial("server")
def a_listener_without_a_user_is_told_keys(bench: Bench) -> None:
    """A listener that names no user gets the keys of the flags whose answers may differ for somebody, and no others."""
    driver = bench.ready()
    until(bench.streams)
    driver.ask("listen")
    bench.edge.put("document", document(plain=off()))
    equal(_told(driver, 1), [{"flags": ["plain"]}])
    changed = {**DOCUMENT, "flags": document(plain=off())["flags"]}
    bench.edge.put("document", {**changed, "segments": {"beta": {"included": ["bob"]}}})
    equal(_told(driver, 1), [{"flags": ["beta-only"]}])
    noted = {**changed["flags"], "plain": {**off(), "description": "noted", "metadata": {"owner": "shop"}}}
    bench.edge.put("document", {**changed, "flags": noted, "segments": {"beta": {"included": ["bob"]}}})
    more = {**noted, "brand-new": BOOLEAN}
    bench.edge.put("document", {**changed, "flags": more, "segments": {"beta": {"included": ["bob"]}}})
    equal(_told(driver, 1), [{"flags": ["brand-new"]}])


@trial("server")
def a_listener_of_a_flag_hears_of_it_alone(bench: Bench) -> None:
    """A listener of one flag hears nothing of others."""
    driver = bench.ready()
    until(bench.streams)
    driver.ask("listen", flag="text")
    bench.edge.put("document", document(plain=off()))
    bench.edge.put("document", document(plain=off(), text=None))
    equal(_told(driver, 1), [{"flags": ["text"]}])


@trial("server")
def a_prerequisite_changes_what_needs_it(bench: Bench) -> None:
    """An edit of a prerequisite or an experiment is told for the flags behind it."""
    needing = {**BOOLEAN, "prerequisites": [{"flag": "plain", "variation": "on"}]}
    bench.edge.put("document", document(needing=needing))
    driver = bench.ready()
    until(bench.streams)
    driver.ask("listen")
    bench.edge.put("document", document(needing=needing, plain=off()))
    (change,) = _told(driver, 1)
    equal(sorted(change["flags"]), ["needing", "plain"])
    without = document(needing=needing, plain=off())
    bench.edge.put("document", {**without, "experiments": {"page-now": DOCUMENT["experiments"]["page-now"]}})
    equal(_told(driver, 1), [{"flags": ["tested"]}])
