"""The holder: the configuration that a client has. Only one thread at a time puts something into it."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bucketing.compiled import CompiledFlagSet
from bucketing.errors import InvalidConfig
from bucketing.flagset import FlagSet, Segment

from feature_flag_platform.configuration.assembly import assemble, change_of, entities_of
from feature_flag_platform.configuration.entities import Entities
from feature_flag_platform.configuration.long_lists import ChunkSource, FetchChunk, complete_long_lists, is_whole
from feature_flag_platform.configuration.raw_document import with_change
from feature_flag_platform.configuration.store import Store
from feature_flag_platform.errors import Unreachable
from feature_flag_platform.evaluation.usage_counts import UsageCounts
from feature_flag_platform.evaluation.views import CompiledView, Environment, NothingHeld, View
from feature_flag_platform.notices import Notices
from feature_flag_platform.options import Bootstrap
from feature_flag_platform.status import Source

STALE_SECONDS = 60.0
_FRESH_SECONDS = 10.0
"""Within which of a confirmation answers are not said to be old, as the edge's are not."""
_SAVE_SECONDS = 5.0

Told = Callable[[View, set[str]], None]
"""Is given the next view, and the keys whose answers may be others in it."""


class Holder:
    """What is held, where it came from and when it was confirmed. `tell` hears of each next view."""

    def __init__(self, counts: UsageCounts, notices: Notices, store: Store | None, tell: Told) -> None:
        self._counts = counts
        self._notices = notices
        self._store = store
        self._tell = tell
        self._compiled: CompiledFlagSet | None = None
        self._raw: dict[str, Any] | None = None
        self._unsaved = False
        self._saved_at = 0.0
        self._age_told = 0
        self.view: View = NothingHeld(counts)
        self.held = threading.Event()
        self.environment = Environment()
        self.source = Source.NONE
        self.etag: str | None = None
        self.stream_id: str | None = None
        self._pending: dict[str, Segment] = {}
        self._unsaved_chunks: dict[int, bytes] = {}
        self._waiting = Entities()
        self.confirmed: float | None = None
        """Seconds of the monotonic clock."""
        self.confirmed_at: int | None = None

    @property
    def holds(self) -> bool:
        return self._compiled is not None

    def load(self, bootstrap: Bootstrap | None) -> None:
        """What there is without any edge: the bootstrap, then the store if that is not older."""
        if bootstrap is not None:
            try:
                text = Path(bootstrap).read_bytes() if isinstance(bootstrap, str | Path) else json.dumps(bootstrap)
                self.take(json.loads(text), Source.BOOTSTRAP)
            except (OSError, ValueError, TypeError, RecursionError, Unreachable) as error:
                self._notices.warn(("bootstrap",), "the bootstrap can't be used: %s", error)
        stored = None if self._store is None else self._store.load()
        if stored is not None:
            try:
                self.take(stored.document, Source.STORE, etag=stored.etag, stream_id=stored.stream_id)
            except Unreachable as error:
                self._notices.warn(("store",), "the stored configuration can't be used: %s", error)
        self._unsaved = False

    def adopt(self, other: Holder) -> None:
        """Begins with what another one holds."""
        self._compiled, self._raw, self.environment = other._compiled, other._raw, other.environment
        self.source, self.etag, self.stream_id = other.source, other.etag, other.stream_id
        self._pending, self._waiting, self._age_told = other._pending, other._waiting, other._age_told
        self.confirmed, self.confirmed_at = other.confirmed, other.confirmed_at
        self._renew(set())

    def take(
        self,
        document: Any,
        source: Source,
        *,
        etag: str | None = None,
        stream_id: str | None = None,
        fetch: FetchChunk | None = None,
    ) -> bool:
        """Holds a whole document. False for one of a lower version, which is never taken.

        Raises Unreachable for what is no config document of this engine."""
        try:
            with _collector_at_rest():
                head, entities = entities_of(document, self._compiled, self._waiting)
            if self._compiled is not None and head.version < self._compiled.version:
                return False
            self._pending = {key: each for key, each in self._pending.items() if not self._is_good(key)}
            self._put(head, entities, fetch)
        except (InvalidConfig, RecursionError, ValueError, TypeError) as error:
            raise Unreachable(f"the configuration can't be read: {error}") from error
        self.source, self.etag, self.stream_id = source, etag, stream_id
        if self._store is not None:
            self._raw, self._unsaved = document, True
        return True

    def change(self, data: Any, stream_id: str | None, fetch: FetchChunk | None) -> bool:
        """Holds what a `change` says. False for one that leads to a lower version than is held.

        Raises Unreachable for what can't be read."""
        held = self._compiled
        if held is None:
            return False
        try:
            version, entities = change_of(data, held, self._waiting)
            if version < held.version:
                return False
            self._put(FlagSet(held.flagset.salt, version), entities, fetch)
        except (InvalidConfig, RecursionError, ValueError, TypeError) as error:
            raise Unreachable(f"a change can't be read: {error}") from error
        # What the edge will say when it is asked for the document is not known.
        self.source, self.etag, self.stream_id = Source.EDGE, None, stream_id
        if self._raw is not None:
            self._raw, self._unsaved = with_change(self._raw, data), True
        return True

    def _put(self, head: FlagSet, entities: Entities, fetch: FetchChunk | None) -> None:
        # Those of the step before, if nobody has saved since: no more of them than one step brings wait here.
        self._save_chunks()
        before = self._compiled
        source = ChunkSource(None if self._store is None else self._store.chunk, fetch)
        self._pending = complete_long_lists(entities, before, self._pending, source)
        self._unsaved_chunks = {} if self._store is None else source.fetched
        same = before is not None and (before.flagset.salt, before.version) == (head.salt, head.version)
        if same and not entities.any:
            return
        with _collector_at_rest():
            compiled, defects, self._waiting = assemble(before, head, entities)
        for each in defects:
            kept = "what was good of it goes on" if each.kept else "it answers PARSE_ERROR"
            about = ("defect", each.kind, each.key, each.reason)
            self._notices.warn(about, "the %s %r can't be used, %s: %s", each.kind, each.key, kept, each.reason)
        keys = set(compiled.served) if before is None else compiled.changed_since(before)
        self._compiled = compiled
        self._renew(keys)

    def _is_good(self, segment: str) -> bool:
        """Whether a segment that is whole is held; a document that says the same of it waits for nothing."""
        held = None if self._compiled is None else self._compiled.flagset.segments.get(segment)
        return held is not None and is_whole(held)

    def retry_chunks(self, fetch: FetchChunk) -> None:
        """Asks again for chunks of long lists that are missing."""
        held = self._compiled
        if held is not None and self._pending:
            self._put(FlagSet(held.flagset.salt, held.version), Entities(), fetch)

    def learn(self, environment: Environment) -> None:
        """Answers name this environment from now on."""
        if environment != self.environment:
            self.environment = environment
            self._renew(set())

    def confirm(self) -> None:
        """The edge says that what is held is the newest."""
        self.confirmed = time.monotonic()
        self.confirmed_at = time.time_ns() // 1_000_000
        self.show_age()

    @property
    def age_seconds(self) -> int:
        """0 while it is confirmed; then for how long it has not been."""
        if self.confirmed is None:
            return 0
        age = time.monotonic() - self.confirmed
        return int(age) if age >= _FRESH_SECONDS else 0

    def show_age(self) -> None:
        """Lets answers tell the age of what is held."""
        age = self.age_seconds
        if age != self._age_told:
            self._age_told = age
            self._renew(set())

    def _renew(self, keys: set[str]) -> None:
        if self._compiled is not None:
            self.view = CompiledView(self._compiled, self.environment, self._counts, self._age_told)
            self.held.set()
            self._tell(self.view, keys)

    def save(self, *, now: bool = False) -> None:
        """Writes to the store what it does not have: chunks at once, the document at most once in five seconds unless
        it is `now`."""
        self._save_chunks()
        if self._store is None or self._raw is None or not self._unsaved or self.source is not Source.EDGE:
            return
        if now or time.monotonic() - self._saved_at >= _SAVE_SECONDS:
            self._unsaved, self._saved_at = False, time.monotonic()
            self._store.save(self._raw, self.etag, self.stream_id)

    def _save_chunks(self) -> None:
        if self._store is not None and self._unsaved_chunks:
            self._store.save_chunks(self._unsaved_chunks)
            self._unsaved_chunks = {}


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A whole configuration is a million objects that stay: looking through them for garbage is a third of the work."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
