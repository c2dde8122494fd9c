"""Pure parts of rollouts: shares laid over what was served, and the steps of plans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bucketing.flagset import BUCKET_COUNT, Fixed
from control_plane.rollouts.guards import complete_guards, guard_errors
from control_plane.rollouts.plans import CHANGE_SECONDS_MIN, STEPS_MAX, Progress, plan_errors, steps_of
from control_plane.rollouts.shares import check_begin, read_serve, share_of, with_share
from service_kit.problems import Conflict

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def split(*shares: tuple[str, float], by: str | None = None) -> dict[str, Any]:
    rollout: dict[str, Any] = {"variations": [{"key": key, "weight": weight} for key, weight in shares]}
    return {"rollout": rollout | ({"bucket_by": by} if by else {})}


def layout(document: dict[str, Any]) -> list[str]:
    """Who has each bucket."""
    serve = read_serve(document)
    if isinstance(serve, Fixed):
        return [serve.variation] * BUCKET_COUNT
    return [each.variation for each in serve.shares for _ in range(each.weight)]


ORIGINALS = {
    "one": {"variation": "old"},
    "begun": split(("new", 10), ("old", 90)),
    "two others": split(("a", 50), ("b", 50)),
    "nothing yet": split(("old", 100), ("new", 0)),
    "three": split(("new", 5), ("a", 0.5), ("b", 94.5), by="company"),
}


@pytest.mark.parametrize("original", ORIGINALS.values(), ids=ORIGINALS)
def test_units_only_come_in_and_the_last_ones_leave_first(original: dict[str, Any]) -> None:
    check_begin(original, "new")
    before = layout(original)
    held: set[int] = set()
    for share in (0, 1, 50, 1000, 3333, 5050, 9999, 10_000):
        served = with_share(original, "new", share)
        after = layout(served)
        has = {bucket for bucket, key in enumerate(after) if key == "new"}
        assert has == set(range(share))
        assert held <= has
        assert share_of(served, "new") == share
        others = [(was, now) for was, now in zip(before, after, strict=True) if "new" not in (was, now)]
        assert all(was == now for was, now in others)
        held = has


def test_what_was_served_by_an_attribute_still_is() -> None:
    assert with_share(ORIGINALS["three"], "new", 700)["rollout"]["bucket_by"] == "company"
    assert with_share(ORIGINALS["one"], "new", 700, "company") == split(("new", 7), ("old", 93), by="company")


@pytest.mark.parametrize(
    ("served", "code"),
    [
        ({"variation": "new"}, "nothing_to_roll_out"),
        (split(("new", 100)), "nothing_to_roll_out"),
        (split(("old", 90), ("new", 10)), "variation_not_first"),
    ],
    ids=["everybody", "all of a split", "behind another"],
)
def test_a_share_that_cannot_grow_from_the_first_bucket_is_refused(served: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        check_begin(served, "new")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("begin", "end", "seconds", "changes"),
    [(0, 100, 3600, 60), (0, 100, 7 * 86_400, STEPS_MAX), (0, 0.05, 86_400, 5), (50, 10, 90, 1), (1, 2, 60, 1)],
)
def test_a_progress_is_even_and_changes_once_a_minute_at_most(
    begin: float, end: float, seconds: int, changes: int
) -> None:
    plan = {"progressive": {"from": begin, "to": end, "over_seconds": seconds}}
    assert plan_errors(plan) == []
    steps = steps_of(plan)
    assert len(steps) == changes + 1
    assert (steps[0].share, steps[-1].share) == (round(begin * 100), round(end * 100))
    assert sum(each.hold_seconds for each in steps) == seconds
    assert all(each.hold_seconds >= CHANGE_SECONDS_MIN for each in steps[:-1])
    shares = [each.share for each in steps]
    assert shares == sorted(shares, reverse=begin > end)


@pytest.mark.parametrize(
    ("plan", "field", "code"),
    [
        ({}, "plan", "plan"),
        ({"steps": [{"share": 1}], "progressive": {"from": 0, "to": 1, "over_seconds": 60}}, "plan", "plan"),
        ({"steps": [{"share": 0.001}]}, "plan.steps[0].share", "precision"),
        ({"progressive": {"from": 5, "to": 5, "over_seconds": 60}}, "plan.progressive.to", "same_share"),
        ({"steps": [{"share": 1, "at": 5}, {"share": 2, "at": 5}]}, "plan.steps[1].at", "order"),
        ({"steps": [{"share": 1, "hold_seconds": 5}, {"share": 2, "at": 5}]}, "plan.steps[0].hold_seconds", "conflict"),
    ],
    ids=["neither", "both", "precision", "same share", "order", "held until a moment"],
)
def test_what_is_wrong_with_a_plan_is_named(plan: dict[str, Any], field: str, code: str) -> None:
    assert [(each.field, each.code) for each in plan_errors(plan)] == [(field, code)]


def steps(*holds: int, approval: int | None = None) -> Progress:
    documents = [
        {"share": number + 1, "hold_seconds": hold, "approval": number == approval} for number, hold in enumerate(holds)
    ]
    return Progress(steps_of({"steps": documents}), 0, -1)


def test_overdue_steps_fold_into_one_and_keep_the_schedule() -> None:
    after, since = steps(3600, 3600, 3600, 3600).folded(NOON, NOON + 2.5 * HOUR, guarded=False)
    assert (after.position, since) == (3, NOON + 2 * HOUR)
    assert after.due(since) == NOON + 3 * HOUR


def test_guarded_steps_and_those_to_be_approved_are_never_folded_over() -> None:
    late = NOON + 10 * HOUR
    assert steps(3600, 3600, 3600).folded(NOON, late, guarded=True)[0].position == 1
    waiting, _ = steps(3600, 3600, 3600, 3600, approval=2).folded(NOON, late, guarded=False)
    assert waiting.position == 1
    assert waiting.awaits_approval
    allowed = Progress(waiting.steps, 1, 2)
    assert not allowed.awaits_approval
    assert allowed.folded(NOON, late, guarded=False) == (Progress(waiting.steps, 2, 2), late)


def test_a_step_at_a_moment_is_due_then() -> None:
    moment = round((NOON + HOUR).timestamp() * 1000)
    progress = Progress(steps_of({"steps": [{"share": 1}, {"share": 2, "at": moment}]}), 0, -1)
    assert progress.due(NOON) == NOON + HOUR


METRIC = {"metric": "errors", "built_in": None, "margin": 0.02, "margin_kind": None, "silence_seconds": None}


@pytest.mark.parametrize(
    ("guard", "field", "code"),
    [
        ({"metric": "unknown"}, "metric", "unknown_metric"),
        ({"margin": None}, "margin", "missing"),
        ({"margin": 1.0}, "margin", "range"),
        ({"built_in": "no_data"}, "metric", "guard"),
        ({"metric": None}, "metric", "guard"),
        ({"metric": None, "built_in": "no_data"}, "margin", "not_applicable"),
        ({"silence_seconds": 30}, "silence_seconds", "not_applicable"),
    ],
    ids=["unknown", "no margin", "all of the mean", "both", "neither", "margin of a built-in", "silence of a metric"],
)
def test_what_is_wrong_with_a_guard_is_named(guard: dict[str, Any], field: str, code: str) -> None:
    (complete,) = complete_guards([METRIC | guard])
    found = guard_errors([complete], {"errors"})
    assert [(each.field, each.code) for each in found] == [(f"guards[0].{field}", code)]


def test_guards_get_names_of_their_own() -> None:
    built_in = {"metric": None, "built_in": "no_data", "id": None}
    named = [each["id"] for each in complete_guards([METRIC, METRIC, built_in, METRIC | {"id": "errors-2"}])]
    assert named == ["errors", "errors-3", "no-data", "errors-2"]
