"""How far a flag has come, by what is known of its use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from control_plane.flags.queries import FlagStanding, Purpose
from control_plane.lifecycles.evidence import Unanswered
from control_plane.lifecycles.states import (
    Check,
    FlagExperiment,
    FlagThere,
    Outcome,
    evaluation_check,
    need_check,
    safe_to_remove,
    standing_of,
)
from messages.generated.usage_pb2 import EnvironmentUsage, FlagUsage, VariationUsage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 30
SILENT = Unanswered("timeout", "analytics did not answer in time")


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def told(
    *, named: float | None = None, bulk: float | None = None, recorded: tuple[float, float] = (100, 0), **served: int
) -> EnvironmentUsage:
    """What was told, days ago; `served`: evaluations by variation."""

    def moment(days: float | None) -> int:
        return 0 if days is None else int(ago(days).timestamp())

    flag = FlagUsage(
        key="f",
        named_at=moment(named),
        bulk_at=moment(bulk),
        last_sdk="node/1.0",
        variations=[VariationUsage(variation=name, named=count) for name, count in served.items()],
    )
    asked = named is not None or bulk is not None
    return EnvironmentUsage(
        environment_id="e",
        recorded_from=moment(recorded[0]),
        recorded_until=moment(recorded[1]),
        flags=[flag] if asked else [],
    )


def there(usage: EnvironmentUsage | Unanswered, **more: Any) -> FlagThere:
    given: dict[str, Any] = {"archived": False, "created_at": ago(90), "changed_at": ago(60), "experiments": ()}
    return FlagThere(environment="production", usage=usage, **(given | more))


PAST = date(2026, 5, 31)
ENDED = FlagExperiment("test", "stopped", ago(40))
NOTHING = EnvironmentUsage(environment_id="e")
CASES: Mapping[str, tuple[str, str, FlagThere]] = {
    "nobody answers": ("unknown", "timeout", there(SILENT)),
    "nothing was ever told": ("unknown", "no_usage", there(NOTHING)),
    "made lately, not asked for": ("new", "never_evaluated", there(told(), created_at=ago(3))),
    "made lately, and nothing is told": ("new", "never_evaluated", there(NOTHING, created_at=ago(3))),
    "two variations by name": ("live", "evaluated", there(told(named=0.1, on=5, off=5))),
    "in bulk alone": ("live", "in_bulk_only", there(told(bulk=0.1, on=5, off=5))),
    "by name long ago, in bulk today": ("live", "in_bulk_only", there(told(named=50, bulk=0, on=5, off=5))),
    "an error served none": ("live", "evaluated", there(told(named=0.1))),
    "one variation, changed lately": ("launched", "one_variation", there(told(named=0.1, on=5), changed_at=ago(2))),
    "one variation, made lately": ("launched", "one_variation", there(told(named=0.1, on=5), created_at=ago(2))),
    "one variation, told of lately": ("launched", "one_variation", there(told(named=0.1, recorded=(5, 0), on=5))),
    "one variation for long": ("stale", "one_variation", there(told(named=0.1, on=5))),
    "one variation, an experiment runs": (
        "live", "evaluated",
        there(told(named=0.1, on=5), experiments=[FlagExperiment("test", "running", None)]),
    ),
    "not asked for in long": ("stale", "not_evaluated", there(told(named=31))),
    "not asked for, in bulk neither": ("stale", "not_evaluated", there(told(named=50, bulk=31))),
    "not asked for, told of lately": ("unknown", "usage_too_young", there(told(named=31, recorded=(29, 0)))),
    "not asked for, and nothing is told any more": ("unknown", "usage_ended", there(told(named=31, recorded=(90, 2)))),
    "never asked for": ("stale", "never_evaluated", there(told())),
    "its experiment ended long ago": (
        "stale", "experiment_ended",
        there(told(named=0.1, on=1, off=1), experiments=[ENDED]),
    ),
    "its experiment ended lately": (
        "live", "evaluated",
        there(told(named=0.1, on=1, off=1), experiments=[FlagExperiment("test", "stopped", ago(3))]),
    ),
    "one ended, another one runs": (
        "live", "evaluated",
        there(told(named=0.1, on=1, off=1), experiments=[ENDED, FlagExperiment("next", "scheduled", None)]),
    ),
    "operational, one variation for long": (
        "launched", "one_variation",
        there(told(named=0.1, on=5), purpose=Purpose.OPERATIONAL),
    ),
    "permission, its experiment ended long ago": (
        "live", "evaluated",
        there(told(named=0.1, on=1, off=1), experiments=[ENDED], purpose=Purpose.PERMISSION),
    ),
    "operational, not asked for in long": (
        "stale", "not_evaluated",
        there(told(named=31), purpose=Purpose.OPERATIONAL),
    ),
    "experiment, one variation for long": (
        "stale", "one_variation",
        there(told(named=0.1, on=5), purpose=Purpose.EXPERIMENT),
    ),
    "on its last day": ("live", "evaluated", there(told(named=0.1, on=5, off=5), expected_end=NOW.date())),
    "after its expected end": ("overdue", "past_expected_end", there(told(named=0.1, on=5, off=5), expected_end=PAST)),
    "operational, after its expected end": (
        "overdue", "past_expected_end",
        there(told(named=0.1, on=5), purpose=Purpose.OPERATIONAL, expected_end=PAST),
    ),
    "after its expected end, nobody answers": ("overdue", "past_expected_end", there(SILENT, expected_end=PAST)),
    "archived, after its expected end": (
        "archived", "archived",
        there(told(named=31), archived=True, expected_end=PAST),
    ),
    "archived": ("archived", "archived", there(told(named=31), archived=True)),
    "archived, in bulk": ("archived", "archived", there(told(bulk=0), archived=True)),
    "archived, asked for": ("archived_in_use", "asked_for", there(told(named=1), archived=True)),
}  # fmt: skip


@pytest.mark.parametrize(("state", "reason", "case"), CASES.values(), ids=CASES)
def test_a_state_has_its_reason(state: str, reason: str, case: FlagThere) -> None:
    found = standing_of(case, "f", DAYS, NOW)
    assert (found.state, found.reason) == (state, reason)
    assert found.detail


def test_an_overdue_flag_says_what_it_would_be_else() -> None:
    found = standing_of(there(told(named=0.1, on=5), expected_end=PAST), "f", DAYS, NOW)
    without = standing_of(there(told(named=0.1, on=5)), "f", DAYS, NOW)
    assert found.detail == f"expected to be needed until 2026-05-31; stale: {without.detail}"
    assert (found.named_at, found.variations) == (without.named_at, without.variations)


NEEDED: Mapping[str, tuple[Purpose, date | None, bool, Outcome]] = {
    "a release": (Purpose.RELEASE, None, False, Outcome.PASSED),
    "an experiment": (Purpose.EXPERIMENT, None, False, Outcome.PASSED),
    "operational": (Purpose.OPERATIONAL, None, False, Outcome.FAILED),
    "a permission": (Purpose.PERMISSION, None, False, Outcome.FAILED),
    "a permission, archived": (Purpose.PERMISSION, None, True, Outcome.PASSED),
    "operational, its end is past": (Purpose.OPERATIONAL, PAST, False, Outcome.PASSED),
    "a release on its last day": (Purpose.RELEASE, NOW.date(), False, Outcome.FAILED),
    "a release, its end is past": (Purpose.RELEASE, PAST, False, Outcome.PASSED),
}


@pytest.mark.parametrize(("purpose", "end", "archived", "outcome"), NEEDED.values(), ids=NEEDED)
def test_what_people_say_is_needed_can_not_go(
    purpose: Purpose, end: date | None, archived: bool, outcome: Outcome
) -> None:
    flag = FlagStanding(
        key="f",
        name="F",
        owner=None,
        tags=[],
        archived=archived,
        purpose=purpose,
        expected_end=end,
        created_at=ago(90),
        updated_at=ago(90),
        changed_at={},
    )
    check = need_check(flag, NOW)
    assert check.outcome is outcome
    assert archived or purpose.value in check.detail


EVALUATED: Mapping[str, tuple[list[Any], bool, Outcome]] = {
    "long ago in each": ([told(named=31), told(bulk=40)], False, Outcome.PASSED),
    "never": ([told()], False, Outcome.PASSED),
    "lately in one": ([told(named=31), told(named=1)], False, Outcome.FAILED),
    "lately in bulk": ([told(bulk=1)], False, Outcome.FAILED),
    "archived, lately in bulk": ([told(bulk=1)], True, Outcome.PASSED),
    "archived, lately by name": ([told(named=1)], True, Outcome.FAILED),
    "lately in one, nothing known of the other": ([SILENT, told(named=1)], False, Outcome.FAILED),
    "nothing known of one": ([SILENT, told(named=31)], False, Outcome.UNKNOWN),
    "told of lately": ([told(recorded=(20, 0))], False, Outcome.UNKNOWN),
    "nothing told": ([NOTHING], False, Outcome.UNKNOWN),
    "no environment": ([], False, Outcome.PASSED),
}


@pytest.mark.parametrize(("usages", "archived", "outcome"), EVALUATED.values(), ids=EVALUATED)
def test_what_was_evaluated_somewhere_can_not_go(usages: list[Any], archived: bool, outcome: Outcome) -> None:
    check = evaluation_check("f", [there(each, archived=archived) for each in usages], DAYS, NOW)
    assert check.outcome is outcome


def test_a_flag_can_go_when_no_check_failed_and_each_was_made() -> None:
    def outcome(*outcomes: Outcome) -> bool | None:
        return safe_to_remove([Check("c", each, "") for each in outcomes])

    assert outcome(Outcome.PASSED, Outcome.NOT_CHECKED) is True
    assert outcome(Outcome.PASSED, Outcome.UNKNOWN) is None
    assert outcome(Outcome.UNKNOWN, Outcome.FAILED) is False
