"""Metric events: what users did, with a value and properties."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

from bucketing import unit_key

from feature_flag_platform.evaluation.contexts import TARGETING_KEY, Contexts
from feature_flag_platform.events.event_ids import moment, new_event_id
from feature_flag_platform.events.privacy import Privacy, clean
from feature_flag_platform.events.queue import EventQueue
from feature_flag_platform.notices import Notices

NAME_LENGTH_MAX = 128
VALUE_MAX = 1e15


class MetricEvents:
    """Of one client. What can't be an event is dropped, counted and warned of once."""

    def __init__(self, queue: EventQueue, privacy: Privacy, contexts: Contexts, notices: Notices) -> None:
        self._queue = queue
        self._privacy = privacy
        self._contexts = contexts
        self._notices = notices

    def track(self, name: str, value: Any, user: Any, properties: Mapping[str, Any] | None) -> None:
        """Queues what this user did. `value` None: it only counts."""
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH_MAX:
            self._drop("a metric event needs a name of at most 128 characters, so one was dropped")
            return
        context = self._contexts.of(user)
        key = unit_key(context.get(TARGETING_KEY)) if isinstance(context, dict) else None
        if not key or not self._privacy.is_tellable(key):
            self._drop("the metric event %r names no user by at most 512 characters, so it was dropped", name)
            return
        number = None if value is None else _number(value)
        if value is not None and number is None:
            self._drop("the value of the metric event %r is no finite number up to 1e15, so it was dropped", name)
            return
        event: dict[str, Any] = {
            "type": "metric",
            "event_id": new_event_id(),
            "timestamp": moment(time.time_ns() // 1_000_000),
            "user_key": self._privacy.key(key),
            "metric": clean(name),
        }
        if number is not None:
            event["value"] = number
        if properties:
            event["properties"] = self._privacy.without_private(self._contexts.attributes(properties))
        self._queue.put(event)

    def _drop(self, message: str, *arguments: object) -> None:
        self._queue.drop("invalid")
        self._notices.warn((message, *arguments), message, *arguments)


def _number(value: Any) -> float | None:
    """A number as JSON has it, and not beyond what an ingestor takes; None for anything else, truth values too."""
    if value.__class__ is int:
        return value if abs(value) <= VALUE_MAX else None
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if abs(number) <= VALUE_MAX else None
