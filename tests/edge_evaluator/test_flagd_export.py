"""Flags in flagd's form: its evaluator serves what this engine serves; what it couldn't is left out with the reason."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from bucketing.compiled import compile_flagset
from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    InSegment,
    Not,
    RemoteConfig,
    Rule,
    Segment,
    Share,
    Target,
)
from bucketing.long_lists import LongList
from edge_evaluator.flagd_export.conditions import NODES_MAX
from edge_evaluator.flagd_export.flags import Export, exported
from edge_evaluator.memory.environment import EnvironmentConfig
from messages.generated import config_pb2 as pb
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from tests.edge_evaluator.running_edge import CLIENT_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import FLAGS, HALVES, REMOTE_CONFIGS, SEGMENTS, boolean

NOW = 1_700_000_000_000
SEEDS = range(40)
VALUES: list[Any] = ["US", "DE", "", "5", "1", "true", "True", "null", 0, 1, 5, 5.0, 1.5, -3, True, False, None]
VALUES += [[], ["US"], ["DE", 5], [True], [1], [None, "5"], [["US"]], {}, {"US": 1}, "USA", "a US b", 2**60, 0.1]
TEXTS = ["US", "DE", "", "5", "true", "S", "a"]
LITERALS: list[Any] = [*TEXTS, 0, 1, 5, 5.0, 1.5, True, False]
ATTRIBUTES = ["country", "age", "plan", "targetingKey"]
USERS = [None, "u1", "u2", "US", "5"]


LISTS: list[Any] = [[], ["US"], ["5", 5], [True], [1], [0, False, "DE"], [1.5]]
NUMBERS: list[Any] = [0, 1, 5, 5.0, 1.5, -3]
NOTHING: list[Any] = [None]
OPERATORS: dict[str, list[Any]] = {
    **dict.fromkeys(("eq", "ne"), LITERALS),
    **dict.fromkeys(("in", "not_in"), LISTS),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), NUMBERS),
    **dict.fromkeys(("contains", "not_contains", "starts_with", "ends_with"), TEXTS),
    **dict.fromkeys(("exists", "not_exists"), NOTHING),
}
"""Those that are exported, with literals."""


def drawn_condition(chance: random.Random, depth: int = 3) -> Condition:
    kind = chance.choice(["comparison"] * 5 + (["all", "any", "not", "segment"] if depth else []))
    if kind in ("all", "any"):
        parts = tuple(drawn_condition(chance, depth - 1) for _ in range(chance.randint(1, 3)))
        return AllOf(parts) if kind == "all" else AnyOf(parts)
    if kind == "not":
        return Not(drawn_condition(chance, depth - 1))
    if kind == "segment":
        return InSegment(tuple(chance.sample(["s1", "s2"], chance.randint(1, 2))))
    operator = chance.choice(sorted(OPERATORS))
    return Comparison(chance.choice(ATTRIBUTES), operator, chance.choice(OPERATORS[operator]))


def drawn_flag(chance: random.Random) -> Flag:
    rules = tuple(
        Rule(f"rule-{number}", drawn_condition(chance), Fixed(chance.choice("abc")))
        for number in range(chance.randint(0, 3))
    )
    targets = tuple(
        Target(key, chance.choice("abc"), override=chance.random() < 0.3)
        for key in chance.sample(["u1", "u2", "US"], chance.randint(0, 2))
    )
    variations = {"a": "A", "b": "B", "c": "C"}
    return Flag("flag", FlagType.STRING, variations, "c", Fixed("a"), targets=targets, rules=rules)


def drawn_segments(chance: random.Random) -> list[Segment]:
    def keys() -> frozenset[str]:
        return frozenset(chance.sample(["u1", "u2", "5", "x"], chance.randint(0, 2)))

    included = keys()
    return [
        Segment("s1", included, keys() - included, drawn_condition(chance, 0) if chance.random() < 0.7 else None),
        Segment("s2", keys(), frozenset(), InSegment(("s1",)) if chance.random() < 0.5 else None),
    ]


def environment(flags: Iterable[Flag], segments: Iterable[Segment] = (), **more: dict[str, Any]) -> EnvironmentConfig:
    flagset = FlagSet("salt", 1, {each.key: each for each in flags}, {each.key: each for each in segments}, **more)
    return EnvironmentConfig(
        "env-1", pb.Environment(key="production", project_key="shop"), 1, 1, "", 0, compile_flagset(flagset), (), {}
    )


def flagd(export: Export) -> FlagdCore:
    core = FlagdCore()
    # It changes what it is given.
    core.set_flags({"flags": {key: dict(each) for key, each in export.document["flags"].items()}})
    return core


class Case(NamedTuple):
    """What a flag serves to a context here."""

    flag: str
    context: dict[str, Any]
    variant: str | None


class Group(NamedTuple):
    """An environment, and cases of it."""

    config: EnvironmentConfig
    cases: list[Case]

    @classmethod
    def of(cls, config: EnvironmentConfig, asked: Iterable[tuple[str, dict[str, Any]]]) -> Group:
        evaluate = config.compiled.evaluate
        return cls(config, [Case(key, context, evaluate(key, context, NOW).variation) for key, context in asked])


def drawn_group(seed: int) -> Group:
    """Drawn rules, targets and segments for drawn contexts."""
    chance = random.Random(seed)
    config = environment([drawn_flag(chance)], drawn_segments(chance))
    asked: list[tuple[str, dict[str, Any]]] = []
    for _ in range(150):
        user = chance.choice(USERS)
        attributes = {name: chance.choice(VALUES) for name in ATTRIBUTES[:3] if chance.random() < 0.8}
        asked.append(("flag", attributes if user is None else {**attributes, "targetingKey": user}))
    return Group.of(config, asked)


def operator_group(operator: str) -> Group:
    """Every literal of the operator with every value."""
    conditions = [Comparison("v", operator, literal) for literal in OPERATORS[operator]]
    flags = [
        boolean(f"flag-{number}", rules=(Rule("r", each, Fixed("off")),)) for number, each in enumerate(conditions)
    ]
    users: list[dict[str, Any]] = [{"targetingKey": "u"}, *({"targetingKey": "u", "v": value} for value in VALUES)]
    return Group.of(environment(flags), [(flag.key, user) for flag in flags for user in users])


def differing(group: Group) -> list[tuple[Case, Any]]:
    """Cases that flagd answers otherwise."""
    export = exported(group.config, NOW)
    assert export.left_out == {}
    core = flagd(export)
    found: list[tuple[Case, Any]] = []
    for case in group.cases:
        attributes = dict(case.context)
        user = EvaluationContext(attributes.pop("targetingKey", None), attributes)
        resolve: Any = core.resolve_boolean_value if case.flag.startswith("flag-") else core.resolve_string_value
        told = resolve(case.flag, case.flag.startswith("flag-") or "default", user)
        if told.variant != case.variant:
            found.append((case, told.variant))
    return found


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed-{seed}")
def test_flagd_serves_the_same_to_any_context(seed: int) -> None:
    assert differing(drawn_group(seed)) == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_means_the_same_for_every_literal_and_value(operator: str) -> None:
    assert differing(operator_group(operator)) == []


def test_values_keep_their_types_and_flags_that_are_off_serve_their_off_variation() -> None:
    config = environment(FLAGS, SEGMENTS, remote_configs={each.key: each for each in REMOTE_CONFIGS})
    export = exported(config, NOW)
    assert export.left_out == {
        "by-company": "percentages are split by another hash there",
        "half": "percentages are split by another hash there",
        "needs-hidden": "it has prerequisites",
        "page": "it has overrides",
        "page-bounds": "it has overrides",
        "page-merged": "it has overrides",
    }
    core = flagd(export)
    user = EvaluationContext("u1", {})
    asked: list[tuple[str, Any, Any]] = [
        ("plain", core.resolve_boolean_value, False),
        ("disabled", core.resolve_boolean_value, True),
        ("archived", core.resolve_boolean_value, True),
        ("greeting", core.resolve_string_value, "x"),
        ("limit", core.resolve_integer_value, 0),
        ("ratio", core.resolve_float_value, 0.0),
        ("theme", core.resolve_object_value, {}),
    ]
    for flag, resolve, default in asked:
        expected = config.compiled.evaluate(flag, {"targetingKey": "u1"}, NOW)
        told: Any = resolve(flag, default, user)
        assert (told.variant, told.value) == (expected.variation, expected.value)
        assert type(told.value) is type(default)


def ruled(condition: Condition) -> Flag:
    return boolean("flag", rules=(Rule("r", condition, Fixed("off")),))


LONG = Segment("long", long_list=LongList(0, 0, 0))
UNDER_WAY = Experiment("e", "flag", ExperimentMode.OBSERVES, (Share("on", 5000), Share("off", 5000)), 1)
LEFT_OUT: dict[str, tuple[EnvironmentConfig, str]] = {
    "percentages": (environment([boolean("flag", default=HALVES)]), "percentages are split by another hash"),
    "an operator": (environment([ruled(Comparison("v", "semver_gt", "1.0.0"))]), "the operator semver_gt"),
    "a path": (environment([ruled(Comparison("a.b", "eq", 1))]), "the attribute 'a.b'"),
    "flagd's own attribute": (environment([ruled(Comparison("$flagd", "exists"))]), "the attribute '$flagd'"),
    "a target that expires": (environment([boolean("flag", targets=(Target("u", "on", NOW),))]), "expire"),
    "a list as value": (
        environment([Flag("flag", FlagType.OBJECT, {"a": [1]}, "a", Fixed("a"))]),
        "a value of it is a list",
    ),
    "an experiment": (environment([boolean("flag")], experiments={"e": UNDER_WAY}), "an experiment is under way"),
    "a long list": (environment([ruled(InSegment(("long",)))], [LONG]), "long list"),
    "very many conditions": (
        environment(
            [ruled(AllOf(tuple(InSegment(("s",)) for _ in range(100))))],
            [Segment("s", condition=AllOf(tuple(Comparison("a", "exists") for _ in range(60))))],
        ),
        f"more than {NODES_MAX}",
    ),
    "one that is broken": (environment([boolean("flag", off_variation="nowhere")]), "it can't be evaluated"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_not_exact_is_left_out_with_the_reason(name: str) -> None:
    config, reason = LEFT_OUT[name]
    export = exported(config, NOW)
    assert export.document["flags"] == {}
    assert reason in export.left_out["flag"]
    assert export.document["metadata"] == {"flagSetId": "shop/production", "version": "1", "notExported": 1}


async def test_who_has_a_server_key_reads_it_by_http(edge: RunningEdge) -> None:
    answer = (await edge.get("/v1/flagd/flags")).json()
    assert answer["flags"]["visible"]["variants"] == {"on": True, "off": False}
    assert answer["notExported"]["half"] == "percentages are split by another hash there"
    assert answer["flags"].keys() | answer["notExported"].keys() == {each.key for each in (*FLAGS, *REMOTE_CONFIGS)}
    await edge.write(flags=[boolean("half")], remote_configs=[RemoteConfig("page", {"columns": 2})])
    after = (await edge.get("/v1/flagd/flags")).json()
    assert after["flags"]["half"]["defaultVariant"] == "on"
    assert after["flags"]["page"] == {
        "state": "ENABLED",
        "variants": {"base": {"columns": 2}},
        "defaultVariant": "base",
        "metadata": {"version": "2"},
    }
    assert (await edge.get("/v1/flagd/flags", key=CLIENT_KEY)).status_code == 403
