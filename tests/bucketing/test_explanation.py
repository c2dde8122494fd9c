"""Explanations: every step of a decision, in order, and no salt unless it is asked for."""

import json
from typing import Any, cast

import pytest
from bucketing import CompiledFlagSet, compile_flagset
from bucketing.document import flagset_from_document
from bucketing.flagset import (
    Comparison,
    ConfigOverride,
    Experiment,
    ExperimentMode,
    FlagSet,
    InSegment,
    RemoteConfig,
    Segment,
    Share,
)

SPLIT = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}}
US = {"attribute": "country", "operator": "eq", "value": "US"}
FLAG = {"type": "boolean", "variations": {"on": True, "off": False}, "off_variation": "off"}
DOCUMENT = {
    "salt": "hidden-salt",
    "version": 9,
    "flags": {
        "base": FLAG | {"default": {"variation": "on"}},
        "off": FLAG | {"default": {"variation": "on"}, "enabled": False},
        "broken": FLAG | {"default": {"variation": "gone"}},
        "f": FLAG
        | {
            "default": SPLIT,
            "prerequisites": [{"flag": "base", "variation": "on"}],
            "targets": [
                {"key": "vip", "variation": "on", "expires_at": 100},
                {"key": "tester", "variation": "off", "expires_at": 100, "override": True},
            ],
            "rules": [
                {"id": "beta", "if": {"and": [US, {"segment": "beta"}]}, "then": {"variation": "on"}},
                {
                    "id": "company",
                    "if": US,
                    "then": {"rollout": {**SPLIT["rollout"], "bucket_by": "company"}},
                },
            ],
        },
        "needs": FLAG | {"default": {"variation": "on"}, "prerequisites": [{"flag": "base", "variation": "off"}]},
    },
    "segments": {
        "beta": {"included": ["member"], "excluded": ["banned"], "if": {"segment": "inner"}},
        "inner": {"if": {"attribute": "plan", "operator": "eq", "value": "pro"}},
    },
    "experiments": {
        "e": {
            "flag": "f",
            "mode": "assigns",
            "variations": SPLIT["rollout"]["variations"],
            "start_at": 50,
            "traffic": 50,
            "audience": {"attribute": "country", "operator": "eq", "value": "FR"},
            "holdouts": [{"key": "h", "share": 10}],
            "layer": {"key": "l", "start": 0, "end": 5000},
        },
        "watch": {
            "flag": "f",
            "mode": "observes",
            "variations": SPLIT["rollout"]["variations"],
            "start_at": 50,
        },
    },
}


@pytest.fixture(scope="module")
def compiled() -> CompiledFlagSet:
    return compile_flagset(flagset_from_document(DOCUMENT))


def steps(compiled: CompiledFlagSet, context: dict[str, Any], now: int = 60, flag: str = "f") -> list[dict[str, Any]]:
    told = compiled.explain(flag, context, now).to_dict()
    json.dumps(told)
    return cast("list[dict[str, Any]]", told["steps"])


def test_the_steps_stand_in_the_order_of_an_evaluation(compiled: CompiledFlagSet) -> None:
    taken = steps(compiled, {"targetingKey": "u1"})
    assert [step["step"] for step in taken] == [
        "enabled",
        "prerequisite",
        "overrides",
        "targets",
        "experiment",
        "rule",
        "rule",
        "default",
        "experiment",
    ]
    assert [step["result"] for step in taken] == [
        "passed",
        "met",
        "no override",
        "no target",
        "not in the audience",
        "not matched",
        "not matched",
        "served",
        "taking part",
    ]


def test_what_was_not_needed_is_not_reached(compiled: CompiledFlagSet) -> None:
    taken = steps(compiled, {"targetingKey": "vip", "country": "US"})
    assert (taken[3]["result"], taken[3]["variation"]) == ("matched", "on")
    assert {step["result"] for step in taken[4:]} == {"not reached"}
    assert steps(compiled, {"targetingKey": "vip"}, now=100)[3]["result"] == "expired"


def test_an_override_is_told_apart_from_a_target(compiled: CompiledFlagSet) -> None:
    tester = {"targetingKey": "tester"}
    taken = steps(compiled, tester)
    assert (taken[2]["step"], taken[2]["result"], taken[2]["variation"]) == ("overrides", "matched", "off")
    assert {step["result"] for step in taken[3:]} == {"not reached"}
    assert compiled.explain("f", tester, 60).to_dict()["decision"]["override"] is True
    assert steps(compiled, tester, now=100)[2]["result"] == "expired"


def test_a_rule_tells_each_condition_and_what_it_found(compiled: CompiledFlagSet) -> None:
    rule = steps(compiled, {"targetingKey": "u1", "country": "DE"})[5]
    assert rule["if"] == {
        "and": [
            {**US, "actual": "DE", "present": True, "matched": False},
            {"segment": "beta", "matched": None},
        ],
        "matched": False,
    }
    missing = steps(compiled, {"targetingKey": "u1"})[5]["if"]["and"][0]
    assert (missing["actual"], missing["present"]) == (None, False)


@pytest.mark.parametrize(
    ("context", "member", "because"),
    [
        ({"targetingKey": "member"}, True, "the key is included"),
        ({"targetingKey": "banned", "plan": "pro"}, False, "the key is excluded"),
        ({"targetingKey": "u1", "plan": "pro"}, True, "the condition matches"),
        ({"targetingKey": "u1"}, False, "the condition does not match"),
    ],
)
def test_memberships_are_told_with_their_reason(
    compiled: CompiledFlagSet, context: dict[str, Any], member: bool, because: str
) -> None:
    told = compiled.explain("f", {**context, "country": "US"}, 60).to_dict()["segments"]
    assert (told["beta"]["member"], told["beta"]["because"]) == (member, because)
    assert ("inner" in told) == ("condition" in because)


def test_a_bucket_is_told_with_the_names_of_its_inputs(compiled: CompiledFlagSet) -> None:
    default = steps(compiled, {"targetingKey": "u1"})[7]
    assert default["inputs"] == {
        "salt": "(hidden)",
        "key": "f",
        "unit": "u1",
        "unit_attribute": "targetingKey",
    }
    owner = next(one for one in default["ranges"] if one["from"] <= default["bucket"] < one["to"])
    assert default["variation"] == owner["variation"]


def test_the_salt_is_told_only_on_request(compiled: CompiledFlagSet) -> None:
    context = {"targetingKey": "u1", "country": "FR"}
    assert "hidden-salt" not in json.dumps(compiled.explain("f", context, 60).to_dict())
    assert "hidden-salt" in json.dumps(compiled.explain("f", context, 60, show_salt=True).to_dict())


def test_a_rule_without_its_unit_is_passed_over(compiled: CompiledFlagSet) -> None:
    assert steps(compiled, {"targetingKey": "u1", "country": "US"})[6]["result"] == "passed over"
    told = compiled.explain("f", {"country": "US", "company": True}, 60)
    assert (told.decision.error_code, told.steps[6]["result"]) == ("INVALID_CONTEXT", "error")


def test_an_experiment_tells_how_far_a_unit_came(compiled: CompiledFlagSet) -> None:
    results = {steps(compiled, {"targetingKey": f"u{number}", "country": "FR"})[4]["result"] for number in range(200)}
    assert results == {"held out", "outside its part of the layer", "outside its traffic", "taking part"}
    assert steps(compiled, {"targetingKey": "u1"}, now=10)[4]["result"] == "not running"
    assert steps(compiled, {"country": "FR"})[4]["result"] == "no usable unit"


def test_an_assignment_tells_ranges_and_variation(compiled: CompiledFlagSet) -> None:
    for number in range(200):
        told = compiled.explain("f", {"targetingKey": f"u{number}", "country": "FR"}, 60)
        step = told.steps[4]
        if step["result"] == "taking part":
            assert told.decision.experiment == "e"
            assert step["assignment"]["variation"] == told.decision.variation
            return
    pytest.fail("no unit takes part")


def test_a_failed_prerequisite_ends_the_trace(compiled: CompiledFlagSet) -> None:
    told = compiled.explain("needs", {}, 0)
    assert (told.decision.prerequisite, told.steps[1]["result"]) == ("base", "failed")
    assert told.steps[-1] == {"step": "default", "result": "not reached"}


@pytest.mark.parametrize(
    ("flag", "context", "code"),
    [("gone", {}, "FLAG_NOT_FOUND"), ("broken", {}, "PARSE_ERROR"), ("f", [], "INVALID_CONTEXT")],
)
def test_an_evaluation_that_never_began_has_no_steps(
    compiled: CompiledFlagSet, flag: str, context: dict[str, Any], code: str
) -> None:
    told = compiled.explain(flag, context, 0)
    assert (told.decision.error_code, told.steps, told.config_version) == (code, (), 9)


def test_a_flag_that_is_off_has_one_step(compiled: CompiledFlagSet) -> None:
    assert steps(compiled, {}, flag="off") == [{"step": "enabled", "result": "off", "variation": "off"}]


@pytest.mark.parametrize("condition", [{"segment": "round"}, {"not": {"segment": "round"}}])
def test_segments_in_a_circle_that_slipped_through_are_told_as_the_error_that_they_are(condition: Any) -> None:
    document = {
        "salt": "s",
        "flags": {
            "f": FLAG
            | {"default": {"variation": "off"}, "rules": [{"id": "r", "if": condition, "then": {"variation": "on"}}]}
        },
        "segments": {
            "round": {"if": {"and": [{"segment": "trip"}]}},
            "trip": {"if": {"not": {"segment": "round"}}},
        },
    }
    told = compile_flagset(flagset_from_document(document)).explain("f", {"targetingKey": "u"}, 0).to_dict()
    json.dumps(told)
    assert told["decision"]["errorCode"] == "GENERAL"
    assert told["steps"][1]["result"] == "not reached"


def test_experiments_on_a_remote_config_stand_behind_its_overrides() -> None:
    override = ConfigOverride("de", Comparison("country", "eq", "DE"), {"m": 1})
    config = RemoteConfig("c", {"n": 0}, overrides=(override,))
    shares = (Share("control", 0), Share("wide", 10_000))
    patches = {"wide": {"n": 1}}
    experiment = Experiment(
        "e", "c", ExperimentMode.ASSIGNS, shares, 0, audience=Comparison("plan", "not_exists"), patches=patches
    )
    compiled = compile_flagset(FlagSet("s", remote_configs={"c": config}, experiments={"e": experiment}))
    taken = steps(compiled, {"targetingKey": "u", "country": "DE"}, flag="c")
    assert [(step["step"], step["result"]) for step in taken] == [
        ("enabled", "passed"),
        ("override", "matched"),
        ("combination", "applied"),
        ("experiment", "taking part"),
    ]
    assert (taken[2]["variation"], taken[3]["assignment"]["variation"], taken[3]["value"]) == ("de", "wide", {"n": 1})
    assert steps(compiled, {"targetingKey": "u", "plan": "pro"}, flag="c")[3]["result"] == "not in the audience"
    told = compiled.explain("c", {"country": "DE"}, 60)
    assert [step["step"] for step in told.steps] == ["enabled", "override", "experiment"]
    assert told.steps[2]["result"] == "no usable unit"


def test_an_experiment_comes_to_a_remote_config_and_goes() -> None:
    shares, audience = (Share("control", 0), Share("wide", 10_000)), InSegment(("payers",))
    experiment = Experiment(
        "e", "c", ExperimentMode.ASSIGNS, shares, 0, audience=audience, patches={"wide": {"n": None, "m": 1}}
    )
    compiled = compile_flagset(FlagSet("s", remote_configs={"c": RemoteConfig("c", {"n": 0})}))
    with_experiment = compiled.updated(version=2, experiments={"e": experiment})
    assert list(with_experiment.unresolved) == ["c"]
    resolved = with_experiment.updated(version=3, segments={"payers": Segment("payers", frozenset({"u"}))})
    assert resolved.evaluate("c", {"targetingKey": "u"}, 0).value == {"m": 1}
    assert resolved.evaluate("c", {"targetingKey": "v"}, 0).value == {"n": 0}
    assert resolved.evaluate_all({"targetingKey": "u"}, 0) == [resolved.evaluate("c", {"targetingKey": "u"}, 0)]
    assert resolved.updated(version=4, experiments={"e": None}).evaluate("c", {"targetingKey": "u"}, 0).value == {
        "n": 0
    }


@pytest.mark.parametrize("mode", ["assigns", "observes"])
def test_an_audience_that_cannot_be_told_is_told_as_an_error(mode: str) -> None:
    experiment = DOCUMENT["experiments"]["watch"] | {"mode": mode, "audience": {"segment": "long"}}  # type: ignore[index]
    compiled = compile_flagset(
        flagset_from_document(
            {
                "salt": "",
                "flags": {"f": FLAG | {"default": {"variation": "on"}}},
                "segments": {"long": {"long_list": {"included": 1, "excluded": 0, "digest": "0" * 64}}},
                "experiments": {"e": experiment},
            }
        )
    )
    told = compiled.explain("f", {"targetingKey": "ann"}, 60).to_dict()
    step = next(each for each in told["steps"] if each["step"] == "experiment")
    assert (told["decision"]["errorCode"], step["result"]) == ("PARSE_ERROR", "error")
