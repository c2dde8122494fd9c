"""Edits of long lists: which chunks they change, and how. Pure, and long work: for a thread."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from bucketing.long_lists import CHUNK_NUMBER_MAX, digest_of_chunk, key_hash
from messages.documents import chunk_document

CHUNK_BYTES_MAX = 64 * 1024
"""Of a chunk's document; a larger one is divided."""
_FILLED = 0.6
"""How full the chunks of a new list are: its first additions divide none of them."""
_BUCKET_BITS = 12
_PACKING = 1
_DIGESTS = 1 << 256
_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], Any] = msgspec.json.Decoder().decode


class Listing(StrEnum):
    """The two lists of a segment."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


class EditMode(StrEnum):
    """What becomes of the keys that a list has."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


class BothLists(ValueError):
    """A key would be included and excluded."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class KeyPartition:
    """Keys by where they belong, so that those of one chunk are found without a look at all others."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._buckets: defaultdict[int, list[str]] = defaultdict(list)
        self.count = 0
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        self._buckets[key_hash(key) >> (64 - _BUCKET_BITS)].append(key)
        self.count += 1

    def of(self, number: int) -> list[str]:
        """Those that belong into a chunk."""
        depth = number.bit_length() - 1
        prefix = number - (1 << depth)
        if depth > _BUCKET_BITS:
            bucket = self._buckets.get(prefix >> (depth - _BUCKET_BITS), ())
            return [key for key in bucket if key_hash(key) >> (64 - depth) == prefix]
        below = _BUCKET_BITS - depth
        buckets = range(prefix << below, (prefix + 1) << below)
        return [key for bucket in buckets for key in self._buckets.get(bucket, ())]


@dataclass(frozen=True, slots=True)
class ListEdit:
    """Keys that take the place of a list's, are added to them, or removed."""

    listing: Listing
    mode: EditMode
    keys: KeyPartition

    def concerns(self, number: int) -> bool:
        return self.mode is EditMode.REPLACE or bool(self.keys.of(number))


@dataclass(frozen=True, slots=True)
class ListChange:
    """A write of a long list, and of other fields of its segment. `document`: all of it as an edit that people can
    agree on; None: it can't be told as one."""

    edits: Sequence[ListEdit]
    fields: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """One that is to be stored."""

    number: int
    document: bytes
    digest: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a segment says of its long list. `bytes`: of all documents."""

    included: int = 0
    excluded: int = 0
    bytes: int = 0
    digest: int = 0

    @property
    def empty(self) -> bool:
        return not self.included and not self.excluded

    @classmethod
    def of(cls, told: Mapping[str, Any] | None) -> Standing:
        return cls() if told is None else cls(**{**told, "digest": int(told["digest"], 16)})

    def told(self) -> dict[str, Any] | None:
        """As it is stored; None: there is no long list."""
        if self.empty:
            return None
        digest = f"{self.digest:064x}"
        return {"included": self.included, "excluded": self.excluded, "bytes": self.bytes, "digest": digest}


@dataclass(slots=True)
class ListDelta:
    """What an edit has added and removed, by list."""

    added: dict[Listing, list[str]] = field(default_factory=lambda: {each: [] for each in Listing})
    removed: dict[Listing, list[str]] = field(default_factory=lambda: {each: [] for each in Listing})

    @property
    def empty(self) -> bool:
        return not any((*self.added.values(), *self.removed.values()))

    def packed(self) -> bytes:
        told = {name: dict(getattr(self, name)) for name in ("added", "removed")}
        return zlib.compress(_encode(told), _PACKING)

    @classmethod
    def unpacked(cls, packed: bytes) -> ListDelta:
        told = _decode(zlib.decompress(packed))
        return cls(*({Listing(name): keys for name, keys in told[each].items()} for each in ("added", "removed")))

    def standing_before(self, unit: str, standing: bool | None) -> bool | None:
        """Whether a unit was included (True), excluded (False) or neither, by what it was afterwards."""
        if unit in self.removed[Listing.INCLUDED]:
            return True
        if unit in self.removed[Listing.EXCLUDED]:
            return False
        return None if any(unit in keys for keys in self.added.values()) else standing

    def undone(self) -> list[ListEdit]:
        """The edits that take it back."""
        pairs = ((EditMode.REMOVE, self.added), (EditMode.ADD, self.removed))
        return [
            ListEdit(listing, mode, KeyPartition(keys))
            for mode, table in pairs
            for listing, keys in table.items()
            if keys
        ]


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit comes to: chunks to store, numbers of those that go, the list as it stands then."""

    chunks: Sequence[Chunk]
    gone: Sequence[int]
    standing: Standing
    delta: ListDelta

    @property
    def written(self) -> int:
        return sum(len(each.document) for each in self.chunks)


def edited(
    standing: Standing, numbers: Sequence[int], documents: Mapping[int, bytes], edits: Sequence[ListEdit]
) -> Edited:
    """`numbers`: of all chunks that there are; `documents`: of those that the edits concern. Raises `BothLists`."""
    delta, chunks, gone = ListDelta(), list[Chunk](), list[int]()
    size, digest = standing.bytes, standing.digest
    for number in numbers or (1,):
        if numbers and number not in documents:
            continue
        document = documents.get(number)
        keys = _edited_keys(number, document, edits, delta)
        if keys is None:
            continue
        divided = list(_divided(number, keys))
        chunks += divided
        if document is not None:
            gone.append(number)
            size, digest = size - len(document), digest - digest_of_chunk(document)
        size += sum(len(each.document) for each in divided)
        digest += sum(each.digest for each in divided)
    counts = {
        each.value: getattr(standing, each) + len(delta.added[each]) - len(delta.removed[each]) for each in Listing
    }
    after = Standing(**counts, bytes=size, digest=digest % _DIGESTS)
    if after.empty:
        return Edited((), list(numbers), Standing(), delta)
    return Edited(chunks, gone, after, delta)


def listed(documents: Iterable[bytes], keys: Iterable[str]) -> dict[Listing, set[str]]:
    """Which of these keys stand in each of the two lists, by the documents of the chunks that they belong to."""
    wanted = set(keys)
    found: dict[Listing, set[str]] = {each: set() for each in Listing}
    for document in documents:
        told = _decode(document)
        for each in Listing:
            found[each].update(wanted.intersection(told.get(each.value, ())))
    return found


Keys = dict[Listing, set[str]]


def _edited_keys(number: int, document: bytes | None, edits: Sequence[ListEdit], delta: ListDelta) -> Keys | None:
    """The keys of a chunk after the edits; None where they are as they were."""
    told = {} if document is None else _decode(document)
    before: Keys = {each: set(told.get(each.value, ())) for each in Listing}
    after: Keys = {each: set(keys) for each, keys in before.items()}
    for edit in edits:
        keys = edit.keys.of(number)
        if edit.mode is EditMode.REPLACE:
            after[edit.listing] = set(keys)
        elif edit.mode is EditMode.ADD:
            after[edit.listing].update(keys)
        else:
            after[edit.listing].difference_update(keys)
    if both := after[Listing.INCLUDED] & after[Listing.EXCLUDED]:
        raise BothLists(min(both))
    if after == before:
        return None
    for each in Listing:
        delta.added[each] += sorted(after[each] - before[each])
        delta.removed[each] += sorted(before[each] - after[each])
    return after


def _divided(number: int, keys: Keys) -> Iterator[Chunk]:
    size = sum(len(key.encode()) + 3 for each in keys.values() for key in each)
    if size <= CHUNK_BYTES_MAX or number * 2 >= CHUNK_NUMBER_MAX:
        document = chunk_document(number, keys[Listing.INCLUDED], keys[Listing.EXCLUDED])
        if len(document) <= CHUNK_BYTES_MAX or number * 2 >= CHUNK_NUMBER_MAX:
            yield Chunk(number, document, digest_of_chunk(document))
            return
    depth = number.bit_length() - 1
    most = CHUNK_NUMBER_MAX.bit_length() - 1 - depth
    further = min(most, max(1, math.ceil(math.log2(size / (CHUNK_BYTES_MAX * _FILLED)))))
    parts: dict[int, Keys] = {}
    for part in range(number << further, (number + 1) << further):
        parts[part] = {each: set() for each in Listing}
    for listing, each in keys.items():
        for key in each:
            parts[(1 << (depth + further)) | (key_hash(key) >> (64 - depth - further))][listing].add(key)
    for part, found in parts.items():
        yield from _divided(part, found)
