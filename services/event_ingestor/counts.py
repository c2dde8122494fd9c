"""Counts of the events that this process accepted and refused, by environment, in each of the last minutes.

What was accepted is also in each message of the stream (its counts), which outlives the process; refusals are
only here and in the metrics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from event_ingestor.admission.events import AdmittedEvents

MINUTE_MS = 60_000
MINUTES_KEPT = 60


@dataclass(slots=True)
class MinuteCounts:
    """One minute of an environment.

    `minute` is its beginning in milliseconds since the Unix epoch; `unstored` counts events answered with 503."""

    minute: int
    exposures: int = 0
    metrics: int = 0
    usage: int = 0
    unstored: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


class Counts:
    """The last minutes of every environment."""

    def __init__(self) -> None:
        self._minutes: dict[int, dict[str, MinuteCounts]] = {}

    def stored(self, environment_id: str, received_at: int, admission: AdmittedEvents) -> None:
        counts = self._of(environment_id, received_at)
        counts.exposures += admission.exposure_count
        counts.metrics += admission.metric_count
        counts.usage += admission.usage_count
        counts.rejected.update(each.code for each in admission.rejected)

    def unstored(self, environment_id: str, received_at: int, admission: AdmittedEvents) -> None:
        self._of(environment_id, received_at).unstored += admission.accepted

    def last_minutes(self, environment_id: str, now: int, minutes: int) -> Iterable[MinuteCounts]:
        """Oldest first; minutes in which nothing came are left out."""
        earliest = now - now % MINUTE_MS - (minutes - 1) * MINUTE_MS
        for minute, environments in sorted(self._minutes.items()):
            if minute >= earliest and environment_id in environments:
                yield environments[environment_id]

    def _of(self, environment_id: str, received_at: int) -> MinuteCounts:
        minute = received_at - received_at % MINUTE_MS
        environments = self._minutes.get(minute)
        if environments is None:
            environments = self._minutes[minute] = {}
            for old in [each for each in self._minutes if each <= minute - MINUTES_KEPT * MINUTE_MS]:
                del self._minutes[old]
        counts = environments.get(environment_id)
        if counts is None:
            counts = environments[environment_id] = MinuteCounts(minute)
        return counts
