"""When an export is due. Pure; times in epoch milliseconds, days and hours in UTC."""

from __future__ import annotations

from analytics.exports.models import Export

HOUR, DAY = 3_600_000, 86_400_000


def due_at(export: Export, now: int) -> int | None:
    """The latest moment of the schedule that is not after `now`; None for an export that is run by hand or paused."""
    if export.paused or export.deleted or export.schedule == "manual":
        return None
    if export.schedule == "hourly":
        return now - now % HOUR
    hours, minutes = (int(part) for part in export.daily_at.split(":"))
    offset = hours * HOUR + minutes * 60_000
    return (now - offset) // DAY * DAY + offset


def is_due(export: Export, last_scheduled_for: int | None, now: int) -> int | None:
    """The moment to run for, unless it was run for already or lies before the schedule was set.

    Moments that were missed while no worker was there are made up by one run.
    """
    due = due_at(export, now)
    if due is None or due <= max(export.scheduled_since, last_scheduled_for or 0):
        return None
    return due


def next_due(export: Export, now: int) -> int | None:
    """The next moment of the schedule after `now`."""
    due = due_at(export, now)
    if due is None:
        return None
    return due + (HOUR if export.schedule == "hourly" else DAY)
