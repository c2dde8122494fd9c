"""What an answer tells of how its exposure is reported: the split, the unit, and whether one is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from bucketing.flagset import Comparison, Experiment, ExperimentMode, Fixed, Rollout, Rule, Share

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import HALVES, boolean

BY_RULE = boolean(
    "by-rule",
    client_visible=True,
    rules=(Rule("gradual", Comparison("plan", "eq", "gold"), HALVES),),
    default=Fixed("off"),
)


async def told(edge: RunningEdge, flag: str, context: dict[str, Any], key: str = SERVER_KEY) -> dict[str, Any]:
    """The flag's metadata, which are the same however it is asked for, however often."""
    every = []
    for _ in range(3):
        single = (await edge.flag(flag, context, key=key)).json()["metadata"]
        bulk = (await edge.bulk(context, key=key)).json()["flags"]
        every += [single, next(each["metadata"] for each in bulk if each["key"] == flag)]
    one = (await edge.post("/v1/evaluate", {"flag": flag, "context": context}, key=key)).json()["metadata"]
    assert all(each == one for each in every)
    return dict(one)


@pytest.mark.parametrize("key", [SERVER_KEY, CLIENT_KEY])
async def test_the_split_that_decided(edge: RunningEdge, key: str) -> None:
    await edge.write(flags=[BY_RULE])
    assert (await told(edge, "half", {"targetingKey": "u"}, key))["split"] == "$default"
    assert (await told(edge, "by-rule", {"targetingKey": "u", "plan": "gold"}, key))["split"] == "gradual"
    assert "split" not in await told(edge, "by-rule", {"targetingKey": "u"}, key)
    assert "split" not in await told(edge, "visible", {"targetingKey": "u"}, key)


@pytest.mark.parametrize("key", [SERVER_KEY, CLIENT_KEY])
async def test_the_unit_where_it_is_not_the_user(edge: RunningEdge, key: str) -> None:
    """Also of contexts that differ in the unit alone and get the same decision, and of those that come again."""
    for _ in range(2):
        for company in ("acme", "umbrella", 'quo"ted', "grünwald", "initech"):
            unit = await told(edge, "by-company", {"targetingKey": "u", "company": company}, key)
            assert unit["unitKey"] == company
    assert (await told(edge, "by-company", {"company": 7}, key))["unitKey"] == "7"
    assert "unitKey" not in await told(edge, "by-company", {"company": "x" * 513}, key)
    assert "unitKey" not in await told(edge, "half", {"targetingKey": "u", "company": "acme"}, key)


async def test_the_unit_of_an_experiment_on_a_remote_config(edge: RunningEdge) -> None:
    wide = Experiment(
        "page-test",
        "page",
        ExperimentMode.ASSIGNS,
        (Share("control", 0), Share("wide", 10_000)),
        1,
        bucket_by="company",
        patches={"wide": {"columns": 9}},
    )
    await edge.write(experiments=[wide])
    for company in ("acme", "umbrella"):
        metadata = await told(edge, "page", {"targetingKey": "u", "company": company})
        assert (metadata["unitKey"], metadata["reportExposures"]) == (company, True)
        listed = (await edge.get(f"/v1/configs?user_id=u&company={company}")).json()["configs"]
        assert next(each["metadata"]["unitKey"] for each in listed if each["key"] == "page") == company


async def test_usage_is_counted_by_answers_without_the_unit(edge: RunningEdge) -> None:
    """Units are many; what is counted stays as small as the answers."""
    for number in range(20):
        context = {"targetingKey": "u", "company": f"company-{number}"}
        await edge.flag("by-company", context)
        await edge.bulk(context)
    counted: set[bytes] = set()
    for tally in edge.edge.evaluator.tallies.all():
        for counts in tally.values():
            counted |= {*counts.answers, *counts._bulk}
    assert not [each for each in counted if b"unitKey" in each]


async def test_what_is_reported(edge: RunningEdge) -> None:
    context = {"targetingKey": "u"}
    assert (await told(edge, "reported", context))["reportExposures"] is True
    assert "reportExposures" not in await told(edge, "plain", context)


async def test_a_split_by_a_unit_of_a_rule(edge: RunningEdge) -> None:
    rule = Rule("gradual", Comparison("plan", "eq", "gold"), Rollout(HALVES.shares, "company"))
    await edge.write(flags=[boolean("by-rule", rules=(rule,))])
    metadata = await told(edge, "by-rule", {"targetingKey": "u", "plan": "gold", "company": "acme"})
    assert (metadata["split"], metadata["unitKey"]) == ("gradual", "acme")
