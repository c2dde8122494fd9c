"""No aggregates, however odd, make an analysis raise or put a NaN into its document."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from stats import (
    AnalysisOptions,
    BayesPrior,
    BinarySummary,
    Boundary,
    CupedSummary,
    Direction,
    Guardrail,
    InvalidInputError,
    Lift,
    Look,
    MeanSummary,
    Memory,
    MetricResult,
    MetricSpec,
    Mode,
    QuantileSummary,
    RatioSummary,
    Status,
    Summary,
    analyse_aggregates,
    analyse_metric,
    as_document,
    reproduce,
)
from stats.effects import SetKind

counts = st.one_of(st.integers(0, 5), st.integers(0, 10**4), st.just(10**12), st.just(10**9))
numbers = st.one_of(
    st.floats(-10.0, 10.0),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, 1e-300, 1e-150, 1e150, -1e160, 1e300, 5e-324]),
)
sets = st.builds(
    Lift, st.just(Status.OK), st.floats(-1.0, 1.0), st.just(SetKind.INTERVAL), st.floats(-1.0, 0.0), st.floats(0.0, 1.0)
)
looks = st.lists(
    st.builds(
        Look,
        st.integers(1, 10**6),
        st.floats(-5.0, 5.0),
        st.floats(1e-6, 10.0),
        lift=st.none() | sets,
        margin_p=st.none() | st.floats(0.0, 1.0),
    ),
    max_size=4,
)
bounds = st.none() | st.floats(-1e3, 1e3)
memories = st.builds(Memory, st.floats(0.0, 1.0), bounds, bounds, bounds, bounds, harm_p=st.floats(0.0, 1.0))


def try_build(kind: Any, *fields: Any) -> Summary | None:
    try:
        return kind(*fields)  # type: ignore[no-any-return]
    except InvalidInputError:
        return None


def built(kind: Any, *fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Summary]:
    return st.builds(lambda *values: try_build(kind, *values), *fields).filter(lambda one: one is not None)  # type: ignore[return-value]


def from_values(values: list[float]) -> MeanSummary | None:
    return try_build(MeanSummary, len(values), sum(values), sum(value * value for value in values))  # type: ignore[return-value]


def with_covariate(pairs: list[tuple[float, float]]) -> Summary | None:
    x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    sums = (sum(x),), ((sum(v * v for v in x),),), (sum(a * b for a, b in pairs),)
    return try_build(CupedSummary, len(y), sum(y), sum(v * v for v in y), *sums)


binary = built(BinarySummary, counts, counts)
mean = st.one_of(
    built(MeanSummary, counts, numbers, numbers, numbers),
    st.lists(numbers, max_size=8).map(from_values).filter(lambda one: one is not None),
)
ratio = built(RatioSummary, counts, numbers, numbers, numbers, numbers, numbers)
cuped = st.lists(st.tuples(numbers, numbers), max_size=8).map(with_covariate).filter(lambda one: one is not None)
quantile = built(QuantileSummary, counts, st.floats(0.01, 0.99), numbers, st.none() | numbers, st.none() | numbers)
options = st.builds(
    AnalysisOptions,
    alpha=st.sampled_from([1e-9, 0.05, 0.5]),
    power=st.sampled_from([0.6, 0.8, 0.9999]),
    mode=st.sampled_from(Mode),
    planned_units=st.none() | st.integers(1, 10**6),
    complete=st.booleans(),
    looks_planned=st.integers(4, 6),
    boundary=st.sampled_from(Boundary),
    history=looks.map(lambda found: {"t1": tuple(found)}),
    takes_look=st.booleans(),
    memory=memories.map(lambda found: {"t1": found}),
    bayes=st.none() | st.builds(BayesPrior, lift_sd=st.none() | st.floats(0.01, 1.0)),
)
metrics = st.builds(
    MetricSpec,
    key=st.just("m"),
    direction=st.sampled_from(Direction),
    guardrail=st.none() | st.builds(Guardrail, st.floats(0.0, 0.9), st.booleans()),
)


def check(result: MetricResult) -> None:
    document = as_document(result)
    text = json.dumps(document, allow_nan=False)
    again = as_document(reproduce(json.loads(text)))
    assert again == json.loads(text)
    for one in result.comparisons:
        assert one.explanation
        assert _no_nan(one)
        if one.fixed_horizon.test.p_value is None:
            assert one.status not in {Status.OK, Status.SMALL_SAMPLE_EXACT_USED}
        else:
            assert 0.0 <= one.fixed_horizon.test.p_value <= 1.0


def _no_nan(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    if isinstance(value, Mapping):
        return all(_no_nan(entry) for entry in value.values())
    if isinstance(value, (tuple, list)):
        return all(_no_nan(entry) for entry in value)
    names = getattr(value, "__dataclass_fields__", ())
    return all(_no_nan(getattr(value, name)) for name in names)


@settings(max_examples=300, deadline=None)
@given(st.data(), metrics, options)
def test_any_summaries(data: st.DataObject, metric: MetricSpec, asked: AnalysisOptions) -> None:
    kind = data.draw(st.sampled_from([binary, mean, ratio, cuped, quantile]))
    arms: dict[str, Any] = {name: data.draw(kind) for name in ("c", "t1", "t2")[: data.draw(st.integers(2, 3))]}
    check(analyse_metric(metric, arms, control="c", options=asked))


@settings(deadline=None)
@given(st.sampled_from(["binary", "mean", "ratio", "cuped", "quantile", "nonsense"]), st.data())
def test_any_rows(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from(["n", "sum", "sum_sq", "conversions", "x_sum", "xx", "q", "value", "clusters"])
    entries = st.one_of(numbers, st.none(), st.text(max_size=3), st.just(math.nan), st.lists(numbers, max_size=2))
    rows = {arm: data.draw(st.dictionaries(names, entries)) for arm in ("c", "t1")}
    result = analyse_aggregates(MetricSpec("m"), kind, rows, control="c")
    json.dumps(as_document(result), allow_nan=False)
    if result.status is Status.INVALID_INPUT:
        assert result.invalid_field is not None
        assert result.invalid_field.split(".")[0] in {"c", "t1"}
