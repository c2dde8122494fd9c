"""Assignments of another system, sent with their own times, analysed by an experiment that begins in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from scipy import stats as scipy_stats

from .conftest import Tenant
from .test_flag_to_results import FLAG

EXPERIMENT = {
    "key": "imported",
    "environment": "production",
    "flag": "new-checkout",
    "mode": "observes",
    "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
    "metrics": [{"metric": "spend"}],
    "trigger_event": "opened",
    "exposure_filter": {"attribute": "country", "operator": "in", "value": ["DE", "AT"]},
}
NOW = datetime.now(UTC)


def event(kind: str, user: str, hours_ago: float, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return {"type": kind, "event_id": str(uuid4()), "timestamp": at, "user_key": user, **fields}


def exposure(user: str, variation: str, hours_ago: float, country: str = "DE", **fields: Any) -> dict[str, Any]:
    context = {"country": country}
    return event("exposure", user, hours_ago, flag="new-checkout", variation=variation, context=context, **fields)


def imported() -> tuple[list[dict[str, Any]], dict[str, list[float]]]:
    """What happened, and what each unit that counts spent after it had opened the checkout."""
    events: list[dict[str, Any]] = []
    spent: dict[str, list[float]] = {"off": [], "on": []}
    for number in range(60):
        user, variation = f"user-{number}", ("off", "on")[number % 2]
        amount = float(10 + number % 7 + 3 * (number % 2))
        events.append(exposure(user, variation, 72 - number / 10, "AT" if number % 4 else "DE"))
        events.append(event("metric", user, 60, metric="purchase", value=100.0))
        if number % 3:
            events.append(event("metric", user, 48, metric="opened"))
            events.append(event("metric", user, 24, metric="purchase", value=amount))
            spent[variation].append(amount)
    events += [exposure(f"early-{number}", "on", 200) for number in range(5)]
    events += [exposure(f"abroad-{number}", "on", 70, "US") for number in range(5)]
    events += [exposure(f"told-{number}", "on", 70, experiments=[]) for number in range(5)]
    for group in ("early", "abroad", "told"):
        events += [event("metric", f"{group}-{number}", 48, metric="opened") for number in range(5)]
    return events, spent


def test_an_experiment_that_begins_in_the_past_analyses_imported_assignments(tenant: Tenant) -> None:
    tenant.create("flags", FLAG)
    tenant.create("metrics", {"key": "spend", "aggregation": "sum", "event": "purchase"})
    plan = {"mode": "fixed", "planned_units": 40, "minimum_days": 0}
    experiment = tenant.create("experiments", EXPERIMENT | {"plan": plan})["id"]
    events, spent = imported()
    sent = tenant.send(events).json()
    assert (sent["accepted"], sent["rejected"]) == (len(events), [])
    begun = tenant.act("experiments/imported/start", {"start_at": (NOW - timedelta(days=5)).isoformat()})
    assert "past_exposures" in [each["code"] for each in begun["warnings"]]
    tenant.wait_for_edge()
    tenant.wait_for_units(experiment, 40)

    [metric] = tenant.results(experiment)["metrics"]
    for variation in metric["variations"]:
        mine = spent[variation["variation"]]
        assert (variation["units"], variation["mean"]) == (len(mine), pytest.approx(sum(mine) / len(mine), rel=1e-12))
    comparison = metric["variations"][1]["comparison"]
    welch = scipy_stats.ttest_ind(spent["on"], spent["off"], equal_var=False)
    assert comparison["fixed_horizon"]["p_value"] == pytest.approx(welch.pvalue, rel=1e-9)
