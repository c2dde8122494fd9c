"""A timeline is held to its plan: what is doubled, out of order, missing or goes on after its end is told."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.timelines import faults_of, steps_taken

SHARES = (10, 50, 100)
KINDS = {"complete": "completed", "roll_back": "rolled_back"}


def timeline(*moves: tuple[str, int, float]) -> list[dict[str, Any]]:
    """Of actions with the step and the share after them."""
    return [
        {"version": version, "action": action, "step": step, "share": share, "state": KINDS.get(action, "running")}
        for version, (action, step, share) in enumerate([("create", 0, 0), *moves], 1)
    ]


START, SECOND, THIRD = ("start", 1, 10), ("advance", 2, 50), ("advance", 3, 100)
COMPLETE, BACK = ("complete", 3, 100), ("roll_back", 1, 0)


@pytest.mark.parametrize("moves", [(START, SECOND, THIRD, COMPLETE), (START, BACK)], ids=["to the end", "back"])
def test_each_step_once(moves: tuple[tuple[str, int, float], ...]) -> None:
    assert faults_of(timeline(*moves), SHARES, one_by_one=True) == []


def test_overdue_steps_are_folded_but_not_those_with_guards() -> None:
    folded = timeline(START, THIRD, COMPLETE)
    assert faults_of(folded, SHARES, one_by_one=False) == []
    assert faults_of(folded, SHARES, one_by_one=True) == ["step 1 was followed by step 3"]
    assert steps_taken(folded) == 2


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ((START, SECOND, SECOND, THIRD, COMPLETE), "step 2 was followed by step 2"),
        ((START, THIRD, SECOND, COMPLETE), "step 3 was followed by step 2"),
        ((START, ("advance", 2, 60), THIRD, COMPLETE), "step 2 has 60 %"),
        ((START, SECOND, ("complete", 2, 50)), "complete after 2 of 3 steps"),
        ((START, BACK, BACK), "ended by ['roll_back', 'roll_back']"),
        ((START, BACK, SECOND), "goes on after its end"),
        ((START, SECOND, THIRD), "ended by []"),
    ],
    ids=["doubled", "disordered", "another share", "too early", "twice back", "on after back", "no end"],
)
def test_what_is_wrong_is_told(moves: tuple[tuple[str, int, float], ...], told: str) -> None:
    assert told in faults_of(timeline(*moves), SHARES, one_by_one=True)


def test_a_missing_version_is_told() -> None:
    missing = [each for each in timeline(START, SECOND, THIRD, COMPLETE) if each["version"] != 3]
    assert "versions [1, 2, 4, 5]" in faults_of(missing, SHARES, one_by_one=False)
