"""The analytics service's answer: waiting until it has seen everything that was sent, and reading its figures."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

from .errors import ResultsMissingError
from .evaluation import Served
from .events import DAY_1, DAY_7, ROUNDS
from .players import ARMS
from .report import Outcome
from .stages import Advance

CONFIDENCE = 0.95
_METRICS = {DAY_1: "day-1 retention", DAY_7: "day-7 retention", ROUNDS: "rounds"}
_METHODS = {"pearson_chi_square": "chi-square", "welch_t": "Welch's t"}
_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.5

Results = dict[str, Any]
Totals = dict[tuple[str, str], int]
"""By metric and arm; the metric `players` counts the players themselves."""


def sent_totals(served: Sequence[Served]) -> Totals:
    """What the analytics service will have seen when nothing is missing and nothing counts twice."""
    totals: Counter[tuple[str, str]] = Counter()
    for one in served:
        totals["players", one.variant] += 1
        totals[DAY_1, one.variant] += one.player.back_on_day_1
        totals[DAY_7, one.variant] += one.player.back_on_day_7
        totals[ROUNDS, one.variant] += one.player.rounds
    return dict(totals)


async def wait_for_results(client: httpx.AsyncClient, experiment_id: str, sent: Totals, advance: Advance) -> Results:
    """Return the results as soon as they count everything sent. Raises `ResultsMissingError` after two minutes.

    `advance` is told of players as they appear.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    shown = 0
    problem = "no answer yet"
    while time.monotonic() < deadline:
        answer = await client.get(f"/v1/experiments/{experiment_id}/results")
        if answer.is_success:
            results: Results = answer.json()
            seen = seen_totals(results)
            players = sum(seen.get(("players", arm), 0) for arm in ARMS)
            advance(players - shown)
            shown = players
            missing = {key: (total, seen.get(key)) for key, total in sent.items() if seen.get(key) != total}
            if not missing:
                return results
            problem = f"sent and seen: {missing}"
        else:
            problem = f"HTTP {answer.status_code}: {answer.text[:300]}"
        await asyncio.sleep(_POLL_SECONDS)
    raise ResultsMissingError(f"after {_WAIT_SECONDS:g} s the results are not complete; {problem}")


def seen_totals(results: Results) -> Totals:
    """The same totals, from the results' units and means."""
    totals = {("players", each["variation"]): each["units"] for each in results["units"]["variations"]}
    for metric in results["metrics"]:
        for arm in metric["variations"]:
            if arm["mean"] is not None:
                totals[metric["metric"], arm["variation"]] = round(arm["mean"] * arm["units"])
    return totals


def figures(results: Results) -> dict[str, float | None]:
    """Every figure by the name that it has among the known answers."""
    found: dict[str, float | None] = {}
    for each in results["units"]["variations"]:
        found[f"players {each['variation']}"] = each["units"]
    found["sample ratio p"] = (results["sample_ratio"] or {}).get("p_value")
    for metric in results["metrics"]:
        name = _METRICS[metric["metric"]]
        for arm in metric["variations"]:
            found[f"{name} {arm['variation']}"] = arm["mean"]
        comparison = _comparison(metric)["fixed_horizon"]
        found[f"{name} p"] = comparison["p_value"]
        if metric["metric"] == ROUNDS:
            found[f"{name} Welch t"] = comparison["statistic"]
            found[f"{name} degrees of freedom"] = comparison["df"]
        else:
            found[f"{name} chi-square"] = comparison["statistic"]
    return found


def outcomes(results: Results) -> list[Outcome]:
    """One row per metric for the table and the picture."""
    return [_outcome(metric) for metric in results["metrics"]]


def _outcome(metric: dict[str, Any]) -> Outcome:
    arms = {arm["variation"]: arm for arm in metric["variations"]}
    comparison = _comparison(metric)["fixed_horizon"]
    lift = comparison["lift"]
    control, treatment = (arms[arm]["mean"] for arm in ARMS)
    return Outcome(
        title=metric["name"],
        control=control,
        treatment=treatment,
        lift=lift["estimate"],
        lift_low=lift["lower"],
        lift_high=lift["upper"],
        p=comparison["p_value"],
        method=_METHODS.get(comparison["method"], comparison["method"]),
        is_rate=metric["metric"] != ROUNDS,
    )


def _comparison(metric: dict[str, Any]) -> dict[str, Any]:
    """The comparison of gate_40 with gate_30. Raises `ResultsMissingError` when there is none."""
    for arm in metric["variations"]:
        if arm["variation"] == ARMS[1] and arm["comparison"] is not None:
            found: dict[str, Any] = arm["comparison"]
            return found
    raise ResultsMissingError(f"no comparison for {metric['metric']}: {metric['explanation']}")
