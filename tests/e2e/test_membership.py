"""Who belongs to an experiment that observes is who the evaluation says: no target, nobody of a flag that is off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.waiting import same, until_blocking

from .conftest import Tenant
from .test_flag_to_results import HALF, evaluate, exposure

BOOLEAN = {
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
FLAG = BOOLEAN | {"key": "new-checkout", "name": "New checkout"}
SETTINGS = "flags/new-checkout/environments/production"
OBSERVES = {
    "key": "watching",
    "name": "Watching",
    "environment": "production",
    "flag": "new-checkout",
    "mode": "observes",
    "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
    "control": "off",
    "metrics": [],
}


def users(prefix: str, numbers: Iterable[int]) -> list[str]:
    return [f"{prefix}{number}" for number in numbers]


class Watched:
    """A flag that the edge reports, and the experiment that observes it."""

    def __init__(self, tenant: Tenant, **settings: Any) -> None:
        self.tenant = tenant
        tenant.create("flags", FLAG)
        tenant.change(SETTINGS, {"enabled": True, "default": HALF, "report_exposures": True, **settings})
        self.experiment = tenant.create("experiments", OBSERVES)["id"]
        tenant.act("experiments/watching/start")
        tenant.wait_for_edge()

    def evaluate(self, names: Iterable[str]) -> list[dict[str, Any]]:
        with self.tenant.edge() as edge:
            return [evaluate(edge, name) for name in names]

    def switch(self, path: str, *, enabled: bool) -> None:
        self.tenant.change(path, {"enabled": enabled})
        self.tenant.wait_for_edge()

    def exposures(self) -> dict[str, Any]:
        return self.tenant.analysed(
            "flags/new-checkout/exposures", project=self.tenant.project, environment="production", limit=200
        )

    def results(self, exposures: int) -> dict[str, Any]:
        """When so many exposures have arrived."""
        until_blocking(lambda: same(self.exposures()["exposures"], exposures))
        return self.tenant.results(self.experiment)


def units(results: dict[str, Any]) -> tuple[int, int]:
    found = results["units"]
    return found["total"], found["in_several_variations"]


def test_individual_targets_are_no_part_of_it(tenant: Tenant) -> None:
    chosen = users("qa", range(30))
    watched = Watched(tenant, targets=[{"key": name, "variation": "on"} for name in chosen])

    others = watched.evaluate(users("n", range(40)))
    answers = watched.evaluate(chosen)
    results = watched.results(exposures=70)

    assert {(each["reason"], each["metadata"]["experiments"]) for each in answers} == {("TARGETING_MATCH", "")}
    assert {each["metadata"]["experiments"] for each in others} == {"watching:1"}
    assert units(results) == (40, 0)
    counts = {each["variation"]: each["units"] for each in results["units"]["variations"]}
    assert counts == dict(Counter(each["variant"] for each in others))
    said = {each["user_key"]: each["experiments"] for each in watched.exposures()["recent"]}
    assert (said["qa0"], said["n0"]) == ([], [{"key": "watching", "phase": 1}])


def test_whom_an_override_serves_is_no_part_of_it_and_is_counted_apart(tenant: Tenant) -> None:
    watched = Watched(tenant)
    watched.evaluate(users("n", range(40)))
    for name in ("n0", "boss"):
        tenant.override(name, "new-checkout", "on")
    tenant.wait_for_edge()

    answers = watched.evaluate(["n0", "boss"])
    results = watched.results(exposures=42)

    assert {(each["variant"], each["reason"], each["metadata"]["override"]) for each in answers} == {
        ("on", "TARGETING_MATCH", True)
    }
    assert (units(results), results["units"]["overridden"]) == ((40, 0), 2)
    assert {each["user_key"] for each in watched.exposures()["recent"] if each["override"]} == {"n0", "boss"}


def test_a_flag_that_is_switched_off_leaves_it_as_it_was(tenant: Tenant) -> None:
    watched = Watched(tenant)
    watched.evaluate(users("u", range(60)))
    before = watched.results(exposures=60)

    watched.switch(SETTINGS, enabled=False)
    answers = watched.evaluate(users("u", range(30)) + users("u", range(100, 140)))
    after = watched.results(exposures=130)

    assert {(each["reason"], each["metadata"]["experiments"]) for each in answers} == {("DISABLED", "")}
    assert units(before) == units(after) == (60, 0)
    assert after["units"] == before["units"]


def test_whoever_fails_the_prerequisite_is_no_part_of_it(tenant: Tenant) -> None:
    tenant.create("flags", BOOLEAN | {"key": "pre", "name": "Pre", "default": {"variation": "on"}})
    tenant.change("flags/pre/environments/production", {"enabled": True, "default": {"variation": "on"}})
    watched = Watched(tenant, prerequisites=[{"flag": "pre", "variation": "on"}])
    watched.evaluate(users("p", range(40)))

    watched.switch("flags/pre/environments/production", enabled=False)
    answers = watched.evaluate(users("p", range(40, 70)))

    assert {(each["reason"], each["metadata"]["prerequisite"]) for each in answers} == {("DEFAULT", "pre")}
    assert units(watched.results(exposures=70)) == (40, 0)


def test_exposures_that_do_not_say_are_counted_and_those_that_say_none_are_not(tenant: Tenant) -> None:
    watched = Watched(tenant)
    events = [exposure(f"silent-{n}", "on", experiment=None) for n in range(5)]
    events += [exposure(f"none-{n}", "on", experiment=None, experiments=[]) for n in range(7)]
    events += [
        exposure(f"other-{n}", "on", experiment=None, experiments=[{"key": "other", "phase": 1}]) for n in range(3)
    ]
    events += [exposure(f"this-{n}", "off", experiment="watching", experiments=[{"key": "watching"}]) for n in range(2)]

    answer = tenant.send(events)

    assert (answer.status_code, answer.json()["rejected"]) == (202, [])
    assert units(watched.results(exposures=len(events))) == (7, 0)


def test_what_an_answer_says_makes_a_true_exposure(tenant: Tenant) -> None:
    """A client sends on what the metadata told it."""
    watched = Watched(tenant, targets=[{"key": "qa", "variation": "on"}], report_exposures=False)
    events = []
    for answer, user in zip(watched.evaluate(["n1", "qa"]), ["n1", "qa"], strict=True):
        told = answer["metadata"]["experiments"]
        parts = [each.rsplit(":", 1) for each in told.split(",") if each]
        belongs = [{"key": key, "phase": int(phase)} for key, phase in parts]
        events.append(exposure(user, answer["variant"], experiment=None, experiments=belongs))

    assert tenant.send(events).json()["rejected"] == []
    assert units(watched.results(exposures=2)) == (1, 0)


def test_what_the_edge_reports_can_be_told_apart_by_attributes(tenant: Tenant) -> None:
    """The attributes that environment and flag name travel, hidden ones as pseudonyms, and no others."""
    tenant.change("environments/production", {"exposure_attributes": ["country"], "pii_attributes": ["address"]})
    watched = Watched(tenant, exposure_attributes=["address.city"])
    with tenant.edge() as edge:
        for number in range(12):
            country = {"country": "NO" if number < 5 else ""} if number < 8 else {}
            evaluate(edge, f"u{number}", **country, address={"city": "Oslo", "street": "A"}, email="a@example.org")
    watched.results(exposures=12)

    by_country = tenant.analysed(f"experiments/{watched.experiment}/results/segments", by="country")
    by_city = tenant.analysed(f"experiments/{watched.experiment}/results/segments", by="address.city")

    found = {(each["segment"], each["units"]) for each in by_country["segments"]}
    assert found == {("NO", 5), ("", 3), (None, 4)}
    (city,) = by_city["segments"]
    assert (city["units"], len(city["segment"]), city["segment"] != "Oslo") == (12, 64, True)
    context = watched.exposures()["recent"][-1]["context"]
    assert set(context) <= {"country", "address"}
    assert set(context["address"]) == {"city"}
