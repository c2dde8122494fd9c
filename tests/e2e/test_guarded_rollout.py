"""A regression goes back by itself: real processes, 1,000 new units a minute, and the design's figures recorded."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from stats.analysis.live_control import Tolerance, control_live
from stats.kinds.binary import BinarySummary
from stats.metrics import Direction, Guardrail

from tests.e2e.conftest import Tenant
from tests.waiting import same, until_blocking

UNITS_A_MINUTE = 1000
RATE, WORSE = 0.8, 0.64
"""Conversion with the old variation, and 20 % less."""
MARGIN, WINDOW_SECONDS = 0.01, 1
FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "new", "value": True}, {"key": "old", "value": False}],
    "off_variation": "old",
    "default": {"variation": "old"},
}
METRIC = {"key": "purchases", "name": "Purchases", "aggregation": "conversion", "event": "purchase"}
GUARD = {
    "id": "purchases",
    "metric": "purchases",
    "margin": MARGIN,
    "action": "roll_back",
    "window_seconds": WINDOW_SECONDS,
}
ROLLOUT = {
    "key": "ship-it",
    "flag": "checkout",
    "variation": "new",
    "plan": {"steps": [{"share": 50, "hold_seconds": 3600}, {"share": 100}]},
    "guards": [GUARD],
}


@dataclass(frozen=True)
class Unit:
    """What is true of one: when it came (epoch seconds), what it was served, whether it converted."""

    at: float
    new: bool
    converted: bool


class Traffic(threading.Thread):
    """Units that come evenly, are served by the edge, and convert at once or never."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(daemon=True)
        self._tenant = tenant
        self._chance = random.Random(7)
        self._ended = threading.Event()
        self.units: list[Unit] = []
        self.errors: list[str] = []

    def run(self) -> None:
        begun = time.monotonic()
        with (
            self._tenant.edge() as edge,
            httpx.Client(base_url=self._tenant.services.ingestor.url, timeout=60) as ingestor,
        ):
            ingestor.headers["Authorization"] = f"Bearer {self._tenant.server_key}"
            for number in range(100_000):
                if self._ended.wait(max(0.0, begun + number * 60 / UNITS_A_MINUTE - time.monotonic())):
                    return
                try:
                    self._come(f"unit-{number}", edge, ingestor)
                except httpx.HTTPError as error:
                    self.errors.append(repr(error))

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _come(self, unit: str, edge: httpx.Client, ingestor: httpx.Client) -> None:
        at = time.time()
        answer = edge.post("/ofrep/v1/evaluate/flags/checkout", json={"context": {"targetingKey": unit}})
        new = answer.json()["variant"] == "new"
        converted = self._chance.random() < (WORSE if new else RATE)
        if converted:
            event = {"type": "metric", "event_id": unit, "timestamp": round(time.time() * 1000), "user_key": unit}
            ingestor.post("/v1/events", json=[event | {"metric": "purchase"}]).raise_for_status()
        self.units.append(Unit(at, new, converted))


@contextmanager
def traffic_of(tenant: Tenant) -> Iterator[Traffic]:
    traffic = Traffic(tenant)
    traffic.start()
    try:
        yield traffic
    finally:
        traffic.stop()


def first_rejection(units: list[Unit], alpha: float) -> float:
    """When somebody who looked at the true data at each moment would have known: the same test after each unit whose
    window has closed."""
    tolerance = Tolerance(Guardrail(MARGIN, relative=True), Direction.INCREASE, alpha)
    counts = {True: [0, 0], False: [0, 0]}
    log10_p = 0.0
    for unit in units:
        counts[unit.new][0] += 1
        counts[unit.new][1] += unit.converted
        new, rest = (BinarySummary(*counts[each]) for each in (True, False))
        look = control_live({"0": (new, rest)}, tolerance, log10_p)
        log10_p = look.log10_p or 0.0
        if look.harmed:
            return unit.at + WINDOW_SECONDS
    raise AssertionError("the true data never show it")


@pytest.mark.timeout(900)
def test_a_regression_is_rolled_back_by_itself(tenant: Tenant, record_property: Any) -> None:
    tenant.create("metrics", METRIC)
    tenant.create("flags", FLAG)
    tenant.change("flags/checkout/environments/production", {"enabled": True, "report_exposures": True})
    environment = f"/api/v1/projects/{tenant.project}/environments/production"
    tenant.create("environments/production/rollouts", ROLLOUT)
    tenant.act("environments/production/rollouts/ship-it/start")
    tenant.wait_for_edge()

    def rollout() -> dict[str, Any]:
        document: dict[str, Any] = tenant.api.get(f"{environment}/rollouts/ship-it").json()
        return document

    with traffic_of(tenant) as traffic:
        until_blocking(lambda: same(rollout()["state"], "rolled_back"), seconds=240)
        back_at = datetime.fromisoformat(rollout()["ended_at"]).timestamp()
        served = len(traffic.units)
        until_blocking(lambda: len(traffic.units) > served + 20 and not any(u.new for u in traffic.units[-20:]))
    assert traffic.errors == []

    (opened,) = tenant.api.get(f"{environment}/incidents").json()["items"]
    assert (opened["guard"], opened["done"], opened["finding"]["state"]) == ("purchases", "rolled_back", "harmed")
    finding = opened["finding"]
    assert finding["upper"] < 0
    known_at = first_rejection(traffic.units, finding["alpha_used"])
    looked_at = datetime.fromisoformat(opened["looked_at"]).timestamp()
    last_new = max(unit.at for unit in traffic.units if unit.new)
    figures = {
        "units when the true data show it": sum(unit.at <= known_at - WINDOW_SECONDS for unit in traffic.units),
        "from there to the rollback (s)": round(back_at - known_at, 2),
        "from the look to the rollback (s)": round(back_at - looked_at, 2),
        "from the look to the last unit with the new variation (s)": round(last_new - looked_at, 2),
    }
    print(figures)
    for name, figure in figures.items():
        record_property(name, figure)
    # Events that are late, and a look every five seconds, can't show it before the true data do by more than a look.
    assert -10 < back_at - known_at < 60
    assert last_new < back_at + 10
    settings = tenant.api.get(f"/api/v1/projects/{tenant.project}/flags/checkout/environments/production").json()
    assert settings["default"] == {"variation": "old"}
    (entry,) = [
        each
        for each in tenant.api.get(f"/api/v1/organizations/{tenant.organization}/audit?entity=rollout").json()["items"]
        if each["action"] == "roll_back"
    ]
    assert entry["actor"]["name"] == "rollout ship-it"
    assert entry["after"]["cause"]["figures"]["findings"][0]["estimate"] == finding["estimate"]
