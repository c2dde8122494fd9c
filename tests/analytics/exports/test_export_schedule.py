"""When exports are due."""

from __future__ import annotations

from datetime import datetime

import pytest
from analytics.exports.destinations.folder import FolderDestination
from analytics.exports.schedule import is_due, next_due

from tests.analytics.exports.export_parts import export_of


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


SINCE = at("2026-01-05 01:30:00")


@pytest.mark.parametrize(
    ("schedule", "daily_at", "now", "due", "following"),
    [
        ("daily", "02:00", "2026-01-05 01:59:59", None, "2026-01-05 02:00:00"),
        ("daily", "02:00", "2026-01-05 02:00:00", "2026-01-05 02:00:00", "2026-01-06 02:00:00"),
        ("daily", "02:00", "2026-01-09 15:00:00", "2026-01-09 02:00:00", "2026-01-10 02:00:00"),
        ("daily", "23:45", "2026-01-06 00:10:00", "2026-01-05 23:45:00", "2026-01-06 23:45:00"),
        ("daily", "00:00", "2026-01-06 00:00:00", "2026-01-06 00:00:00", "2026-01-07 00:00:00"),
        ("hourly", "02:00", "2026-01-05 01:45:00", None, "2026-01-05 02:00:00"),
        ("hourly", "02:00", "2026-01-05 02:00:00", "2026-01-05 02:00:00", "2026-01-05 03:00:00"),
        ("hourly", "02:00", "2026-01-05 07:59:00", "2026-01-05 07:00:00", "2026-01-05 08:00:00"),
    ],
)
def test_the_latest_moment_that_was_not_run_for_is_due(
    schedule: str, daily_at: str, now: str, due: str | None, following: str
) -> None:
    export = export_of(FolderDestination("a"), schedule=schedule, daily_at=daily_at, scheduled_since=SINCE)
    wanted = at(due) if due else None
    assert is_due(export, None, at(now)) == wanted
    assert next_due(export, at(now)) == at(following)
    if wanted is not None:
        assert is_due(export, wanted, at(now)) is None
        assert is_due(export, wanted - 1, at(now)) == wanted


@pytest.mark.parametrize("changes", [{"schedule": "manual"}, {"paused": True}, {"deleted": True}])
def test_some_are_never_due(changes: dict[str, object]) -> None:
    export = export_of(FolderDestination("a"), scheduled_since=SINCE, **changes)
    assert is_due(export, None, at("2026-02-01 00:00:00")) is None
    assert next_due(export, at("2026-02-01 00:00:00")) is None
