"""`/v1/experiments/{key}/assign`: who takes part gets what the flag serves, everybody else the control."""

from __future__ import annotations

from typing import Any

import pytest
from bucketing.decision import Decision
from bucketing.flagset import BUCKET_COUNT, Comparison, Experiment, ExperimentMode, Fixed, Holdout, Rule, Share, Target
from messages.documents import experiment_document
from messages.generated import config_pb2 as pb

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import boolean
from tests.environment_writer import publish

HALVES = (Share("off", 5000), Share("on", 5000))
PAYING = Comparison("free", "not_exists")
FLAGS = (
    boolean(
        "tested",
        client_visible=True,
        report_exposures=True,
        rules=(Rule("all", Comparison("ruled", "exists"), Fixed("on")),),
        targets=(Target("chosen", "on"), Target("late", "on", 1), Target("tester", "on", override=True)),
    ),
    boolean("over"),
    boolean("paused", default=Fixed("off")),
)


def on(flag: str, **changes: Any) -> Experiment:
    given: dict[str, Any] = {"mode": ExperimentMode.ASSIGNS, "shares": HALVES, "start_at": 1}
    return Experiment(f"on-{flag}", flag, **(given | changes))


EXPERIMENTS = (
    on("tested", audience=PAYING),
    on("by-company", bucket_by="company"),
    on("visible", holdouts=(Holdout("all", BUCKET_COUNT),)),
    on("over", stop_at=2),
    on("paused", shares=(Share("off", 0), Share("on", 10_000)), paused=True),
    on("greeting", shares=(Share("bye", 5000), Share("hello", 5000)), start_at=2**45),
    on("disabled"),
    on("plain"),
    on("nowhere"),
    on("needs-hidden", mode=ExperimentMode.OBSERVES),
)


@pytest.fixture(autouse=True)
async def experiments(edge: RunningEdge) -> None:
    await edge.write(flags=FLAGS, experiments=EXPERIMENTS)


async def assigned(edge: RunningEdge, flag: str, query: str, key: str = SERVER_KEY) -> dict[str, Any]:
    answer = await edge.get(f"/v1/experiments/on-{flag}/assign?{query}", key=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found.pop("experiment") == f"on-{flag}"
    return found


async def test_who_takes_part_gets_what_the_flag_serves(edge: RunningEdge) -> None:
    seen = set()
    for user in (f"u{number}" for number in range(12)):
        served = (await edge.flag("tested", {"targetingKey": user})).json()
        assert served["metadata"]["experiment"] == "on-tested"
        expected = {"unit": user, "variation": served["variant"], "in_experiment": True, "reason": "SPLIT"}
        for key in (SERVER_KEY, CLIENT_KEY):
            assert await assigned(edge, "tested", f"user_id={user}", key) == expected
            body = {"context": {"targetingKey": user}}
            posted = await edge.post("/v1/experiments/on-tested/assign", body, key=key)
            assert posted.json() == {"experiment": "on-tested"} | expected
        seen.add(served["variant"])
    assert seen == {"on", "off"}
    by_company = await assigned(edge, "by-company", "user_id=u1&company=7")
    assert (by_company["unit"], by_company["in_experiment"]) == ("7", True)


@pytest.mark.parametrize(
    ("flag", "query", "unit", "variation", "reason"),
    [
        ("tested", "user_id=u1&free=1", "u1", "off", "DEFAULT"),
        ("tested", "user_id=u1&free=1&ruled=1", "u1", "off", "DEFAULT"),
        ("tested", "user_id=late&free=1", "late", "off", "DEFAULT"),
        ("by-company", "user_id=u1", None, "off", "DEFAULT"),
        ("visible", "user_id=u1", "u1", "off", "DEFAULT"),
        ("greeting", "user_id=u1", "u1", "bye", "DEFAULT"),
        ("disabled", "user_id=u1", "u1", "off", "DISABLED"),
        ("needs-hidden", "user_id=u1", "u1", "off", "DEFAULT"),
    ],
    ids=["audience", "a rule", "an expired target", "no unit", "held out", "not begun", "off", "prerequisite"],
)
async def test_who_does_not_gets_the_control(
    edge: RunningEdge, flag: str, query: str, unit: str | None, variation: str, reason: str
) -> None:
    expected = {"unit": unit, "variation": variation, "in_experiment": False, "reason": reason}
    assert await assigned(edge, flag, query) == expected


@pytest.mark.parametrize(
    ("flag", "user", "reason"),
    [
        ("tested", "tester", "TARGETING_MATCH"),
        ("tested", "chosen", "TARGETING_MATCH"),
        ("over", "u1", "STATIC"),
        ("paused", "u1", "SPLIT"),
    ],
    ids=["an override", "a target", "an experiment that is over", "one that is paused"],
)
async def test_what_was_chosen_by_hand_before_or_afterwards_stays(
    edge: RunningEdge, flag: str, user: str, reason: str
) -> None:
    expected = {"unit": user, "variation": "on", "in_experiment": False, "reason": reason}
    assert await assigned(edge, flag, f"user_id={user}") == expected


async def test_the_control_is_the_one_that_was_named(edge: RunningEdge) -> None:
    edge.writer.version += 1
    named = pb.Experiment(
        status=pb.EXPERIMENT_STATUS_RUNNING,
        control_variation="on",
        document=experiment_document(on("tested", audience=PAYING)),
    )
    message = edge.writer.entity("experiment", "on-tested", experiment=named)
    await publish(edge.bus, [message, edge.writer.manifest()])
    await edge.serves(edge.writer.version)
    assert (await assigned(edge, "tested", "user_id=u1&free=1"))["variation"] == "on"
    await edge.write(flags=[boolean("another")])
    assert (await assigned(edge, "tested", "user_id=u1&free=1"))["variation"] == "on"


@pytest.mark.parametrize(
    ("experiment", "query", "key", "status", "code"),
    [
        ("unknown", "user_id=u1", SERVER_KEY, 404, "FLAG_NOT_FOUND"),
        ("on-nowhere", "user_id=u1", SERVER_KEY, 404, "FLAG_NOT_FOUND"),
        ("on-nowhere", "user_id=u1", CLIENT_KEY, 404, "FLAG_NOT_FOUND"),
        ("on-tested", "", CLIENT_KEY, 400, "TARGETING_KEY_MISSING"),
        ("on-by-company", "user_id=u1&company=true", SERVER_KEY, 400, "INVALID_CONTEXT"),
        ("on-tested", "a=1&a=2", SERVER_KEY, 400, "INVALID_CONTEXT"),
        ("on-tested", "user_id=u1&expose=perhaps", SERVER_KEY, 400, "GENERAL"),
        ("on-tested", "user_id=u1", "wrong", 401, "GENERAL"),
    ],
)
async def test_a_refusal_has_the_form_of_ofrep(
    edge: RunningEdge, experiment: str, query: str, key: str, status: int, code: str
) -> None:
    answer = await edge.get(f"/v1/experiments/{experiment}/assign?{query}", key=key)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


async def test_an_experiment_on_a_hidden_flag_is_like_none(edge: RunningEdge) -> None:
    answers = [
        await edge.get(f"/v1/experiments/{experiment}/assign?user_id=u1", key=CLIENT_KEY)
        for experiment in ("on-plain", "unknown")
    ]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].text.replace("on-plain", "?") == answers[1].text.replace("unknown", "?")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user_id": "u1"}, "user_id"),
        ({"context": 1}, "context"),
        ({"context": {}, "expose": 1}, "expose"),
        (b"[]", "body"),
        (b"{", "body"),
    ],
    ids=["no context", "context is a number", "expose is a number", "no object", "no JSON"],
)
async def test_a_wrong_body_is_refused_by_its_field(edge: RunningEdge, body: Any, field: str) -> None:
    answer = await edge.post("/v1/experiments/on-tested/assign", body)
    assert answer.status_code == 400
    assert field in answer.json()["errorDetails"]


async def test_an_exposure_is_reported_when_the_flag_or_the_request_says_so(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[Decision] = []
    monkeypatch.setattr(edge.edge.evaluator._exposures, "offer", lambda *given: offered.append(given[3]), raising=False)
    path = "/v1/experiments/on-{}/assign"
    await edge.get(path.format("visible") + "?user_id=u1")
    await edge.post(path.format("visible"), {"context": {"targetingKey": "u1"}, "expose": False})
    assert offered == []
    await edge.get(path.format("visible") + "?user_id=u1&expose=true")
    await edge.post(path.format("visible"), {"context": {"targetingKey": "u1"}, "expose": True})
    await edge.get(path.format("tested") + "?user_id=u1")
    told = [(each.flag, each.variation, [one.key for one in each.experiments]) for each in offered]
    served = (await edge.flag("tested", {"targetingKey": "u1"})).json()["variant"]
    assert told == [("visible", "off", [])] * 2 + [("tested", served, ["on-tested"])]
