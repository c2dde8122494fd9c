"""The health of an experiment that gets no exposure names what is in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import Experiment, Plan
from analytics.results.health import data_check
from analytics.results.obstacles import obstacle
from analytics.warehouse.aggregates import ExposureHealth
from bucketing.flagset import Fixed, Flag, FlagType
from messages.sdk_keys import KeyKind, SdkKey

NOW = 1_000_000_000_000
FLAG = Flag(
    "f",
    FlagType.BOOLEAN,
    {"on": True, "off": False},
    "off",
    Fixed("on"),
    client_visible=True,
    report_exposures=True,
)
CLIENT = SdkKey("e1", "k1", KeyKind.CLIENT, b"")
SERVER = SdkKey("e1", "k2", KeyKind.SERVER, b"")
EXPERIMENT = Experiment(
    "x", "x", "X", "e1", "f", True, "running", 1, None, {"on": 1, "off": 1}, "off", (), Plan(mode="fixed")
)
HIDDEN = replace(FLAG, client_visible=False)
UNREPORTED = replace(FLAG, report_exposures=False)


@pytest.mark.parametrize(
    ("flag", "keys", "finding"),
    [
        (FLAG, [CLIENT], None),
        (None, [CLIENT], None),
        (replace(FLAG, enabled=False), [CLIENT], "the flag `f` is off"),
        (replace(FLAG, archived=True), [CLIENT], "the flag `f` is archived"),
        (FLAG, [], "no SDK key is in force, so nobody can ask for the flag"),
        (FLAG, [replace(CLIENT, expires_at=NOW)], "no SDK key is in force, so nobody can ask for the flag"),
        (FLAG, [replace(CLIENT, expires_at=NOW + 1)], None),
        (HIDDEN, [CLIENT], "the flag `f` is hidden from client keys, and the environment has no others"),
        (HIDDEN, [CLIENT, SERVER], None),
        (UNREPORTED, [CLIENT], "edges don't report exposures of `f`"),
    ],
    ids=[
        "none",
        "unreadable",
        "off",
        "archived",
        "no-key",
        "expired-key",
        "key-in-force",
        "hidden",
        "server-key",
        "unreported",
    ],
)
def test_what_keeps_exposures_away_is_named(flag: Flag | None, keys: list[SdkKey], finding: str | None) -> None:
    found = obstacle(flag, keys, NOW)
    assert (found and found.finding) == finding
    check = data_check(EXPERIMENT, nothing(), found, NOW)
    assert (check.name, check.state) == ("no_data", "problem")
    assert check.finding == (f"No exposure has arrived: {finding}." if finding else "No exposure has arrived.")
    assert check.action == (found.action if found else check.action)


@pytest.mark.parametrize(
    ("flag", "state", "finding"),
    [
        (FLAG, "ok", "About 5 exposures."),
        (replace(FLAG, enabled=False), "warning", "About 5 exposures: the flag `f` is off."),
        # They arrive all the same: the application sends them.
        (UNREPORTED, "ok", "About 5 exposures."),
    ],
    ids=["none", "off", "unreported"],
)
def test_what_ends_exposures_is_named_while_there_are_some(flag: Flag, state: str, finding: str) -> None:
    some = replace(nothing(), exposures=5, last_received_at=NOW)
    check = data_check(EXPERIMENT, some, obstacle(flag, [CLIENT], NOW), NOW)
    assert (check.state, check.finding) == (state, finding)


def nothing() -> ExposureHealth:
    return ExposureHealth(0, 0, 0, 0, 0, {})
