"""How a client follows the configuration: by a stream, by polling, by chunks; whole or not at all."""

from __future__ import annotations

import json
import operator
from functools import partial
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, has, holds
from sdk_trials.sample import BOOLEAN, DOCUMENT, EXPERIMENTS, FLAGS, compare, document, off, ruled
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

_ODD = ruled({"attribute": "mind", "operator": "is_telepathic", "value": "yes"})
_NEW_VARIATIONS = {**BOOLEAN, "variations": {"on": True, "no": False}, "off_variation": "no"}
"""What `tested` can't be while its experiment has the variation `off`."""


@trial()
def a_change_arrives_by_the_stream(bench: Bench) -> None:
    """A change is served as soon as the stream tells it, and nothing is polled meanwhile."""
    driver = bench.ready()
    until(bench.streams)
    asked = len(bench.requests("config"))
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    until(driver.status, lambda told: told["version"] == 2)
    equal(len(bench.requests("config")), asked)


@trial("server")
def a_stream_is_resumed(bench: Bench) -> None:
    """After a break one request resumes the stream by `Last-Event-ID`, and tells what was missed."""
    driver = bench.ready()
    until(bench.streams)
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    after = bench.requests()[-1]["number"]
    bench.edge.post("streams", {"do": "end"})
    bench.edge.put("document", document(plain=None))
    until(lambda: driver.detail("plain")["error_code"], lambda code: code == "FLAG_NOT_FOUND")
    asked = [one for one in bench.requests(after=after) if one["endpoint"] != "environment"]
    equal([one["endpoint"] for one in asked], ["stream"])
    holds(asked[0]["headers"].get("last-event-id", "").startswith("2-"), asked)


@trial()
def an_older_version_is_never_taken(bench: Bench) -> None:
    """A lower version than the one held is never taken, whoever tells it."""
    driver = bench.ready(poll_interval=0.2)
    until(bench.streams)
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    bench.edge.put("behaviour", {bench.source: "older", "stream": {"kind": "older"}})
    if bench.kind == "server":
        old = json.dumps({"version": 1, "flags": {"plain": BOOLEAN}, "versions": {}})
        bench.edge.post("streams", {"do": "say", "text": f"id: 1-lies\nevent: change\ndata: {old}\n\n"})
        bench.edge.post("streams", {"do": "say", "text": f"id: 1-lies\nevent: snapshot\ndata: {old}\n\n"})
    else:
        bench.edge.post("streams", {"do": "end", "endpoint": "refetch"})
    told = bench.requests()[-1]["number"]
    until(lambda: [one for one in bench.requests(after=told) if one["endpoint"] in ("config", "bulk", "stream")])
    equal(driver.value("plain"), False)
    equal(driver.status()["version"], 2)
    bench.edge.put("behaviour", {"all": "ok"})
    bench.edge.put("document", document(plain=None))
    until(lambda: driver.detail("plain")["error_code"], lambda code: code == "FLAG_NOT_FOUND")


@trial("server")
def what_cant_be_evaluated_keeps_what_was_good(bench: Bench) -> None:
    """Of a flag that this engine can't evaluate what was good of it is kept, warned of once; others go on."""
    driver = bench.ready()
    until(bench.streams)
    bench.edge.put("document", document(norwegian=_ODD, plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal(driver.value("norwegian", {"key": "ann", "attributes": {"country": "NO"}}), True)
    bench.edge.put("document", document(norwegian=_ODD, plain=BOOLEAN))
    until(lambda: driver.value("plain"))
    equal(driver.value("norwegian", {"key": "ann", "attributes": {"country": "NO"}}), True)
    driver.ask("close", timeout=5)
    driver.end()
    equal(sum("norwegian" in line for line in driver.log), 1, f"warnings in {driver.log}")


def _tested(*keys: str) -> dict[str, Any]:
    """The experiments, of which the one on `tested` divides between these variations."""
    shares = [{"key": key, "weight": 100 / len(keys)} for key in keys]
    return {**EXPERIMENTS, "tested-now": {**EXPERIMENTS["tested-now"], "variations": shares}}


def _keeps_flag_and_experiment_together(bench: Bench, driver: Driver) -> None:
    before = {user: driver.detail("tested", user) for user in ("ann", "bob", "cid", "dan", "eve", "fay")}
    equal({told["variant"] for told in before.values()}, {"on", "off"})
    bench.edge.put("document", document(tested=_NEW_VARIATIONS, plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal({user: driver.detail("tested", user) for user in before}, before)
    bench.edge.put("document", {**document(tested=_NEW_VARIATIONS), "experiments": _tested("on", "no")})
    until(lambda: driver.value("plain"))
    for user, told in before.items():
        has(driver.detail("tested", user), value=told["value"], experiment="tested-now", error_code=None)
    equal({driver.detail("tested", user)["variant"] for user in before}, {"on", "no"})


@trial("server")
def a_change_keeps_flag_and_experiment_together(bench: Bench) -> None:
    """When a change brings a flag and an experiment on it that don't fit, both go on as they were until they fit."""
    driver = bench.ready()
    until(bench.streams)
    _keeps_flag_and_experiment_together(bench, driver)
    equal(len(bench.requests("config")), 1)


@trial("server")
def a_document_keeps_flag_and_experiment_together(bench: Bench) -> None:
    """When a whole document has a flag and an experiment that don't fit, both go on as they were until they fit."""
    _keeps_flag_and_experiment_together(bench, bench.ready(polling="always", poll_interval=0.1))


@trial("server")
def an_experiment_that_cant_be_evaluated_holds_back_its_flag(bench: Bench) -> None:
    """The newest flag waits for an experiment on it that can be evaluated, or for its end; others go on."""
    driver = bench.ready()
    until(bench.streams)
    before = driver.detail("tested")
    disabled = {**BOOLEAN, "enabled": False}
    bench.edge.put("document", {**document(tested=disabled, plain=off()), "experiments": _tested("on", "nowhere")})
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal(driver.detail("tested"), before)
    without = {key: one for key, one in EXPERIMENTS.items() if key != "tested-now"}
    bench.edge.put("document", {**document(tested=disabled), "experiments": without})
    until(lambda: driver.value("plain"))
    has(driver.detail("tested"), value=False, reason="DISABLED", experiment=None)


@trial("server")
def what_never_fitted_is_a_parse_error(bench: Bench) -> None:
    """A flag and an experiment that don't fit, and of which nothing good is held, are PARSE_ERROR until they fit."""
    bench.edge.put("document", document(tested=_NEW_VARIATIONS))
    driver = bench.ready()
    has(driver.detail("tested", default=False), value=False, error_code="PARSE_ERROR")
    bench.edge.put("document", {**document(tested=_NEW_VARIATIONS), "experiments": _tested("on", "no")})
    until(lambda: driver.detail("tested")["experiment"])


@trial("server")
def what_was_never_good_is_a_parse_error(bench: Bench) -> None:
    """A flag of which nothing good is held is PARSE_ERROR; the others are served."""
    bench.edge.put("document", document(norwegian=_ODD, shapeless=["no flag"]))
    driver = bench.ready()
    has(driver.detail("norwegian", default=False), value=False, reason="ERROR", error_code="PARSE_ERROR")
    has(driver.detail("shapeless", default=False), value=False, error_code="PARSE_ERROR")
    equal(driver.value("plain"), True)


@trial("server")
def long_lists_are_read_by_their_chunks(bench: Bench) -> None:
    """Each chunk that is named and not held by its digest is read before the segment is used, and no other one."""
    keys = [f"user-{number}" for number in range(100)]
    lists = {"beta": {"included": keys, "depth": 2}}
    bench.edge.put("document", {**DOCUMENT, "long_lists": lists})
    driver = bench.ready()
    for user, listed in (("user-7", True), ("user-99", True), ("user-100", False), ("bea", True)):
        until(partial(driver.value, "beta-only", user), partial(operator.is_, listed))
    chunks = len(bench.requests("chunk"))
    equal(chunks, 4)
    bench.edge.put("document", {**DOCUMENT, "long_lists": {"beta": {"included": [*keys, "user-100"], "depth": 2}}})
    until(lambda: driver.value("beta-only", "user-100"))
    equal(len(bench.requests("chunk")), chunks + 1)


@trial("server")
def a_list_waits_for_its_chunks(bench: Bench) -> None:
    """While a chunk can't be read the segment stays as it was, and it is read as soon as it can be."""
    bench.edge.put("settings", {"heartbeat": 0.2})
    bench.edge.put("document", {**DOCUMENT, "long_lists": {"beta": {"included": ["user-1"]}}})
    driver = bench.ready()
    until(lambda: driver.value("beta-only", "user-1"))
    until(bench.streams)
    bench.edge.put("behaviour", {"chunk": {"kind": "status", "status": 500, "times": 2}})
    bench.edge.put("document", {**document(plain=off()), "long_lists": {"beta": {"included": ["user-2"]}}})
    until(lambda: len(bench.requests("chunk")) > 2)
    has(driver.detail("beta-only", "user-1"), error_code=None)
    until(lambda: driver.value("beta-only", "user-2"))
    equal(driver.value("beta-only", "user-1"), False)


@trial()
def streams_that_cant_pass_are_polled_for(bench: Bench) -> None:
    """When three streams in a row bring no event while there is a configuration, it is polled."""
    bench.edge.put("behaviour", {bench.stream: "html"})
    driver = bench.ready(poll_interval=0.1)
    until(driver.status, lambda told: told["mode"] == "poll")
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal(driver.status()["state"], "ready")
    holds(len(bench.requests(bench.stream)) >= 3, bench.requests(bench.stream))


@trial()
def a_proxy_that_collects_streams_is_seen(bench: Bench) -> None:
    """A stream that begins and says nothing is broken after the time of silence, and the configuration is polled."""
    bench.edge.put("behaviour", {bench.stream: "buffered"})
    driver = bench.ready(poll_interval=0.1, silence=0.2)
    until(driver.status, lambda told: told["mode"] == "poll")
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)


@trial()
def polling_alone_asks_for_no_stream(bench: Bench) -> None:
    """`polling: always` opens no stream, and asks with the `ETag` that it holds."""
    driver = bench.ready(polling="always", poll_interval=0.1)
    until(lambda: [one["status"] for one in bench.requests(bench.source)].count(304) > 1)
    bench.edge.put("document", document(plain=off()))
    until(lambda: driver.value("plain"), lambda value: value is False)
    equal(bench.requests(bench.stream), [])
    equal(driver.status()["mode"], "poll")


@trial()
def heartbeats_keep_a_stream(bench: Bench) -> None:
    """Heartbeats keep a stream that has nothing to tell; without them it is broken after the time of silence."""
    bench.edge.put("settings", {"heartbeat": 0.1})
    driver = bench.ready(silence=3.0)
    until(bench.streams)
    started = bench.edge.get("state")["at"]
    until(lambda: bench.edge.get("state")["at"] - started > 4.0)
    equal(len(bench.requests(bench.stream)), 1)
    bench.edge.post("streams", {"do": "mute", "endpoint": bench.stream})
    until(lambda: len(bench.requests(bench.stream)) > 1)
    equal(driver.value("plain"), True)


@trial("server")
def a_new_flag_is_served(bench: Bench) -> None:
    """A flag that comes is served, one that goes is FLAG_NOT_FOUND, and a segment changes what is behind it."""
    driver = bench.ready()
    until(bench.streams)
    bench.edge.put(
        "document",
        {**document(newest=ruled(compare("a", "eq", 1)), plain=None), "segments": {"beta": {"included": ["bob"]}}},
    )
    until(lambda: driver.detail("newest", {"key": "ann", "attributes": {"a": 1}})["value"])
    equal(driver.detail("plain")["error_code"], "FLAG_NOT_FOUND")
    has(driver.detail("beta-only", "bob"), value=True, version=2)
    has(driver.detail("text"), value=FLAGS["text"]["variations"]["one"], version=1)
