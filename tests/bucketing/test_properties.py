"""Properties of any configuration and any context, held against a plain interpreter of the same data."""

import json
from random import Random
from typing import Any

import pytest
from bucketing import Decision, Reason, compile_flagset
from bucketing.document import flagset_from_document, flagset_to_document
from bucketing.operators import OPERATORS
from bucketing.validation import flag_errors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.engine_interpreter import Interpreter
from tests.bucketing.chunks_only import ChunksOnly

ATTRIBUTES = ["a", "b", "c.d", "targetingKey"]
TEXTS = ["x", "y", "xy", "", "1", "1.2", "v2.0.0-rc", "10.1.2.3", "2026-01-05T10:00:00Z", "::1"]
NUMBERS = [0, 1, 1.0, 2, -1, 0.5, 1e300, 2**53, 1767607200000]
SCALARS = st.sampled_from([*TEXTS, *NUMBERS, True, False])
NOW = st.integers(0, 6)
VARIATIONS = ["on", "off", "other"]

LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "in": st.lists(SCALARS, max_size=3),
    "not_in": st.lists(SCALARS, max_size=3),
    "matches": st.sampled_from(["x", "^x$", "(?i)Y", "^\\d"]),
    "in_cidr": st.sampled_from(["10.0.0.0/8", ["10.1.2.3", "::/0"], []]),
    "exists": st.none(),
    "not_exists": st.none(),
}
for _operator in OPERATORS:
    if _operator.startswith("semver_"):
        LITERALS[_operator] = st.sampled_from(["1.2.0", "2.0.0", "1"])
    elif _operator in ("before", "after"):
        LITERALS[_operator] = st.sampled_from(["2026-01-05T10:00:00Z", 1767607200000, 0])
    elif _operator in ("gt", "gte", "lt", "lte"):
        LITERALS[_operator] = st.sampled_from([0, 1, 1.5])
    elif _operator in ("eq", "ne"):
        LITERALS[_operator] = SCALARS
    else:
        LITERALS.setdefault(_operator, st.sampled_from(["x", "y", "", "1"]))


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    return {
        "attribute": draw(st.sampled_from(ATTRIBUTES)),
        "operator": operator,
        "value": draw(LITERALS[operator]),
    }


def conditions(segments: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    leaves = comparisons()
    if segments:
        leaves |= st.sampled_from(segments).map(lambda key: {"segment": key})
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"and": parts})
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"or": parts})
            | inner.map(lambda part: {"not": part})
        ),
        max_leaves=5,
    )


@st.composite
def shares(draw: st.DrawFn) -> list[dict[str, Any]]:
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2)))
    weights = [cuts[0], cuts[1] - cuts[0], 10_000 - cuts[1]]
    return [{"key": key, "weight": weight / 100} for key, weight in zip(VARIATIONS, weights, strict=True)]


BUCKET_BY = st.sampled_from([None, "a", "c.d"])


@st.composite
def serves(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"variation": draw(st.sampled_from(VARIATIONS))}
    return {"rollout": {"variations": draw(shares()), "bucket_by": draw(BUCKET_BY)}}


Conditions = st.SearchStrategy[dict[str, Any]]


def shared_conditions(again: list[dict[str, Any]], segments: list[str]) -> Conditions:
    """Conditions, many of which are, or hold, one of a few that come again."""
    few = st.sampled_from(again)
    joined = st.lists(few | conditions(segments), min_size=1, max_size=3)
    return (
        few
        | conditions(segments)
        | st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["and", "or"]), joined)
        | few.map(lambda inner: {"not": inner})
    )


@st.composite
def flags(draw: st.DrawFn, earlier: list[str], asked: Conditions) -> dict[str, Any]:
    targeted = st.tuples(st.sampled_from(["x", "1", "xy"]), st.booleans())
    targets = draw(st.lists(targeted, unique=True, max_size=2))
    prerequisites = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2)) if earlier else []
    flag = {
        "type": "string",
        "variations": {key: key for key in VARIATIONS},
        "off_variation": "off",
        "default": draw(serves()),
        "enabled": draw(st.sampled_from([True, True, True, False])),
        "client_visible": draw(st.booleans()),
        "prerequisites": [{"flag": key, "variation": draw(st.sampled_from(VARIATIONS))} for key in prerequisites],
        "targets": [
            {
                "key": key,
                "variation": draw(st.sampled_from(VARIATIONS)),
                "expires_at": draw(st.none() | NOW),
                "override": override,
            }
            for key, override in targets
        ],
    }
    rules = draw(st.lists(st.tuples(asked, serves()), max_size=3))
    return flag | {"rules": [{"if": condition, "then": serve} for condition, serve in rules]}


@st.composite
def experiments(draw: st.DrawFn, flag_keys: list[str], asked: Conditions) -> dict[str, Any]:
    low, high = sorted(draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True)))
    return {
        "flag": draw(st.sampled_from(flag_keys)),
        "mode": draw(st.sampled_from(["assigns", "observes"])),
        "variations": draw(shares()),
        "start_at": draw(NOW),
        "stop_at": draw(st.none() | st.integers(4, 5)),
        "traffic": draw(st.sampled_from([0, 50, 100])),
        "audience": draw(st.none() | asked),
        "bucket_by": draw(BUCKET_BY),
        "layer": draw(st.none() | st.just({"key": "l", "start": low, "end": high})),
        "holdouts": draw(st.lists(st.just({"key": "h", "share": 30}), max_size=1)),
    }


@st.composite
def remote_configs(draw: st.DrawFn, asked: Conditions) -> dict[str, Any]:
    patches = st.sampled_from([{}, {"a": 1}, {"a": {"b": None}}])
    overrides = draw(st.lists(st.tuples(asked, patches), max_size=3))
    resolve = draw(st.sampled_from(["first", "merge"]))
    return {
        "value": {"a": {"b": 2}},
        "resolve": resolve,
        "overrides": [{"if": condition, "value": patch} for condition, patch in overrides],
        "invalid": [[0, 1]] if resolve == "merge" and len(overrides) > 1 and draw(st.booleans()) else [],
        "client_visible": draw(st.booleans()),
        "archived": draw(st.sampled_from([False, False, True])),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    keys = ["f", "g", "h"]
    again = draw(st.lists(conditions(["s", "t"]), min_size=1, max_size=3))
    asked = shared_conditions(again, ["s", "t"])
    made = {key: draw(flags(keys[:index], asked)) for index, key in enumerate(keys)}
    key_lists = st.lists(st.sampled_from(["x", "1"]), unique=True, max_size=1)
    segments = {
        "s": {"included": draw(key_lists), "if": draw(st.none() | conditions(["t"]))},
        "t": {"excluded": draw(key_lists), "if": draw(st.none() | conditions([]))},
    }
    # Now and then something that is named has slipped away.
    for table, key in draw(st.sampled_from([(), (), (), ((segments, "s"),), ((segments, "t"),), ((made, "f"),)])):
        del table[key]
    return {
        "salt": draw(st.sampled_from(["", "salt"])),
        "version": 3,
        "flags": made,
        "segments": segments,
        "experiments": {
            key: draw(experiments(keys, asked)) for key in draw(st.sets(st.sampled_from(["e1", "e2", "e3"])))
        },
        "remote_configs": {key: draw(remote_configs(asked)) for key in draw(st.sets(st.sampled_from(["c", "d"])))},
    }


@st.composite
def contexts(draw: st.DrawFn) -> dict[str, Any]:
    values = SCALARS | st.none() | st.lists(SCALARS | st.none(), max_size=3) | st.just({"d": "x"})
    context = draw(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), values, max_size=3))
    if draw(st.booleans()):
        context["c"] = draw(values | st.dictionaries(st.just("d"), values))
    if draw(st.sampled_from([True, True, True, False])):
        context["targetingKey"] = draw(SCALARS | st.text(alphabet="xyz1", min_size=1))
    return context


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["a", "b", "c", "d"]), inner),
    max_leaves=15,
)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def told(decision: Decision) -> tuple[str, str | None, str | None, tuple[str, ...]]:
    error = decision.error_code and decision.error_code.value
    return (decision.reason.value, decision.variation, error, tuple(each.key for each in decision.experiments))


class Told(dict[Decision, Any]):
    """What is told of a decision."""

    def __missing__(self, decision: Decision) -> Any:
        found = self[decision] = told(decision)
        return found


@thorough
@given(documents(), st.lists(contexts(), min_size=1, max_size=5), NOW)
def test_the_engine_decides_like_a_plain_interpreter(document: Any, asked: Any, now: int) -> None:
    flagset = flagset_from_document(document)
    compiled, interpreter = compile_flagset(flagset), Interpreter(flagset)
    assert not compiled.failed
    for context in asked:
        for key in compiled.served:
            assert told(compiled.evaluate(key, context, now)) == interpreter.evaluate(key, context, now)


@thorough
@given(documents(), st.lists(contexts(), min_size=1, max_size=5), NOW)
def test_all_together_are_the_decisions_of_one_by_one_and_of_the_interpreter(
    document: Any, asked: Any, now: int
) -> None:
    flagset = flagset_from_document(document)
    compiled, interpreter = compile_flagset(flagset), Interpreter(flagset)
    chunks_only = ChunksOnly(flagset)
    for client_only in (False, True):
        expected = {key for key, flag in compiled.served.items() if flag.client_visible or not client_only}
        for context in asked:
            together = compiled.evaluate_all(context, now, client_only)
            assert sorted(one.flag for one in together) == sorted(expected)
            for one in together:
                single = compiled.evaluate(one.flag, context, now)
                assert one.to_dict() == single.to_dict()
                assert one is single or one.error_code is not None
                assert told(one) == interpreter.evaluate(one.flag, context, now)
            assert list(map(told, chunks_only.evaluate_all(context, now, client_only))) == list(map(told, together))
            assert compiled.answer_all(context, now, Told(), client_only) == list(map(told, together))


@thorough
@given(documents(), contexts(), NOW)
def test_explained_is_the_same_decision(document: Any, context: dict[str, Any], now: int) -> None:
    compiled = compile_flagset(flagset_from_document(document))
    for key in compiled.served:
        explanation = compiled.explain(key, context, now)
        assert explanation.decision.to_dict() == compiled.evaluate(key, context, now).to_dict()
        json.dumps(explanation.to_dict())


@thorough
@given(documents(), contexts(), NOW, st.randoms())
def test_the_order_of_attributes_says_nothing(document: Any, context: dict[str, Any], now: int, random: Random) -> None:
    compiled = compile_flagset(flagset_from_document(document))
    names = list(context)
    random.shuffle(names)
    shuffled = {name: context[name] for name in names}
    for key in compiled.served:
        assert told(compiled.evaluate(key, context, now)) == told(compiled.evaluate(key, shuffled, now))


@thorough
@given(documents(), JSON, NOW)
def test_no_context_makes_an_evaluation_raise(document: Any, context: dict[str, Any], now: int) -> None:
    compiled = compile_flagset(flagset_from_document(document))
    for decision in [*compiled.evaluate_all(context, now), compiled.evaluate("g", context, now)]:
        assert (decision.reason is Reason.ERROR) == (decision.error_code is not None)


@pytest.mark.parametrize("now", [None, "5", [], float("nan"), 10**400])
@pytest.mark.parametrize("key", [None, 5, [], {}, "f", "gone", "\ud800"])
@pytest.mark.parametrize("context", [None, 5, "x", [], {}, {"targetingKey": object()}, {"a": {1: 2}}, {5: 6}])
def test_nothing_at_all_makes_an_evaluation_raise(key: str, context: dict[str, Any], now: int) -> None:
    weights = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    flag = {
        "type": "boolean",
        "variations": {"on": True, "off": False},
        "off_variation": "off",
        "default": {"rollout": {"variations": weights}},
        "rules": [{"if": {"attribute": "a", "operator": "in", "value": [1, True]}, "then": {"variation": "on"}}],
        "targets": [{"key": "u", "variation": "on", "expires_at": 5}],
    }
    compiled = compile_flagset(flagset_from_document({"salt": "", "flags": {"f": flag}}))
    assert compiled.evaluate(key, context, now).reason in Reason
    assert len(compiled.evaluate_all(context, now)) == 1


@thorough
@given(documents())
def test_documents_survive_reading_and_writing(document: Any) -> None:
    flagset = flagset_from_document(document)
    written = flagset_to_document(flagset)
    assert flagset_from_document(json.loads(json.dumps(written))) == flagset
    assert flagset_to_document(flagset_from_document(written)) == written
    for flag in flagset.flags.values():
        assert not flag_errors(flag)


@thorough
@given(documents(), documents(), contexts(), NOW, st.booleans())
def test_an_updated_set_decides_like_a_new_one(
    old: Any, new: Any, context: dict[str, Any], now: int, bulk_first: bool
) -> None:
    before, after = flagset_from_document(old), flagset_from_document(new | {"salt": old["salt"]})
    compiled = compile_flagset(before)
    if bulk_first:
        compiled.evaluate_all(context, now)
        compiled.evaluate_all(context, now, client_only=True)
    updated = compiled.updated(
        version=4,
        flags={
            **dict.fromkeys(before.flags.keys() - after.flags.keys()),
            **{key: flag for key, flag in after.flags.items() if flag != before.flags.get(key)},
        },
        segments={**dict.fromkeys(before.segments), **after.segments},
        experiments={**dict.fromkeys(before.experiments), **after.experiments},
        remote_configs={**dict.fromkeys(before.remote_configs), **after.remote_configs},
    )
    fresh = compile_flagset(after)
    assert (updated.version, updated.flagset.experiments) == (4, fresh.flagset.experiments)
    for key in fresh.served:
        assert told(updated.evaluate(key, context, now)) == told(fresh.evaluate(key, context, now))
    for client_only in (False, True):
        assert {one.flag: told(one) for one in updated.evaluate_all(context, now, client_only)} == {
            one.flag: told(one) for one in fresh.evaluate_all(context, now, client_only)
        }
    for key, decision in {key: compiled.evaluate(key, context, now) for key in compiled.served}.items():
        assert told(decision) == told(compile_flagset(before).evaluate(key, context, now))
