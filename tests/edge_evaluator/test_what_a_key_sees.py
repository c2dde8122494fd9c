"""What a key can't see changes nothing for it: no version, no entity tag, no event. What it sees is told once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bucketing.flagset import (
    Comparison,
    Experiment,
    ExperimentMode,
    Fixed,
    InSegment,
    Prerequisite,
    Rule,
    Segment,
    Share,
)
from edge_evaluator.settings import EdgeSettings
from messages.generated import config_pb2 as pb
from messages.sdk_keys import KeyKind

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, SEGMENTS, boolean
from tests.edge_evaluator.test_event_streams import following, stream, stream_path
from tests.environment_writer import publish

CONTEXT = {"targetingKey": "u1"}
RULED = next(flag for flag in FLAGS if flag.key == "ruled")
US = Comparison("country", "eq", "US")
EXPERIMENT = Experiment("e", "half", ExperimentMode.ASSIGNS, (Share("on", 5000), Share("off", 5000)), start_at=1)

UNSEEN: dict[str, dict[str, Any]] = {
    "a metric": {"metrics": ["purchase"]},
    "nothing at all, as after another name": {},
    "a hidden flag": {"flags": [boolean("plain", enabled=False)]},
    "a new hidden flag": {"flags": [boolean("hidden")]},
    "a hidden flag that goes": {"removed": [("flag", "plain")]},
    "an unused segment": {"segments": [Segment("unused", frozenset({"u1"}))]},
    "a rule's description": {"flags": [replace(RULED, rules=(replace(RULED.rules[0], description="other"),))]},
    "a flag's description": {"flags": [replace(RULED, description="what it is for")]},
    "what is reported of a hidden flag": {"flags": [boolean("plain", report_exposures=True)]},
    "a draft": {"experiments": [EXPERIMENT], "status": pb.EXPERIMENT_STATUS_DRAFT},
    "a hidden remote config": {"remote_configs": [replace(REMOTE_CONFIGS[2], value={})]},
    "a remote config that stays as it is": {"remote_configs": [REMOTE_CONFIGS[0]]},
    "an experiment on a hidden flag": {"experiments": [replace(EXPERIMENT, flag="plain")]},
}
SEEN: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a flag": ({"flags": [boolean("visible", client_visible=True, enabled=False)]}, {"visible"}),
    "a flag's metadata": ({"flags": [boolean("visible", client_visible=True, metadata={"a": 1})]}, {"visible"}),
    "a segment": ({"segments": [replace(SEGMENTS[0], included=frozenset({"x"}))]}, {"ruled", "page", "page-merged"}),
    "a hidden prerequisite": ({"flags": [boolean("disabled")]}, {"needs-hidden"}),
    "a remote config": ({"remote_configs": [replace(REMOTE_CONFIGS[0], value={})]}, {"page"}),
    "a new remote config": ({"remote_configs": [replace(REMOTE_CONFIGS[0], key="newer")]}, {"newer"}),
    "an experiment": ({"experiments": [EXPERIMENT]}, {"half"}),
}


async def versions(edge: RunningEdge, key: str = CLIENT_KEY) -> dict[str, str]:
    flags = (await edge.bulk(CONTEXT, key=key)).json()["flags"]
    return {flag["key"]: flag["metadata"]["version"] for flag in flags if "metadata" in flag}


async def etag(edge: RunningEdge, key: str = CLIENT_KEY) -> str:
    return str((await edge.bulk(CONTEXT, key=key)).headers["etag"])


@pytest.mark.parametrize("name", UNSEEN)
async def test_what_a_client_can_not_see_changes_nothing_for_it(edge: RunningEdge, name: str) -> None:
    before = (await versions(edge), await etag(edge))
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        await edge.write(**UNSEEN[name])
        assert (await versions(edge), await etag(edge)) == before
        answer = await edge.bulk(CONTEXT, key=CLIENT_KEY, headers={"if-none-match": before[1]})
        assert answer.status_code == 304
        await edge.write(flags=[boolean("seen", client_visible=True)])
        assert json.loads((await following(source))["data"])["etag"].startswith('"3-')


async def test_a_key_changes_nothing_for_another(edge: RunningEdge) -> None:
    before = (await etag(edge), await etag(edge, SERVER_KEY))
    for keys in ([(SERVER_KEY, "server"), (CLIENT_KEY, "client"), ("another", "client")],) * 2:
        await publish(edge.bus, edge.writer.rewrite_keys(keys))
        await edge.serves(edge.writer.version)
    assert (await etag(edge), await etag(edge, SERVER_KEY)) == before
    assert (await edge.get("/v1/environment")).json()["version"] == 3
    assert (await edge.bulk(CONTEXT)).json()["metadata"]["version"] == "3"


@pytest.mark.parametrize("name", SEEN)
async def test_a_change_is_one_of_the_flags_that_depend_on_it(edge: RunningEdge, name: str) -> None:
    change, changed = SEEN[name]
    before, tag = await versions(edge), await etag(edge)
    assert set(before.values()) == {"1"}
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        await edge.write(**change)
        assert json.loads((await following(source))["data"])["type"] == "refetchEvaluation"
    assert await versions(edge) == before | dict.fromkeys(changed, "2")
    assert await etag(edge) != tag


async def test_what_is_reported_is_seen_at_once_and_changes_no_version(edge: RunningEdge) -> None:
    before, tag = await versions(edge), await etag(edge)
    for reported in (True, False):
        async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
            await edge.write(flags=[replace(RULED, report_exposures=reported)])
            assert json.loads((await following(source))["data"])["type"] == "refetchEvaluation"
        assert (await versions(edge), await etag(edge) == tag) == (before, not reported)
        told = (await edge.flag("ruled", CONTEXT, key=CLIENT_KEY)).json()["metadata"]
        assert told.get("reportExposures") == (True if reported else None)


async def test_what_stands_behind_a_dependency_counts_too(edge: RunningEdge) -> None:
    chain = [
        boolean("first", client_visible=True, prerequisites=(Prerequisite("second", "on"),)),
        boolean("second", prerequisites=(Prerequisite("third", "on"),)),
        boolean("third", rules=(Rule("r", InSegment(("outer",)), Fixed("off")),)),
    ]
    segments = [Segment("outer", condition=InSegment(("inner",))), Segment("inner", condition=US)]
    await edge.write(flags=chain, segments=segments)
    assert (await versions(edge))["first"] == "2"
    await edge.write(segments=[Segment("inner", frozenset({"u1"}))])
    assert (await versions(edge))["first"] == "3"
    audience = replace(EXPERIMENT, key="on-third", flag="third", audience=InSegment(("theirs",)))
    await edge.write(experiments=[audience], segments=[Segment("theirs", condition=US)])
    assert (await versions(edge))["first"] == "4"
    await edge.write(segments=[Segment("theirs", frozenset({"u1"}))])
    assert (await versions(edge))["first"] == "5"


async def test_an_experiment_that_is_put_away_has_changed_answers(edge: RunningEdge) -> None:
    await edge.write(experiments=[EXPERIMENT])
    await edge.write(metrics=["purchase"])
    await edge.write(experiments=[EXPERIMENT], status=pb.EXPERIMENT_STATUS_STOPPED, archived=True)
    assert (await versions(edge))["half"] == "4"


async def test_every_edge_tells_the_same_whenever_and_from_whatever_it_started(
    start_edge: StartEdge, tmp_path: Path
) -> None:
    first = await start_edge(edge_snapshot_dir=tmp_path, edge_snapshot_interval_seconds=3600)
    for change, _ in SEEN.values():
        await first.write(**change)
    await first.write(experiments=[EXPERIMENT], status=pb.EXPERIMENT_STATUS_STOPPED, archived=True)
    await first.write(**UNSEEN["a rule's description"])

    async def told(edge: RunningEdge) -> list[object]:
        config = await edge.get("/v1/config")
        by_key = [(await versions(edge, key), await etag(edge, key)) for key in (SERVER_KEY, CLIENT_KEY)]
        return [*by_key, config.headers["etag"], config.json()["flags"]]

    expected = await told(first)
    keeper = first.edge._keeper
    assert keeper is not None
    await keeper.save()
    async with running_edge(EdgeSettings(), flags=(), bus=first.bus) as second:
        await second.serves(first.writer.version)
        assert await told(second) == expected
    async with running_edge(EdgeSettings(edge_snapshot_dir=tmp_path), flags=()) as third:
        await third.serves(first.writer.version)
        assert await told(third) == expected


async def test_documents_are_told_anew_only_where_they_differ(edge: RunningEdge) -> None:
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    config = await edge.get("/v1/config")
    async with stream(edge, "/v1/stream", **headers) as source:
        snapshot = await following(source)
        assert json.loads(snapshot["data"]) == config.json()
        await edge.write(metrics=["purchase"])
        again = await edge.get("/v1/config", if_none_match=config.headers["etag"])
        assert again.status_code == 304
        await edge.write(segments=[replace(SEGMENTS[0], included=frozenset({"x"}))])
        change = json.loads((await following(source))["data"])
        assert (change["version"], list(change["segments"]), change["versions"]) == (
            3,
            ["secret-segment"],
            {"ruled": 3, **{each.key: 3 for each in REMOTE_CONFIGS}},
        )
        await edge.write(**UNSEEN["a rule's description"])
        change = json.loads((await following(source))["data"])
        assert (change["flags"]["ruled"]["rules"][0]["description"], change["versions"]) == ("other", {})
        assert change["flags"]["ruled"]["version"] == 3
    assert (await edge.get("/v1/config")).json()["flags"]["ruled"]["version"] == 3


async def test_clients_that_see_no_change_are_not_woken(edge: RunningEdge) -> None:
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        woken: list[KeyKind] = []
        edge.edge.memory.listen(lambda _, kind: woken.append(kind))
        await edge.write(metrics=["purchase"])
        assert KeyKind.CLIENT not in woken
        await edge.write(flags=[boolean("seen", client_visible=True)])
        assert KeyKind.CLIENT in woken
        await following(source)
