"""`analytics verify-increments` as somebody calls it: over the bus and the store of services that run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from analytics.results.kept_results import UNITS_MIN

from devstack.services import DATABASE, Services
from tests.waiting import Comparison, same, until_blocking

from .conftest import Tenant
from .test_flag_to_results import FLAG

USERS = UNITS_MIN + 200
PART = 5_000
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Answer:
    """How the command ended, and what it printed of one experiment."""

    code: int
    finding: str


def verified(services: Services, experiment: str) -> Answer:
    command = [str(Path(sys.executable).with_name("analytics")), "verify-increments"]
    ended = subprocess.run(
        command, env=services.analytics.environment, capture_output=True, text=True, timeout=120, check=False
    )
    lines = [line for line in ended.stdout.splitlines() if f"({experiment})" in line]
    assert len(lines) == 1, ended.stdout + ended.stderr
    return Answer(ended.returncode, lines[0].partition("): ")[2])


def event(kind: str, number: int, hours_ago: float, **fields: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return {"type": kind, "event_id": str(uuid4()), "timestamp": at, "user_key": f"user-{number}", **fields}


def exposure(number: int, hours_ago: float) -> dict[str, Any]:
    return event("exposure", number, hours_ago, flag="new-checkout", variation=("off", "on")[number % 2])


def purchase(number: int, hours_ago: float, value: float) -> dict[str, Any]:
    return event("metric", number, hours_ago, metric="purchase", value=value)


def send(tenant: Tenant, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), PART):
        answer = tenant.send(events[start : start + PART])
        assert (answer.status_code, answer.json()["rejected"]) == (202, [])


@pytest.fixture
def services_that_forward(services: Services) -> Iterator[Services]:
    """Results are brought forward each second."""
    changed = services.analytics.environment
    changed["FF_ANALYTICS_FORWARD_SECONDS"] = "1"
    services.analytics.restart()
    yield services
    del changed["FF_ANALYTICS_FORWARD_SECONDS"]
    services.analytics.restart()


def count_one_alone(services: Services) -> None:
    """Changes what the sheets keep of a variation on one of its days, as no service does it."""
    changed = """replaceRegexpOne(sums, '"units":[0-9]+', '"units":1')"""
    statement = f"ALTER TABLE {DATABASE}.sheet_versions UPDATE sums = {changed} WHERE 1"
    url = services.analytics.environment["FF_CLICKHOUSE_URL"]
    answer = httpx.post(url, content=f"{statement} SETTINGS mutations_sync = 2", timeout=60)
    assert answer.status_code == 200, answer.text


def test_what_was_brought_forward_is_compared_with_what_is_computed_anew(
    services_that_forward: Services, tenant: Tenant
) -> None:
    services = services_that_forward
    tenant.create("flags", FLAG)
    tenant.create("metrics", {"key": "spend", "aggregation": "sum", "event": "purchase"})
    tenant.create("metrics", {"key": "bought", "aggregation": "conversion", "event": "purchase"})
    body = {
        "key": "large",
        "environment": "production",
        "flag": "new-checkout",
        "mode": "observes",
        "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
        "metrics": [{"metric": "spend"}, {"metric": "bought", "role": "secondary"}],
    }
    experiment = tenant.create("experiments", body)["id"]
    tenant.act("experiments/large/start", {"start_at": (NOW - timedelta(days=2)).isoformat()})
    until_blocking(lambda: same(verified(services, experiment), Answer(0, "no sheet")), despite=(AssertionError,))

    first = [exposure(number, 40 - number / 1000) for number in range(USERS)]
    send(tenant, first + [purchase(number, 20, 10.1 + number % 7) for number in range(0, USERS, 3)])
    tenant.wait_for_units(experiment, USERS)
    until_blocking(lambda: same(verified(services, experiment), Answer(0, "equal")))

    # Late, repeated and other copies: an earlier exposure, a second purchase, an event that is sent twice.
    late = [exposure(number, 47) for number in range(0, 300, 2)] + [purchase(number, 1, 0.3) for number in range(600)]
    send(tenant, late + late[:50] + first[:50])
    send(tenant, [exposure(USERS + 1, 1)])
    tenant.wait_for_units(experiment, USERS + 1)
    assert verified(services, experiment) == Answer(0, "equal")

    def told() -> Comparison:
        count_one_alone(services)  # A version that was being written meanwhile is right again.
        return same(verified(services, experiment), Answer(1, "DIFFERENT"))

    until_blocking(told)
