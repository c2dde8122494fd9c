"""Usage events: what was evaluated in a minute, and how often. They name nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from feature_flag_platform.evaluation.usage_counts import UsageCounts, Way
from feature_flag_platform.events.event_ids import moment, new_event_id
from feature_flag_platform.version import SDK

COUNTS_MAX = 500
COUNTS_BYTES_MAX = 32 * 1024 - 512


def usage_events(counts: UsageCounts, since: int) -> Iterator[dict[str, Any]]:
    """What was counted since it was asked last, as events of the moment `since`, in epoch milliseconds."""
    gathered: list[dict[str, Any]] = []
    size = 0
    for way, count in counts.take():
        told = _told(way, count)
        length = len(json.dumps(told)) + 1
        if gathered and (len(gathered) == COUNTS_MAX or size + length > COUNTS_BYTES_MAX):
            yield _event(gathered, since)
            gathered, size = [], 0
        gathered.append(told)
        size += length
    if gathered:
        yield _event(gathered, since)


def _told(way: Way, count: int) -> dict[str, Any]:
    told: dict[str, Any] = {name: value for name, value in way._asdict().items() if value}
    # A remote config's many overrides together may have a longer name than an event may tell.
    if len(way.variation) > 128:
        told.pop("variation")
    return {"flag": way.flag, **told, "sdk": SDK, "count": count}


def _event(counts: list[dict[str, Any]], since: int) -> dict[str, Any]:
    return {"type": "usage", "event_id": new_event_id(), "timestamp": moment(since), "counts": counts}
