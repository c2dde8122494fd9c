"""Remote configs at the edge: as object flags of OFREP, at addresses of their own, and explained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bucketing.decision import Decision
from bucketing.flagset import (
    Comparison,
    ConfigOverride,
    Experiment,
    ExperimentMode,
    Holdout,
    InSegment,
    RemoteConfig,
    Share,
)
from messages.generated import config_pb2 as pb

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import BANNER, boolean
from tests.edge_evaluator.test_assembly import Feeding, named
from tests.environment_writer import publish
from tests.waiting import until

GOLD = {"columns": 3, "banner": {"text": "Hällo ☃"}, "sizes": [1, 2.5, None]}
BOTH = {"columns": 3, "banner": {"text": "Howdy"}, "sizes": []}
US, GOLDEN = "country=US", "plan=gold"


def metadata(**more: Any) -> dict[str, Any]:
    return {"version": "1", "flagSetId": "shop/production", "ageSeconds": 0, **more}


@pytest.mark.parametrize(
    ("query", "value", "variant", "reason", "overrides"),
    [
        ("user_id=u1", BANNER, "base", "DEFAULT", {}),
        ("user_id=included-user", GOLD, "gold", "TARGETING_MATCH", {"overrides": "gold"}),
        (GOLDEN, GOLD, "gold", "TARGETING_MATCH", {"overrides": "gold"}),
        (f"{US}&{GOLDEN}", BOTH, "gold+us", "TARGETING_MATCH", {"overrides": "gold,us"}),
    ],
    ids=["nobody", "a key of the segment", "the segment's condition", "two"],
)
async def test_a_context_in_the_address_gives_the_merged_object(
    edge: RunningEdge, query: str, value: Any, variant: str, reason: str, overrides: dict[str, str]
) -> None:
    answer = await edge.get(f"/v1/configs/page-merged?{query}")
    told = {"key": "page-merged", "value": value, "variant": variant, "reason": reason}
    assert (answer.status_code, answer.json()) == (200, told | {"metadata": metadata(**overrides)})
    shown = (await edge.get(f"/v1/configs/page-merged?{query}", key=CLIENT_KEY)).json()
    assert shown == told | {"metadata": metadata()}


async def test_one_and_all_are_what_flags_answer(edge: RunningEdge) -> None:
    context = {"targetingKey": "u", "user_id": "u", "country": "US"}
    query = f"user_id=u&{US}"
    for key, expected in ((SERVER_KEY, ["page", "page-bounds", "page-merged"]), (CLIENT_KEY, ["page", "page-merged"])):
        every = (await edge.get(f"/v1/configs?{query}", key=key)).json()
        assert [each["key"] for each in every["configs"]] == expected
        bulk = (await edge.bulk(context, key=key)).json()
        assert every["metadata"] == bulk["metadata"]
        assert all(each in bulk["flags"] for each in every["configs"])
        for config in expected:
            one = await edge.get(f"/v1/configs/{config}?{query}", key=key)
            assert one.content == (await edge.flag(config, context, key=key)).content
            assert one.json() in every["configs"]


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        ("/v1/configs/unknown", SERVER_KEY, 404, "FLAG_NOT_FOUND"),
        ("/v1/configs/plain", SERVER_KEY, 404, "FLAG_NOT_FOUND"),
        ("/v1/configs/page-bounds", CLIENT_KEY, 404, "FLAG_NOT_FOUND"),
        ("/v1/configs?a=1&a=2", SERVER_KEY, 400, "INVALID_CONTEXT"),
        ("/v1/configs/page?a=%00", SERVER_KEY, 400, "INVALID_CONTEXT"),
        ("/v1/configs", "wrong", 401, "GENERAL"),
        ("/v1/configs/page", "wrong", 401, "GENERAL"),
    ],
)
async def test_a_refusal_has_the_form_of_ofrep(edge: RunningEdge, path: str, key: str, status: int, code: str) -> None:
    answer = await edge.get(path, key=key)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


async def test_an_invalid_combination_serves_the_value_and_is_counted(edge: RunningEdge) -> None:
    context = {"country": "US", "plan": "gold"}
    for _ in range(2):
        answer = (await edge.flag("page-bounds", context)).json()
        assert (answer["value"], answer["variant"], answer["reason"]) == ({"min": 1}, "base", "DEFAULT")
        assert answer["metadata"] == metadata(overrides="gold,us", invalid_combination=True)
    await edge.write(flags=[boolean("another")])
    await edge.bulk(context)
    edge.edge._feed.tell_ages()
    lines = (await edge.get("/metrics")).text.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("verdict_edge_invalid_combinations_total{")] == [
        "3.0"
    ]


async def test_an_explanation_tells_each_override(edge: RunningEdge) -> None:
    body = {"flag": "page-merged", "context": {"country": "US"}, "explain": True}
    told = (await edge.post("/v1/evaluate", body)).json()["explanation"]
    assert [(step["step"], step["result"]) for step in told["steps"]] == [
        ("enabled", "passed"),
        ("override", "not matched"),
        ("override", "matched"),
        ("combination", "applied"),
    ]
    assert told["decision"]["overrides"] == ["us"]
    assert not told["segments"]["secret-segment"]["member"]
    first = (await edge.post("/v1/evaluate", body | {"flag": "page", "context": {"plan": "gold"}})).json()
    assert [step["result"] for step in first["explanation"]["steps"]] == ["passed", "matched", "not reached", "applied"]
    bounds = body | {"flag": "page-bounds", "context": {"country": "US", "plan": "gold"}}
    last = (await edge.post("/v1/evaluate", bounds)).json()["explanation"]["steps"][-1]
    assert (last["result"], last["overrides"]) == ("not applied", ["gold", "us"])


PATCHED = (Share("control", 0), Share("wide", 10_000))
ON_PAGE = Experiment(
    "page-test", "page-merged", ExperimentMode.ASSIGNS, PATCHED, 1, patches={"wide": {"columns": 9, "banner": None}}
)


async def test_an_experiment_patches_what_the_overrides_give(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, among all, by OFREP and in a bulk, as the flag of an experiment is answered; an evaluation is reported."""
    offered: list[Decision] = []
    monkeypatch.setattr(edge.edge.evaluator._exposures, "offer", lambda *given: offered.append(given[3]), raising=False)
    context = {"targetingKey": "u", "user_id": "u", "country": "US"}
    before = (await edge.bulk(context)).headers["etag"]
    await edge.write(experiments=[ON_PAGE])
    value = {"columns": 9, "sizes": []}
    answer = (await edge.get(f"/v1/configs/page-merged?user_id=u&{US}")).json()
    assert (answer["value"], answer["variant"], answer["reason"]) == (value, "wide", "SPLIT")
    told = {"experiment": "page-test", "experiments": "page-test:1", "overrides": "us"}
    assert answer["metadata"] == metadata(**told) | {"version": "2", "reportExposures": True}
    assert [(each.variation, each.experiments[0].key) for each in offered] == [("wide", "page-test")]
    bulk = await edge.bulk(context)
    assert (bulk.headers["etag"] == before, answer in bulk.json()["flags"]) == (False, True)
    assert answer in (await edge.get(f"/v1/configs?user_id=u&{US}")).json()["configs"]
    assert (await edge.flag("page-merged", context)).json() == answer
    assert len(offered) == 2
    missing = await edge.get(f"/v1/configs/page-merged?{US}")
    assert (missing.status_code, missing.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assigned = (await edge.get(f"/v1/experiments/page-test/assign?user_id=u&{US}", key=CLIENT_KEY)).json()
    assert (assigned["variation"], assigned["in_experiment"], len(offered)) == ("wide", True, 3)
    await edge.write(experiments=[replace(ON_PAGE, holdouts=(Holdout("all", 10_000),))])
    held_out = (await edge.get(f"/v1/configs/page-merged?user_id=u&{US}")).json()
    assert (held_out["variant"], offered[-1].variation, offered[-1].experiments) == ("us", "us", ())
    await edge.write(experiments=[replace(ON_PAGE, stop_at=2)])
    over = (await edge.get(f"/v1/configs/page-merged?user_id=u&{US}")).json()
    assert (over["variant"], over["metadata"]["experiments"], len(offered)) == ("us", "", 4)


async def test_one_that_can_not_be_read_fails_alone(edge: RunningEdge) -> None:
    edge.writer.version += 1
    broken = edge.writer.entity("remote_config", "broken", remote_config=b'{"key": "broken"}')
    await publish(edge.bus, [broken, edge.writer.manifest()])
    await until(lambda: edge.edge.memory.environments["env-1"].config.version == 2)
    answer = await edge.get("/v1/configs/broken")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "PARSE_ERROR")
    every = (await edge.get("/v1/configs")).json()["configs"]
    assert [each["key"] for each in every if "errorCode" in each] == ["broken"]
    assert (await edge.get("/v1/configs/broken", key=CLIENT_KEY)).status_code == 404


def config(key: str = "c", *overrides: ConfigOverride, **fields: Any) -> RemoteConfig:
    return RemoteConfig(key, {"n": 0}, overrides=overrides, **fields)


def test_what_is_good_stays() -> None:
    feeding = Feeding()
    feeding.write(remote_configs=[config("c", ConfigOverride("o", Comparison("a", "exists"), {"n": 1}))])
    strange = ConfigOverride("o", Comparison("a", "is_telepathic", 1), {"n": 2})
    feeding.write(remote_configs=[config("c", strange), config("d", strange)], flags=[boolean("f")])
    assert named(feeding.problems) == {("remote_config", "c", True), ("remote_config", "d", False)}
    assert (feeding.serves("c", {"a": 1}), feeding.serves("d"), feeding.serves("f")) == ("o", None, "on")
    assert feeding.config is not None
    assert feeding.config.kept == {("remote_config", "c")}
    assert feeding.config.answer_versions.of("c") == 1
    feeding.write(remote_configs=[config("c", ConfigOverride("o", InSegment(("absent",)), {}))])
    assert named(feeding.problems) == {("remote_config", "c", False)}
    feeding.write(removed=[("remote_config", "c")], flags=[boolean("c")])
    assert (feeding.serves("c"), feeding.config.kept) == ("on", frozenset())


def test_an_undecodable_message_keeps_what_was_good() -> None:
    feeding = Feeding()
    feeding.write(remote_configs=[config()])
    feeding.writer.version += 1
    subject, _ = feeding.writer.entity("remote_config", "c", metric=pb.Metric(key="c"))
    feeding.feed([(subject, feeding.writer.entries[subject]), feeding.writer.manifest()])
    assert named(feeding.problems) == {("remote_config", "c", True)}
    assert feeding.serves("c") == "base"


def test_an_experiment_that_can_not_be_evaluated_costs_its_remote_config_nothing() -> None:
    feeding = Feeding()
    feeding.write(remote_configs=[config("c")])
    strange = Experiment("e", "c", ExperimentMode.ASSIGNS, PATCHED, 0, audience=Comparison("a", "is_telepathic"))
    feeding.write(experiments=[strange])
    assert feeding.config is not None
    assert (feeding.serves("c", {"targetingKey": "u"}), feeding.config.flagset.experiments) == ("base", {})
    feeding.write(experiments=[replace(strange, audience=None)])
    assert feeding.serves("c", {"targetingKey": "u"}) == "wide"
