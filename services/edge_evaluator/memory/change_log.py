"""The last changes of each environment's documents, so that an interrupted stream can go on where it stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from bucketing.document import (
    experiment_to_document,
    flag_to_document,
    remote_config_to_document,
    segment_to_document,
)

from edge_evaluator.memory.answer_versions import ANSWERING, Entity
from edge_evaluator.memory.config_document import ConfigDocument
from edge_evaluator.memory.environment import EnvironmentConfig

_CHANGES_KEPT = 256
_BYTES_KEPT = 4 * 1024 * 1024
_ENTITIES_PER_CHANGE_MAX = 500
_encode = msgspec.json.Encoder().encode


class ChangeLog:
    """Of one environment. Each change is a JSON object under the id of the document it leads to."""

    def __init__(self) -> None:
        self._changes: deque[tuple[str, bytes]] = deque()
        self._start = ""
        self._bytes = 0

    def begin(self, document: ConfigDocument) -> None:
        """Forgets what was before; followers begin anew."""
        self._changes.clear()
        self._start, self._bytes = document.id, 0

    def record(
        self,
        before: ConfigDocument,
        after: ConfigDocument,
        config: EnvironmentConfig,
        changed: Iterable[Entity],
        affected: Iterable[Entity],
    ) -> None:
        """`changed` are the entities whose documents may differ, `affected` those whose versions may, too; of too many
        nothing is kept, nor is a change in which nothing differs."""
        if before.digest == after.digest:
            return
        entities = list(changed)
        if len(entities) > _ENTITIES_PER_CHANGE_MAX:
            self.begin(after)
            return
        if not self._changes and not self._start:
            self._start = before.id
        payload = _encode(_change(config, entities, affected))
        self._changes.append((after.id, payload))
        self._bytes += len(payload)
        while len(self._changes) > _CHANGES_KEPT or self._bytes > _BYTES_KEPT:
            self._start, dropped = self._changes.popleft()
            self._bytes -= len(dropped)

    def since(self, document_id: str) -> list[tuple[str, bytes]] | None:
        """The changes after a document, oldest first; None when it is not known any more."""
        if document_id == self._start:
            return list(self._changes)
        known = [name for name, _ in self._changes]
        if document_id not in known:
            return None
        position = len(known) - known[::-1].index(document_id)
        return list(self._changes)[position:]


def _change(config: EnvironmentConfig, changed: Iterable[Entity], affected: Iterable[Entity]) -> dict[str, Any]:
    flagset = config.flagset
    tables: dict[str, tuple[str, Mapping[str, Any], Any]] = {
        "flag": ("flags", flagset.flags, flag_to_document),
        "segment": ("segments", flagset.segments, segment_to_document),
        "experiment": ("experiments", flagset.experiments, experiment_to_document),
        "remote_config": ("remote_configs", flagset.remote_configs, remote_config_to_document),
    }
    change: dict[str, Any] = {"version": config.version, **{name: {} for name, _, _ in tables.values()}}
    for kind, key in changed:
        if kind in tables:
            name, present, write = tables[kind]
            entity = present.get(key)
            change[name][key] = write(entity) if entity is not None else None
    versioned = [tables[kind][0] for kind in ANSWERING]
    for key, document in (item for name in versioned for item in change[name].items()):
        if document is not None:
            document["version"] = config.answer_versions.of(key)
    # Flags and remote configs whose documents stay, and whose segments, prerequisites or experiments changed.
    others = sorted(key for kind, key in affected if kind in ANSWERING and key in tables[kind][1])
    written = {key for name in versioned for key in change[name]}
    change["versions"] = {key: config.answer_versions.of(key) for key in others if key not in written}
    return change
