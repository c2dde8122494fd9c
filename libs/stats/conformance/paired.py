"""Cases on paired proportions: McNemar's test of the pairs that changed."""

from __future__ import annotations

from typing import Any

from scipy import special, stats

from stats import distributions, validation
from stats.conformance.cases import Case, fields, level
from stats.errors import InvalidInputError

SMALL = 25
"""Fewer pairs that changed are tested exactly."""


def is_paired(inputs: Case, options: Case) -> bool:
    """A table of pairs, or the two counts of pairs that changed."""
    return (
        "table" in inputs
        or "b" in inputs
        or "mcnemar" in f"{options.get('test', '')}{options.get('method', '')}".lower()
    )


def mcnemar(inputs: Case, options: Case) -> dict[str, Any]:
    """mcnemar: (b − c)²/(b + c), Edwards's correction where asked for, the exact binomial p (McNemar 1947)."""
    pairs, first, second = _counts(inputs)
    changed = first + second
    if changed == 0:
        absent = ("chi2", "p_value", "chi2_corrected", "p_value_corrected", "z")
        return dict.fromkeys(absent) | {"df": 1, "p_value_exact": 1.0, "status": "insufficient_data", "discordant": 0}
    gap = first - second
    plain, corrected = gap * gap / changed, max(abs(gap) - 1, 0) ** 2 / changed
    exact = float(stats.binomtest(first, changed, 0.5).pvalue)
    answer: dict[str, Any] = {
        "chi2": plain,
        "df": 1,
        "z": gap / changed**0.5,
        "p_value": float(special.chdtrc(1, plain)),
        "chi2_corrected": corrected,
        "p_value_corrected": float(special.chdtrc(1, corrected)),
        "p_value_exact": exact,
        "recommended_p": "exact" if changed < SMALL else "chi2",
        "odds_ratio": first / second if second else None,
        "discordant": changed,
        "status": "ok",
    }
    if options.get("exact") is True:
        answer |= {"chi2": min(first, second), "p_value": exact}
    elif options.get("correction", options.get("correct")) is True:
        answer |= {"chi2": corrected, "p_value": answer["p_value_corrected"]}
    if pairs:
        # The variance of a difference of paired rates (Wald); with the pairs that didn't change in n.
        se = (changed - gap * gap / pairs) ** 0.5 / pairs
        reach = distributions.critical(level(options)) * se
        answer |= {"diff": gap / pairs, "se": se, "ci": [gap / pairs - reach, gap / pairs + reach]}
    return answer


def _counts(inputs: Case) -> tuple[int, int, int]:
    """(pairs, changed one way, changed the other); 0 pairs where only those that changed are told."""
    if "table" in inputs:
        rows = inputs["table"]
        if not (isinstance(rows, list) and len(rows) == 2 and all(isinstance(r, list) and len(r) == 2 for r in rows)):
            raise InvalidInputError("table", "must be two rows of two counts")
        cells = [validation.count(cell, "table") for row in rows for cell in row]
        return sum(cells), cells[1], cells[2]
    first, second = (validation.count(each, name) for each, name in zip(fields(inputs, "b", "c"), "bc", strict=True))
    outside = sum(validation.count(inputs[name], name) for name in ("a", "d") if name in inputs)
    return (first + second + outside if "a" in inputs and "d" in inputs else 0), first, second
