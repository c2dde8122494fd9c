"""How a client starts: from the edge, a bootstrap, or nothing."""

from __future__ import annotations

import json
from typing import Any

from sdk_trials.expect import equal, has, holds
from sdk_trials.sample import document, off
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until


@trial()
def starts_from_the_edge(bench: Bench) -> None:
    """The constructor waits for a configuration; then the status is `ready`, by a stream, with its version."""
    driver = bench.ready()
    has(driver.detail("plain"), value=True, variant="on", reason="STATIC", error_code=None, version=1)
    until(driver.status, lambda told: told["mode"] == "stream")
    has(driver.status(), state="ready", version=1, source="edge", endpoint=bench.edge.edge)


@trial()
def says_who_it_is(bench: Bench) -> None:
    """Every request carries the key, `User-Agent` and `Verdict-SDK: NAME/VERSION`."""
    driver = bench.ready()
    driver.ask("track_metric", name="purchase", value=1, user="ann")
    driver.ask("flush", timeout=10)
    for asked in bench.requests():
        if asked["endpoint"] == "refetch":
            continue
        name, _, version = asked["headers"].get("verdict-sdk", "").partition("/")
        holds(name in ("python", "node", "go", "web") and version[:1].isdigit(), asked)
        holds(asked["headers"].get("user-agent"), asked)
        holds(asked["key"] == bench.kind, asked)


@trial()
def never_waits_longer_than_told(bench: Bench) -> None:
    """When `start_wait` is over the answer is the default, ERROR and PROVIDER_NOT_READY, and nothing raises."""
    bench.edge.put("behaviour", {"all": "silent"})
    driver = bench.start(start_wait=0.2)
    has(
        driver.detail("text", default="mine"),
        value="mine",
        reason="ERROR",
        error_code="PROVIDER_NOT_READY",
        variant=None,
    )
    has(driver.status(), state="starting", source="none")
    equal(driver.ask("ready", timeout=0), False)


@trial()
def does_not_wait_when_told(bench: Bench) -> None:
    """`start_wait` 0 doesn't wait at all, and the configuration comes by itself."""
    driver = bench.start(start_wait=0)
    until(lambda: driver.value("plain", default=False))


@trial()
def an_address_may_end_in_a_slash(bench: Bench) -> None:
    """A `/` at the end of an address is harmless."""
    driver = bench.ready(endpoint=bench.edge.edge + "/", events_endpoint=bench.edge.edge + "/")
    equal(driver.value("plain"), True)
    driver.ask("track_metric", name="purchase", user="ann")
    equal(driver.ask("flush", timeout=10), True)
    holds(all("//" not in asked["path"] for asked in bench.requests()), bench.requests())


def _bootstrap(bench: Bench) -> Any:
    """What the edge serves now, as a bootstrap."""
    return bench.edge.get("document") if bench.kind == "server" else bench.bulk("ann")


@trial()
def a_bootstrap_is_used_until_the_edge_answers(bench: Bench) -> None:
    """`bootstrap` is used until the edge has answered."""
    bootstrap = _bootstrap(bench)
    bench.edge.put("port", {"state": "closed"})
    bench.edge.put("document", document(plain=off()))
    driver = bench.start(bootstrap=bootstrap, start_wait=0.1)
    has(driver.detail("plain"), value=True, reason="STATIC")
    equal(driver.status()["source"], "bootstrap")
    bench.edge.put("port", {"state": "open"})
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal(driver.status()["source"], "edge")


@trial("server")
def a_bootstrap_may_be_a_file(bench: Bench) -> None:
    """`bootstrap` may be a file's path."""
    path = bench.folder / "bootstrap.json"
    path.write_text(json.dumps(bench.edge.get("document"), ensure_ascii=False), encoding="utf-8")
    driver = bench.start(bootstrap=str(path), offline=True)
    equal(driver.value("text"), "hællo")


@trial("server")
def a_bootstrap_that_is_none_harms_nothing(bench: Bench) -> None:
    """Of what can't be read as a bootstrap the log tells, and the edge is asked all the same."""
    path = bench.folder / "bootstrap.json"
    path.write_text('{"flags": ', encoding="utf-8")
    driver = bench.ready(bootstrap=str(path))
    equal(driver.value("plain"), True)
    holds(any("bootstrap" in line for line in driver.log), driver.log)


@trial()
def offline_sends_and_fetches_nothing(bench: Bench) -> None:
    """`offline`: nothing is ever sent or fetched; evaluates from bootstrap."""
    bootstrap = _bootstrap(bench)
    driver = bench.start(bootstrap=bootstrap, offline=True, usage_interval=0.05)
    asked = len(bench.requests())
    equal(driver.value("plain"), True)
    equal(driver.value("tested"), driver.value("tested"))
    driver.ask("track_metric", name="purchase", user="ann")
    driver.ask("track_exposure", flag="tested", user="ann")
    driver.ask("flush", timeout=0.3)
    equal(driver.status()["state"], "offline")
    driver.ask("close", timeout=1)
    equal(len(bench.requests()), asked)


@trial()
def evaluations_go_on_after_close(bench: Bench) -> None:
    """`close` ends streams, threads and timers; evaluations go on with what is held, and nothing is sent any more."""
    driver = bench.ready()
    until(bench.streams)
    equal(driver.ask("close", timeout=5), True)
    until(bench.streams, lambda count: count == 0)
    equal(driver.status()["state"], "closed")
    equal(driver.value("plain"), True)
    before = bench.edge.get("state")["requests"]
    bench.edge.put("document", document(plain=off()))
    equal(driver.value("plain"), True)
    driver.ask("flush", timeout=0.3)
    equal(bench.edge.get("state")["requests"], before)


@trial()
def the_first_endpoint_that_works_is_kept(bench: Bench) -> None:
    """Several endpoints: in their order, after a failure the next; the one that works is kept."""
    second = bench.second_edge
    second.put("document", document(plain=off()))
    bench.edge.put("port", {"state": "closed"})
    driver = bench.ready(endpoint=[bench.edge.edge, second.edge])
    equal(driver.value("plain"), False)
    equal(driver.status()["endpoint"], second.edge)
    bench.edge.put("port", {"state": "open"})
    second.put("document", document(plain=None))
    until(lambda: driver.detail("plain")["error_code"], lambda code: code == "FLAG_NOT_FOUND")
    equal(bench.requests(bench.stream), [])


@trial()
def the_next_endpoint_takes_over(bench: Bench) -> None:
    """When the endpoint in use fails the next one is asked, and an older version of it is not taken."""
    second = bench.second_edge
    second.put("document", document(plain=off()) | {"version": 9})
    driver = bench.ready(endpoint=[bench.edge.edge, second.edge])
    equal(driver.value("plain"), True)
    until(bench.streams)
    bench.edge.put("port", {"state": "closed"})
    until(lambda: driver.value("plain"), lambda value: value is False)
    until(driver.status, lambda told: told["endpoint"] == second.edge)


@trial()
def events_go_where_the_edge_says(bench: Bench) -> None:
    """Events go to what `GET /v1/environment` says as `events_url`."""
    second = bench.second_edge
    bench.edge.put("environment", {"events_url": second.edge})
    driver = bench.ready()
    driver.ask("track_metric", name="purchase", user="ann")
    equal(driver.ask("flush", timeout=10), True)
    equal([event["metric"] for event in second.get("events?type=metric")], ["purchase"])
    equal(bench.events("metric"), [])
