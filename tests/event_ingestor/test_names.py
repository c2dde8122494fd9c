"""Events that name what is not there are taken, and who sends them is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from bucketing.flagset import Fixed, Flag, FlagType
from event_ingestor.admission.events import AdmissionRules, admit
from event_ingestor.admission.names import WARNINGS_MAX, KnownNames, Names
from event_ingestor.authentication.authenticator import Authenticator
from event_ingestor.authentication.key_feed import KeyFeed
from messages.documents import flag_document
from messages.follower_telemetry import FollowerTelemetry
from messages.generated import config_pb2 as pb
from messages.staging import Update
from messages.subjects import config_subject
from prometheus_client import CollectorRegistry
from streams.memory import MemoryBus

from tests.environment_writer import open_stream, publish
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, exposure, metric
from tests.waiting import until


def known() -> KnownNames:
    names = KnownNames({"new-checkout": frozenset({"on", "off"}), "unreadable": None}, {"checkout-test"})
    names.put_metric("purchase", frozenset({"purchase"}))
    names.put_metric("basket", frozenset({"order", "visit"}))
    return names


def warned(*events: dict[str, Any], names: KnownNames | None = None) -> list[tuple[int, str]]:
    admission = admit(json.dumps(events).encode(), AdmissionRules(NOW, names=names or known()))
    assert (admission.accepted, admission.rejected) == (len(events), ())
    return [(each.index, each.code) for each in admission.warnings]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (exposure(), None),
        (exposure(flag="new-chekout"), "unknown_flag"),
        (exposure(variation="onn"), "unknown_variation"),
        (exposure(flag="unreadable", variation="anything"), None),
        (exposure(experiment="other"), "unknown_experiment"),
        (exposure(experiment=None, experiments=[{"key": "checkout-test"}, {"key": "gone"}]), "unknown_experiment"),
        (metric(metric="order"), None),
        (metric(metric="visit"), None),
        (metric(metric="basket"), "unknown_metric"),
        (metric(metric="purchases"), "unknown_metric"),
    ],
    ids=[
        "all is there", "no such flag", "no such variation", "a flag that can't be read", "no such experiment",
        "one of several", "an event", "a denominator", "a metric that counts other events", "a slip",
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_told(event: dict[str, Any], code: str | None) -> None:
    assert warned(metric(), event) == ([] if code is None else [(1, code)])


def test_each_name_is_told_once_and_only_some_are() -> None:
    assert warned(exposure(flag="a"), exposure(flag="a"), exposure(flag="b"), exposure(flag="a", variation="off")) == [
        (0, "unknown_flag"),
        (2, "unknown_flag"),
    ]
    many = [metric(event_id=f"m{number}", metric=f"slip-{number}") for number in range(1000)]
    assert len(warned(*many)) == WARNINGS_MAX


def test_a_flag_that_is_called_like_a_kind_of_thing_hides_no_warning() -> None:
    served = (("metric", "slip"), ("experiment", "gone"))
    flags = [exposure(flag=flag, variation=variation, experiment=None) for flag, variation in served]
    names = KnownNames({"metric": frozenset({"slip"}), "experiment": frozenset({"gone"})})
    slips = [metric(metric="slip"), exposure(flag="metric", variation="slip", experiment="gone")]
    assert warned(*flags, *slips, names=names) == [(2, "unknown_metric"), (3, "unknown_experiment")]


def test_an_event_that_an_experiment_waits_for_is_known_while_it_does() -> None:
    names = known()
    names.put_experiment("waiting", "opened")
    names.put_experiment("other", "opened")
    names.put_experiment("waiting", "closed")
    assert warned(metric(metric="opened"), metric(metric="closed"), names=names) == []
    names.remove_experiment("other")
    assert warned(metric(metric="opened"), metric(metric="closed"), names=names) == [(0, "unknown_metric")]


async def test_a_whole_state_has_what_is_in_it_and_nothing_else() -> None:
    names = Names()
    feed = KeyFeed(Authenticator("s"), names, lambda: None, FollowerTelemetry(CollectorRegistry()))
    held = names.told("e1")
    held.flags["gone"] = frozenset({"on"})
    held.experiments.add("gone")
    held.put_metric("gone", frozenset({"gone"}))
    unreadable = {config_subject("e1", kind, "broken"): "undecodable" for kind in ("flag", "metric", "experiment")}
    await feed.apply(Update("e1", 2, 1, NOW, True, {}, unreadable))
    assert names.known("e1") is not held
    events = [exposure(flag="broken", variation="any", experiment="broken"), metric(metric="broken")]
    assert warned(*events, names=names.known("e1")) == []
    gone = [exposure(flag="gone", experiment=None), metric(metric="gone")]
    assert warned(*gone, names=names.known("e1")) == [(0, "unknown_flag"), (1, "unknown_metric")]


def test_nothing_is_said_of_an_environment_of_which_nothing_is_known() -> None:
    body = json.dumps([exposure(flag="no-such"), metric(metric="none")]).encode()
    assert admit(body, AdmissionRules(NOW)).warnings == ()


def test_a_refused_event_is_not_warned_of_and_a_detail_repeats_nothing() -> None:
    body = json.dumps([exposure(flag="no-such", user_key=""), exposure(flag="secret-name")]).encode()
    admission = admit(body, AdmissionRules(NOW, names=known()))
    assert [(each.index, each.code) for each in admission.warnings] == [(1, "unknown_flag")]
    assert "secret-name" not in admission.warnings[0].detail


async def test_names_come_change_and_go_with_the_versions() -> None:
    bus, names, writer = MemoryBus(), Names(), ConfigWriter("e1")
    feed = KeyFeed(Authenticator("s"), names, lambda: None, FollowerTelemetry(CollectorRegistry()))
    await open_stream(bus)
    following = asyncio.create_task(feed.follow(bus))

    def flag(*variations: str) -> bytes:
        values = {each: each for each in variations}
        return flag_document(Flag("f", FlagType.STRING, values, variations[0], Fixed(variations[0])))

    environment = writer.messages(pb.Environment(sdk_keys=[sdk_key("a")]))[:-1]
    entities = [
        writer.entity("flag", "f", flag=flag("on", "off")),
        writer.entity("metric", "m", metric=pb.Metric(key="m", event="order", denominator_event="visit")),
        writer.entity("experiment", "x", experiment=pb.Experiment(id="1", trigger_event="opened")),
    ]
    await publish(bus, [*environment, *entities, writer.manifest()])
    await until(lambda: (found := names.known("e1")) is not None and "f" in found.flags)
    found = names.known("e1")
    assert found is not None
    assert (found.flags, set(found.events), found.experiments) == (
        {"f": frozenset({"on", "off"})},
        {"order", "visit", "opened"},
        {"x"},
    )

    writer.version += 1
    changed = [
        writer.entity("flag", "f", flag=flag("a", "b", "c")),
        writer.entity("metric", "m", metric=pb.Metric(key="m")),
        writer.gone("experiment", "x"),
    ]
    await publish(bus, [*changed, writer.manifest()])
    await until(lambda: found.flags == {"f": frozenset({"a", "b", "c"})})
    assert (set(found.events), found.experiments) == ({"m"}, set())

    await publish(bus, writer.messages(None))
    await until(lambda: names.known("e1") is None)
    following.cancel()
