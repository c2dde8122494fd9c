"""What evaluations report by themselves: exposures and usage."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import Counter
from typing import Any

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, has, holds
from sdk_trials.sample import DOCUMENT, EXPERIMENTS, STARTED
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_QUIET: dict[str, Any] = {"usage": False}


def _sent(bench: Bench, driver: Driver, kind: str = "exposure") -> list[dict[str, Any]]:
    equal(driver.ask("flush", timeout=10), True, "flush")
    return bench.events(kind)


@trial()
def an_exposure_says_what_was_decided(bench: Bench) -> None:
    """An exposure has the experiments with their phases, the answer's version, and an id that is a UUIDv7."""
    driver = bench.ready(**_QUIET)
    variant = driver.detail("tested", "ann")["variant"]
    (event,) = _sent(bench, driver)
    has(
        event,
        type="exposure",
        user_key="ann",
        flag="tested",
        variation=variant,
        experiment="tested-now",
        experiments=[{"key": "tested-now", "phase": 2}],
        config_version=1,
    )
    holds(_UUID7(event["event_id"]), event)
    holds(not event.get("override") and not event.get("unit_key"), event)


@trial()
def attributes_are_those_that_are_named(bench: Bench) -> None:
    """`context` has the attributes that flag and environment name as `exposure_attributes`, without private ones;
    integers of 64 bits stay exact, `unit_key` and `split` are told."""
    of_the_environment = ["country", "order", "secret"]
    bench.edge.put("environment", {"exposure_attributes": of_the_environment})
    driver = bench.ready(private_attributes=["secret"], **_QUIET)
    attributes = {"plan": "pro", "secret": "s3cret", "country": "NO", "age": 7, "company": "acme"}
    user = {"key": "ann", "attributes": {**attributes, "order": {"$integer": "9007199254740993"}}}
    variant = driver.detail("reported", user)["variant"]
    (event,) = _sent(bench, driver)
    has(event, flag="reported", variation=variant, experiments=[], unit_key="acme", split="$default")
    of_the_flag = {"plan": "pro"} if bench.kind == "server" else {}
    equal(event["context"], {**of_the_flag, "country": "NO", "order": 9007199254740993})
    holds("s3cret" not in str(bench.events("exposure")), bench.events("exposure"))


@trial()
def an_override_is_told(bench: Bench) -> None:
    """The exposure of an overridden unit says so and belongs to no experiment."""
    driver = bench.ready(**_QUIET)
    equal(driver.value("overridden", "tester"), False)
    (event,) = _sent(bench, driver)
    has(event, flag="overridden", variation="off", override=True, experiments=[])


@trial()
def only_what_asks_for_it_is_exposed(bench: Bench) -> None:
    """Experiments, `report_exposures`, and remote configs on which one is under way; never an error, a user without
    key, `all_flags` or `explain`."""
    driver = bench.ready(**_QUIET)
    for flag in ("plain", "text", "disabled", "half", "nowhere"):
        driver.detail(flag, default=None)
    driver.detail("reported", {"attributes": {"company": "acme"}}, default=False)
    driver.detail("tested", {}, default=False)
    driver.detail("tested", type="string", default="mine")
    driver.ask("all_flags", user="ann")
    if bench.kind == "server":
        driver.ask("explain", flag="tested", user="ann")
    driver.ask("config", key="page", user="ann", default={})
    equal(_sent(bench, driver), [])
    driver.ask("config", key="page-tried", user="ann", default={})
    driver.detail("tested")
    equal(sorted(event["flag"] for event in _sent(bench, driver)), ["page-tried", "tested"])


@trial("server")
def a_config_is_exposed_while_its_experiment_is_under_way(bench: Bench) -> None:
    """An experiment on a remote config is under way from its start until before its stop."""
    still = EXPERIMENTS["page-now"]
    times = {"later": {"start_at": 4_000_000_000_000}, "over": {"stop_at": STARTED + 1}, "now": {}}
    configs = {key: {"value": {"columns": 2}} for key in times}
    experiments = {f"{key}-tried": {**still, "flag": key, **more} for key, more in times.items()}
    bench.edge.put("document", {**DOCUMENT, "remote_configs": configs, "experiments": experiments})
    driver = bench.ready(**_QUIET)
    for key in times:
        driver.ask("config", key=key, user="ann", default={})
    equal([event["flag"] for event in _sent(bench, driver)], ["now"])


@trial()
def an_exposure_is_told_once(bench: Bench) -> None:
    """One per user, flag, variation and membership in ten minutes, however often it is evaluated."""
    driver = bench.ready(**_QUIET)
    for _ in range(50):
        driver.detail("tested", "ann")
    until(bench.streams)
    users = ["ann"] if bench.kind == "client" else ["ann", "bob", "cid"]
    driver.ask("hammer", flags=["tested"], users=users, per_second=2000)
    until(lambda: len(bench.events("exposure")) >= len(users))
    driver.ask("hammered")
    equal(sorted(event["user_key"] for event in _sent(bench, driver)), users)


@trial()
def exposures_may_be_manual_or_off(bench: Bench) -> None:
    """`manual`: only `track_exposure` reports; `off`: nothing does."""
    with bench.ready(exposures="off", **_QUIET) as none:
        none.detail("tested")
        none.ask("track_exposure", flag="tested", user="ann")
        equal(_sent(bench, none), [])
    manual = bench.ready(exposures="manual", **_QUIET)
    manual.detail("tested")
    equal(_sent(bench, manual), [])
    manual.ask("track_exposure", flag="tested", user="ann")
    manual.ask("track_exposure", flag="plain", user="ann")
    equal(sorted(event["flag"] for event in _sent(bench, manual)), ["plain", "tested"])


@trial("server")
def a_private_unit_is_told_to_nobody(bench: Bench) -> None:
    """Where `bucket_by` names a private attribute there is no `unit_key`, unless keys are hashed."""
    user = {"key": "ann", "attributes": {"company": "acme", "plan": "pro"}}
    with bench.ready(private_attributes=["company"], **_QUIET) as driver:
        driver.detail("reported", user)
        (event,) = _sent(bench, driver)
    has(event, user_key="ann", context={"plan": "pro"})
    holds(not event.get("unit_key") and "acme" not in str(event), event)
    driver = bench.ready(private_attributes=["company"], hash_keys_with="pepper", **_QUIET)
    driver.detail("reported", user)
    _, event = _sent(bench, driver)
    has(event, unit_key=hmac.new(b"pepper", b"acme", hashlib.sha256).hexdigest())


@trial("server")
def keys_may_be_hashed(bench: Bench) -> None:
    """`hash_keys_with`: user and unit keys in events are HMAC-SHA-256 in hex, and the key is no attribute either."""
    bench.edge.put("environment", {"exposure_attributes": ["targetingKey"]})
    driver = bench.ready(hash_keys_with="pepper", **_QUIET)
    driver.detail("reported", {"key": "ann", "attributes": {"company": "acme"}})
    driver.ask("track_metric", name="purchase", user="ann")
    (exposure,) = _sent(bench, driver)
    hashed = {text: hmac.new(b"pepper", text.encode(), hashlib.sha256).hexdigest() for text in ("ann", "acme")}
    has(exposure, user_key=hashed["ann"], unit_key=hashed["acme"], context={})
    equal([event["user_key"] for event in bench.events("metric")], [hashed["ann"]])


@trial()
def usage_is_counted_and_sent(bench: Bench) -> None:
    """Usage is counted by flag, variation, reason and error, names nobody, and adds up; `all_flags` counts as bulk."""
    driver = bench.ready(usage_interval=0.2)
    for _ in range(30):
        driver.detail("plain")
    for _ in range(4):
        driver.detail("nowhere", default=1)
    driver.detail("text", type="integer", default=1)
    driver.ask("all_flags", user="ann")
    wanted: dict[tuple[str, Any, str, Any, bool], int] = {
        ("plain", "on", "STATIC", None, False): 30,
        ("nowhere", None, "ERROR", "FLAG_NOT_FOUND", False): 4,
        ("text", None, "ERROR", "TYPE_MISMATCH", False): 1,
    }
    if bench.kind == "server":
        wanted["plain", "on", "STATIC", None, True] = 1
    until(lambda: {way: count for way, count in _usage(bench).items() if way in wanted}, lambda found: found == wanted)
    for event in bench.events("usage"):
        holds("ann" not in str(event) and "user_key" not in event, event)
        for one in event["counts"]:
            holds(re.fullmatch(r"(python|node|go|web)/\d\S*", one["sdk"]), one)


@trial()
def usage_may_be_off(bench: Bench) -> None:
    """`usage` false: nothing is counted."""
    driver = bench.ready(usage=False, usage_interval=0.05)
    driver.detail("plain")
    time.sleep(0.3)
    driver.ask("close", timeout=5)
    equal(bench.events("usage"), [])


def _usage(bench: Bench) -> Counter[tuple[str, Any, str, Any, bool]]:
    found: Counter[tuple[str, Any, str, Any, bool]] = Counter()
    for event in bench.events("usage"):
        for one in event["counts"]:
            way = (one["flag"], one.get("variation") or None, one["reason"], one.get("error") or None)
            found[*way, bool(one.get("bulk"))] += one["count"]
    return found
