"""Admission of a request's events: those taken, in the form in which they travel on, and why others are not.

Pure: bytes in, bytes out. A batch in which everything is right costs about a microsecond an event: it is decoded
into typed structs, in parts where it is large. Only when that fails is each event judged alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from bucketing import unit_key
from bucketing.limits import ENTITY_KEY_PATTERN
from messages.events import (
    EVENT_BYTES_MAX,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    ExperimentPhase,
    ExposureLine,
    MetricLine,
)
from service_kit.fair_work import Steps, finished

from event_ingestor.admission import formats
from event_ingestor.admission.event_types import EVENT_TEXT_BYTES_MAX, Event, ExposureEvent, MetricEvent, UsageEvent
from event_ingestor.admission.names import KnownNames, NameWarning
from event_ingestor.admission.privacy import Privacy
from event_ingestor.admission.refusals import Reason, Rejection, explain
from event_ingestor.admission.taken import Line, Taken
from event_ingestor.admission.usage import usage_line

DAY_MS = 86_400_000
_STEP_EVENTS_BAD = 16

_KEY = re.compile(ENTITY_KEY_PATTERN).fullmatch
TOO_LARGE = Reason("event_too_large", f"an event may take {EVENT_BYTES_MAX} bytes")
_INVALID_KEY = "must be a key: lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class Window:
    """Event times that are taken, relative to the time of receipt, in milliseconds."""

    age_max: int = 730 * DAY_MS
    ahead_max: int = DAY_MS


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """What an admission depends on beside the bytes. `received_at` in milliseconds since the Unix epoch."""

    received_at: int
    window: Window = field(default_factory=Window)
    privacy: Privacy | None = None
    names: KnownNames | None = None


@dataclass(frozen=True, slots=True)
class AdmittedEvents:
    """The accepted events as JSON lines, one `\\n` after each, in the order in which they came."""

    exposures: bytes
    metrics: bytes
    exposure_count: int
    metric_count: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[NameWarning, ...] = ()
    usage: bytes = b""
    usage_count: int = 0

    @property
    def accepted(self) -> int:
        return self.exposure_count + self.metric_count + self.usage_count


def admit(body: bytes, rules: AdmissionRules, *, lines: bool = False) -> AdmittedEvents:
    """`admission`, all of it at once."""
    return finished(admission(body, rules, lines=lines))


def admission(body: bytes, rules: AdmissionRules, *, lines: bool = False) -> Steps[AdmittedEvents]:
    """Judges each event of the body by itself. `lines`: declared as NDJSON.

    Raises BadRequest when the body is not JSON at all, TooLarge for more than 5,000 events.
    """
    rejected: list[Rejection] = []
    parts: Sequence[Sequence[Event | None]] | None = yield from formats.decoding(body, lines=lines)
    if parts is None:
        texts = yield from formats.splitting(body, lines=lines)
        parts = yield from _decode_each(texts, rejected)
    # The escape is the only way to write NUL in JSON; mostly it is nowhere, so no event need be searched for it.
    # Of one character alone the search takes a twentieth of the time.
    may_hold_nul = b"\\" in body and b"\\u0000" in body
    judge, taken = Judge(rules, may_hold_nul=may_hold_nul), Taken(rules.names)
    first = accepted = 0
    # What was judged goes at once: all of it together would be a step of its own.
    waiting = deque(parts)
    del parts
    while waiting:
        yield
        part = waiting.popleft()
        lines_taken: dict[int, Line] = {}
        for index, event in enumerate(part, first):
            if event is None:
                continue
            line = judge.line(event)
            if type(line) is Reason:
                rejected.append(Rejection(index, *line))
            else:
                lines_taken[index] = line  # type: ignore[assignment]
        accepted += len(lines_taken)
        if too_large := taken.add(lines_taken):
            accepted -= len(too_large)
            rejected += (Rejection(index, *TOO_LARGE) for index in too_large)
        first += len(part)
    rejected.sort(key=lambda each: each.index)
    exposures, metrics, usage = taken.texts
    exposure_count, usage_count = exposures.count(b"\n"), usage.count(b"\n")
    return AdmittedEvents(
        exposures=exposures,
        metrics=metrics,
        exposure_count=exposure_count,
        metric_count=accepted - exposure_count - usage_count,
        rejected=tuple(rejected),
        warnings=taken.warnings,
        usage=usage,
        usage_count=usage_count,
    )


def _decode_each(texts: list[bytes], rejected: list[Rejection]) -> Steps[list[list[Event | None]]]:
    parts: list[list[Event | None]] = []
    first = 0
    for part in formats.parts(texts, _STEP_EVENTS_BAD):
        yield
        events: list[Event | None] = []
        for index, text in enumerate(part, first):
            try:
                events.append(formats.decode_one(text))
            except formats.UNDECODABLE:
                events.append(None)
                rejected.append(Rejection(index, *(explain(text) if len(text) <= EVENT_TEXT_BYTES_MAX else TOO_LARGE)))
        parts.append(events)
        first += len(part)
    if texts and len(rejected) == len(texts) and all(each.code == "invalid_json" for each in rejected):
        raise formats.not_json()
    return parts


class Judge:
    """What types cannot say: times, keys, and what the environment hides."""

    def __init__(self, rules: AdmissionRules, *, may_hold_nul: bool) -> None:
        self._earliest = max(rules.received_at - rules.window.age_max, TIMESTAMP_MIN)
        self._received_at = rules.received_at
        self._latest = min(rules.received_at + rules.window.ahead_max, TIMESTAMP_MAX)
        self._privacy = rules.privacy if rules.privacy and rules.privacy.changes_anything else None
        self._may_hold_nul = may_hold_nul
        self._keys: set[str] = set()

    def line(self, event: Event) -> Line | Reason:
        """The event as it travels on, or why it does not."""
        event_id, timestamp = event.event_id, event.timestamp
        if not (event_id.isascii() and event_id.isprintable()) or " " in event_id:
            return Reason("invalid_event_id", "event_id: must be printable ASCII without spaces")
        milliseconds = round(timestamp.timestamp() * 1000 if isinstance(timestamp, datetime) else timestamp)
        if not self._earliest <= milliseconds <= self._latest:
            return self._untimely(milliseconds)
        if isinstance(event, UsageEvent):
            return usage_line(event, milliseconds, self._received_at)
        user_key = event.user_key
        if not isinstance(user_key, str):
            digits = unit_key(user_key)
            if digits is None:
                return Reason("wrong_type", "user_key: must be a string, or a number without a fraction below 2^53")
            user_key = digits
        if self._may_hold_nul and _holds_nul(msgspec.structs.astuple(event)):
            return Reason("nul_character", "the event holds the character NUL")
        attributes = (event.context if isinstance(event, ExposureEvent) else event.properties) or {}
        if self._privacy is not None:
            user_key = self._privacy.user_key(user_key)
            attributes = self._privacy.attributes(attributes)
        if isinstance(event, MetricEvent):
            return MetricLine(event_id, milliseconds, user_key, event.metric, event.value, attributes)
        experiment = event.experiment or ""
        if not self.is_key(event.flag):
            return Reason("invalid_key", f"flag: {_INVALID_KEY}")
        if experiment and not self.is_key(experiment):
            return Reason("invalid_key", f"experiment: {_INVALID_KEY}")
        if event.experiments is not None and (found := self._contradiction(experiment, event.experiments)):
            return found
        experiments = event.experiments
        if event.override:
            if experiment or experiments:
                return Reason("override_in_experiment", "override: what it decided is part of no experiment")
            experiments = []
        unit = event.unit_key or ""
        if self._privacy is not None:
            unit = self._privacy.unit_key(unit)
        # By position, which a struct takes in half the time.
        return ExposureLine(
            event_id,
            milliseconds,
            user_key,
            event.flag,
            event.variation,
            experiment,
            experiments,
            unit,
            event.config_version or 0,
            event.override or False,
            event.split or "",
            attributes,
        )

    def _contradiction(self, experiment: str, experiments: list[ExperimentPhase]) -> Reason | None:
        keys = {each.key for each in experiments}
        if not all(map(self.is_key, keys)):
            return Reason("invalid_key", f"experiments: each {_INVALID_KEY}")
        if len(keys) < len(experiments):
            return Reason("experiment_repeated", "experiments: names an experiment twice")
        if experiment and experiment not in keys:
            return Reason("experiment_not_listed", "experiment: must be one of `experiments`, where those are said")
        return None

    def is_key(self, text: str) -> bool:
        """A batch names few flags many times."""
        if text in self._keys:
            return True
        if not _KEY(text):
            return False
        self._keys.add(text)
        return True

    def _untimely(self, milliseconds: int) -> Reason:
        if milliseconds > self._latest:
            return Reason("timestamp_too_new", "timestamp: lies too far in the future; is the clock right?")
        hint = "; numbers are milliseconds, not seconds" if milliseconds * 1000 >= self._earliest else ""
        return Reason("timestamp_too_old", f"timestamp: lies too far in the past{hint}")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(each) for pair in value.items() for each in pair)
    if isinstance(value, list | tuple):
        return any(_holds_nul(each) for each in value)
    return False
