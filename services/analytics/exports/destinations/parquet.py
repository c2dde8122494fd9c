"""Parquet files: `<dataset>/generation-0001/00000001-1.1.parquet`, and `_manifest.json`, which lists those that count.

A name has the batch, the run and the claim under which it was written, so a worker that comes back from the dead never
writes over a committed file. The manifest is replaced at the end of a run: who reads by it sees whole runs only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exports.datasets import DATASETS
from analytics.exports.destinations.port import Attempt, BatchRows, Delivery, Outcome

MANIFEST = "_manifest.json"
_TEST_FILE = "_connection_test"
# A committed file, or what a killed worker left of one.
_OWN_FILE = re.compile(r"[a-z_]+/generation-\d{4,}/(?:\d{8,}-\d+\.\d+\.parquet|\.\d{8,}-\d+\.\d+\.parquet\.\d+\.tmp)")


class FileStore(Protocol):
    """Paths have slashes and are relative. Every call raises DestinationError."""

    def put(self, path: str, data: bytes, still_mine: Callable[[], None]) -> None:
        """Writes the whole file; `still_mine` is called right before it becomes visible."""

    def names(self, folder: str) -> list[str]:
        """The paths of all files below a folder; none if it is not there."""

    def remove(self, path: str) -> None:
        """Harmless when the file is not there."""


class ParquetSink:
    """Files over any store."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._attempt = Attempt("", 0, "0.0", frozenset())

    def test(self) -> None:
        self._store.put(_TEST_FILE, b"Verdict may write here.\n", _nothing)
        self._store.remove(_TEST_FILE)

    def begin(self, attempt: Attempt) -> None:
        self._attempt = attempt
        for dataset in DATASETS:
            self._keep_only(_folder(dataset, attempt.generation), attempt.committed)

    def deliver(self, cargo: BatchRows, still_mine: Callable[[], None]) -> Delivery:
        attempt = self._attempt
        sink = pa.BufferOutputStream()
        pq.write_table(cargo.rows, sink, compression="zstd", coerce_timestamps="ms")
        data = sink.getvalue().to_pybytes()
        path = f"{_folder(cargo.dataset.name, attempt.generation)}/{cargo.number:08d}-{attempt.claim}.parquet"
        self._store.put(path, data, still_mine)
        return Delivery(path, len(data))

    def discard(self, delivered: Delivery) -> None:
        self._store.remove(delivered.file)

    def finish(self, outcome: Outcome) -> None:
        self._store.put(MANIFEST, msgspec.json.format(msgspec.json.encode(outcome.manifest)), _nothing)
        for dataset in DATASETS:
            self._keep_only(dataset, outcome.files)

    def close(self) -> None:
        """Files hold no connection."""

    def _keep_only(self, folder: str, files: Collection[str]) -> None:
        """Removes the export's own other files, nobody else's."""
        for name in self._store.names(folder):
            if _OWN_FILE.fullmatch(name) and name not in files:
                self._store.remove(name)


def _folder(dataset: str, generation: int) -> str:
    return f"{dataset}/generation-{generation:04d}"


def _nothing() -> None:
    pass
