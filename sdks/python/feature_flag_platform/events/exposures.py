"""Exposures: each is told once in ten minutes."""

from __future__ import annotations

import threading
import time
from itertools import islice
from typing import Any

from bucketing import unit_key

from feature_flag_platform.evaluation.details import Experiment
from feature_flag_platform.evaluation.outcomes import Mark, Outcome, randomised_unit
from feature_flag_platform.events.event_ids import moment, new_event_id
from feature_flag_platform.events.privacy import Privacy
from feature_flag_platform.events.queue import EventQueue

WINDOW_SECONDS = 600.0
REMEMBERED_MAX = 100_000
VARIATION_LENGTH_MAX = 128


class Exposures:
    """Of one client."""

    def __init__(self, queue: EventQueue, privacy: Privacy) -> None:
        self._queue = queue
        self._privacy = privacy
        self._told: dict[tuple[str, str, str], float] = {}
        self._lock = threading.Lock()

    def offer(self, outcome: Outcome, context: Any, now: int) -> None:
        """Queues the exposure of an evaluation, unless it was told within ten minutes. Of an error, and of a user
        without a key there is none. `now`: epoch milliseconds."""
        mark = outcome.mark
        user = unit_key(context.get("targetingKey"))
        if mark is None or not user:
            return
        unit = self._unit(outcome.bucket_by, context)
        told = (user, unit, mark.text)
        moment_told = time.monotonic()
        before = self._told.get(told)
        if before is not None and moment_told - before < WINDOW_SECONDS:
            return
        if len(mark.variation) > VARIATION_LENGTH_MAX or not self._privacy.is_tellable(user):
            # Such a variation is many overrides of a remote config together, which no experiment asks for.
            self._queue.drop("invalid")
            return
        if self._remember(told, moment_told):
            event = self._event(outcome, mark, user, unit)
            shown = self._privacy.shown(context, outcome.attributes)
            self._queue.put({**event, "timestamp": moment(now), "context": shown})

    def _unit(self, bucket_by: str | None, context: Any) -> str:
        """The unit that isn't the user, as far as it may be told."""
        if bucket_by is None or self._privacy.hides_unit(bucket_by):
            return ""
        return randomised_unit(bucket_by, context)

    def _remember(self, told: tuple[str, str, str], moment_told: float) -> bool:
        """False if another thread was quicker."""
        with self._lock:
            before = self._told.pop(told, None)
            if len(self._told) >= REMEMBERED_MAX:
                for old in list(islice(self._told, REMEMBERED_MAX // 2)):
                    del self._told[old]
            is_due = before is None or moment_told - before >= WINDOW_SECONDS
            self._told[told] = moment_told if is_due or before is None else before
            return is_due

    def _event(self, outcome: Outcome, mark: Mark, user: str, unit: str) -> dict[str, Any]:
        event: dict[str, Any] = {
            "type": "exposure",
            "event_id": new_event_id(),
            "user_key": self._privacy.key(user),
            "flag": mark.flag,
            "variation": mark.variation,
            "experiments": [_experiment(each) for each in mark.experiments],
            "config_version": outcome.detail.version,
        }
        if mark.experiments:
            event["experiment"] = mark.experiments[0].key
        if unit:
            event["unit_key"] = self._privacy.key(unit)
        if mark.override:
            event["override"] = True
        if mark.split is not None:
            event["split"] = mark.split
        return event


def _experiment(told: Experiment) -> dict[str, Any]:
    return {"key": told.key, "phase": told.phase}
