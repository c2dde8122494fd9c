"""The last changes of each environment, so that a stream that was interrupted can go on where it stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from bucketing.document import experiment_to_document, flag_to_document, segment_to_document
from messages.subjects import parse_config_subject

from edge_evaluator.memory.environment import EnvironmentConfig

_CHANGES_KEPT = 256
_BYTES_KEPT = 4 * 1024 * 1024
_ENTITIES_PER_CHANGE_MAX = 500
_encode = msgspec.json.Encoder().encode


def event_id(config: EnvironmentConfig) -> str:
    """Names one state of an environment: its version and the beginning of its digest."""
    return f"{config.version}-{config.digest[:12]}"


class ChangeLog:
    """Of one environment. Each change is a JSON object under the id of the state it leads to."""

    def __init__(self) -> None:
        self._changes: deque[tuple[str, bytes]] = deque()
        self._start = ""
        self._bytes = 0

    def record(self, before: EnvironmentConfig | None, after: EnvironmentConfig, subjects: Iterable[str]) -> None:
        """`subjects` are those that may differ from `before`; too many of them, or no `before`, empty the log, and
        followers begin anew."""
        changed = list(subjects)
        if before is None or len(changed) > _ENTITIES_PER_CHANGE_MAX:
            self._changes.clear()
            self._start, self._bytes = event_id(after), 0
            return
        if not self._changes and not self._start:
            self._start = event_id(before)
        payload = _encode(_change(after, changed))
        self._changes.append((event_id(after), payload))
        self._bytes += len(payload)
        while len(self._changes) > _CHANGES_KEPT or self._bytes > _BYTES_KEPT:
            self._start, dropped = self._changes.popleft()
            self._bytes -= len(dropped)

    def since(self, state: str) -> list[tuple[str, bytes]] | None:
        """The changes after `state`, oldest first; None when that state is not known any more."""
        if state == self._start:
            return list(self._changes)
        known = [name for name, _ in self._changes]
        if state not in known:
            return None
        position = len(known) - known[::-1].index(state)
        return list(self._changes)[position:]


def _change(config: EnvironmentConfig, subjects: Iterable[str]) -> dict[str, Any]:
    flagset = config.flagset
    tables: dict[str, tuple[str, Mapping[str, Any], Any]] = {
        "flag": ("flags", flagset.flags, flag_to_document),
        "segment": ("segments", flagset.segments, segment_to_document),
        "experiment": ("experiments", flagset.experiments, experiment_to_document),
    }
    change: dict[str, Any] = {"version": config.version, "flags": {}, "segments": {}, "experiments": {}}
    for subject in subjects:
        parsed = parse_config_subject(subject)
        if parsed.kind in tables:
            name, present, write = tables[parsed.kind]
            entity = present.get(parsed.key)
            change[name][parsed.key] = write(entity) if entity is not None else None
    return change
