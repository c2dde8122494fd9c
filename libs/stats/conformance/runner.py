"""Run a file of golden cases: one verdict per case."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stats.conformance import adjustment, many_arms, margins, means, paired, power, rates, sequential
from stats.conformance.cases import fields
from stats.conformance.comparison import differences, read_tolerance
from stats.conformance.names import Named
from stats.errors import InvalidInputError, StatisticsError

Compute = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
INFORMATIVE_ROLES = frozenset({"convention", "observed"})
FAILURES = (ArithmeticError, AttributeError, LookupError, RecursionError, StatisticsError, TypeError, ValueError)

CATEGORIES: dict[str, Compute] = {
    "always_valid": sequential.any_time,
    "bayes_beta": rates.beta_binomial,
    "bayes_normal": adjustment.normal_normal,
    "binary_2x2": rates.two_proportions,
    "binary_edge": rates.two_proportions,
    "binary_kxc": rates.many_proportions,
    "cuped": adjustment.cuped,
    "cuped_multi": adjustment.several_covariates,
    "edge": adjustment.edge,
    "gs_edge": sequential.spending,
    "gs_inference": sequential.inference,
    "gs_landemets": sequential.spending,
    "gs_naive": sequential.naive_peeking,
    "gs_obf": sequential.obrien_fleming,
    "gs_pocock": sequential.pocock,
    "gs_rpact": sequential.spending,
    "guardrail": margins.guardrail,
    "lift_fieller": means.two_sample,
    "mcnemar": paired.mcnemar,
    "mean_karm": many_arms.many_means,
    "mean_welch": means.two_sample,
    "multiple_testing": adjustment.family,
    "numerics": means.precision,
    "post_stratification": adjustment.strata,
    "power": power.sizes,
    "quantile": means.quantile,
    "ratio": means.ratio,
    "segments": adjustment.segments,
    "srm": rates.sample_ratio,
    "winsorize": means.two_sample,
}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its id (or index), whether all that it expects was computed, and the computation."""

    id: str | int
    role: str
    ok: bool
    problems: tuple[str, ...]
    computed: Mapping[str, Any]

    @property
    def binds(self) -> bool:
        """True if the engine has to agree with this case: for `must`, `policy`, and a role nobody knows."""
        return self.role not in INFORMATIVE_ROLES

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "id": self.id,
                "role": self.role,
                "ok": self.ok,
                "problems": list(self.problems),
                "computed": _plain(self.computed),
            },
            allow_nan=False,
        )


def run_case(case: object, index: int) -> CaseResult:
    """Compute a case from its inputs and options alone, then compare; never raises for what a case holds."""
    if not isinstance(case, Mapping):
        return CaseResult(index, "must", False, (f"a case must be an object, got {type(case).__name__}",), {})
    name = case.get("id", index)
    name = name if isinstance(name, (str, int)) else index
    role = str(case.get("role", "must"))
    refused: tuple[str, ...] = ()
    try:
        computed = compute(case)
    except InvalidInputError as error:
        computed = {"status": error.status.value, "field": error.field, "reason": error.reason}
        refused = (f"refused: {error}",)
    except FAILURES as error:
        return CaseResult(name, role, False, (_in_words(error),), {})
    try:
        problems = _judge(case, computed)
    except FAILURES as error:
        problems = (_in_words(error),)
    return CaseResult(name, role, not problems, (*refused, *problems) if problems else (), computed)


def _judge(case: Mapping[str, Any], computed: Mapping[str, Any]) -> tuple[str, ...]:
    expected = case.get("expected")
    if not isinstance(expected, Mapping) or not expected:
        return ("expected: must be an object that is not empty",)
    return tuple(differences(expected, computed, read_tolerance(case.get("tolerance"))))


def _in_words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"not computed: {error.args[0]!r} is missing"
    return f"not computed: {type(error).__name__}: {error}"


def compute(case: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine says to the case's category, inputs and options."""
    category, stated = case.get("category"), case.get("options") or {}
    (given,) = fields(case, "inputs")
    for name, value in (("inputs", given), ("options", stated)):
        if not isinstance(value, Mapping):
            raise InvalidInputError(name, f"must be an object, got {type(value).__name__}")
    inputs, options = Named(given, stated), Named(stated, given)
    if category == "gs_inflation":
        shape = f"{options.get('boundary', '')} {case.get('title', '')} {case.get('id', '')}"
        return sequential.inflation(inputs, options, shape)
    if not isinstance(category, str) or category not in CATEGORIES:
        known = ", ".join(sorted({*CATEGORIES, "gs_inflation"}))
        raise LookupError(f"the category {category!r} is not known, only {known}")
    return CATEGORIES[category](inputs, options)


def _plain(value: Any) -> Any:
    """JSON without infinities: they are the strings that the vectors use."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value
