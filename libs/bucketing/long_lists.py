"""Long lists: the targeting keys that a segment lists by the hundred thousand, in chunks that are looked into one each.

A key stands in the chunk whose number its hash leads to: chunk 1 is the whole, and a chunk that has become too large is
divided into 2n and 2n + 1 by the next bit. So a list of any length changes by one chunk, and a look-up costs the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate, pairwise

CHUNK_NUMBER_MAX = (1 << 17) - 1
_HASH_BITS = 64
_DIGESTS = 1 << 256


def key_hash(key: str) -> int:
    """Where a key belongs: the first 64 bits of the SHA-256 of its UTF-8 text."""
    return _hash(key.encode("utf-8", "surrogatepass"))


def _hash(text: bytes) -> int:
    return int.from_bytes(sha256(text).digest()[:8], "big")


def chunk_path(hashed: int) -> list[int]:
    """The numbers of all chunks that a key of this hash could stand in, from the whole to the smallest."""
    return [(1 << depth) | (hashed >> (_HASH_BITS - depth)) for depth in range(CHUNK_NUMBER_MAX.bit_length())]


def digest_of_chunk(document: bytes) -> int:
    """Of a chunk's document, as it travels."""
    return int.from_bytes(sha256(document).digest(), "big")


def digest_of_chunks(digests: Iterable[int]) -> int:
    """Of a list: the sum of its chunks' digests modulo 2^256."""
    return sum(digests) % _DIGESTS


class ChunkMissing(LookupError):
    """Whether a unit is listed can't be told."""


class KeyTable:
    """Keys that never change, in 12 bytes each beside their text: found by their hash, then compared as texts."""

    __slots__ = ("_ends", "_hashes", "_text")

    def __init__(self, keys: Iterable[str]) -> None:
        texts = [each.encode("utf-8", "surrogatepass") for each in keys]
        hashed = sorted(zip(map(_hash, texts), texts, strict=True))
        self._hashes = array("Q", (each for each, _ in hashed))
        self._ends = array("I", accumulate((len(text) for _, text in hashed), initial=0))
        self._text = b"".join(text for _, text in hashed)

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[str]:
        for start, end in pairwise(self._ends):
            yield self._text[start:end].decode("utf-8", "surrogatepass")

    def holds(self, hashed: int, text: bytes) -> bool:
        """Whether the key of this hash and UTF-8 text is in it."""
        hashes, ends = self._hashes, self._ends
        at = bisect_left(hashes, hashed)
        while at < len(hashes) and hashes[at] == hashed:
            if self._text[ends[at] : ends[at + 1]] == text:
                return True
            at += 1
        return False


@dataclass(frozen=True, slots=True)
class ListChunk:
    """A part of a long list: the included and the excluded keys of one range of hashes."""

    number: int
    included: KeyTable = field(compare=False)
    excluded: KeyTable = field(compare=False)
    digest: int = 0

    def standing_of(self, unit: str) -> bool | None:
        """Of a unit that belongs into this chunk: as `LongList.standing`."""
        text = unit.encode("utf-8", "surrogatepass")
        return self.standing(_hash(text), text)

    def standing(self, hashed: int, text: bytes) -> bool | None:
        if self.excluded.holds(hashed, text):
            return False
        return True if self.included.holds(hashed, text) else None


@dataclass(frozen=True, slots=True)
class LongList:
    """What a segment says of its long list, and those of its chunks that are here.

    Equal to another one that says the same: the digest stands for the keys. `references`: the digests of its chunks by
    number, where they are told."""

    included: int
    excluded: int
    digest: int
    references: Mapping[int, int] = field(default_factory=dict, compare=False, repr=False)
    chunks: Mapping[int, ListChunk] = field(default_factory=dict, compare=False, repr=False)
    _ranges: list[ListChunk | None] = field(init=False, compare=False, repr=False)
    _shift: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        depth = max((number.bit_length() - 1 for number in self.chunks), default=0)
        ranges: list[ListChunk | None] = [None] * (1 << depth)
        for number, chunk in sorted(self.chunks.items()):
            below = depth - (number.bit_length() - 1)
            start = (number - (1 << (number.bit_length() - 1))) << below
            ranges[start : start + (1 << below)] = [chunk] * (1 << below)
        object.__setattr__(self, "_ranges", ranges)
        object.__setattr__(self, "_shift", _HASH_BITS - depth)

    @property
    def whole(self) -> bool:
        """Whether all of its chunks are here, and no others."""
        found = digest_of_chunks(each.digest for each in self.chunks.values())
        return found == self.digest and None not in self._ranges

    def with_chunks(self, chunks: Mapping[int, ListChunk]) -> LongList:
        """The same list with these in the place of what was here."""
        references = {number: chunk.digest for number, chunk in chunks.items()}
        return LongList(self.included, self.excluded, self.digest, references, chunks)

    def standing(self, unit: str | None) -> bool | None:
        """True for an included unit, False for an excluded one, None for one that isn't listed.

        Raises ChunkMissing where the chunk isn't here: nobody is taken for a member, or for none, by mistake."""
        if unit is None:
            return None
        text = unit.encode("utf-8", "surrogatepass")
        hashed = _hash(text)
        chunk = self._ranges[hashed >> self._shift]
        if chunk is None:
            raise ChunkMissing
        return chunk.standing(hashed, text)
