"""Long lists: each chunk that is named and not held by its digest is read before its segment is used, from the store or
the edge."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from bucketing.compiled import CompiledFlagSet
from bucketing.document import chunk_from_document
from bucketing.errors import InvalidConfig
from bucketing.flagset import Segment
from bucketing.long_lists import ListChunk, digest_of_chunk

from feature_flag_platform.configuration.entities import Entities
from feature_flag_platform.errors import Unreachable

FetchChunk = Callable[[str, int], bytes]
"""The bytes of a segment's chunk by its number. Raises Unreachable."""


class ChunkSource:
    """Where chunks that aren't held are had from: what `kept` has of a digest, then `fetch`; None: nothing is kept, and
    there is nobody to ask. `fetched`: those that `fetch` gave, by their digests."""

    def __init__(self, kept: Callable[[int], bytes | None] | None = None, fetch: FetchChunk | None = None) -> None:
        self._kept = kept
        self._fetch = fetch
        self.fetched: dict[int, bytes] = {}

    def kept(self, number: int, digest: int) -> ListChunk | None:
        """The chunk if it is kept; a damaged one isn't."""
        content = None if self._kept is None else self._kept(digest)
        return None if content is None else _chunk(content, number, digest)

    def fetch(self, segment: str, number: int, digest: int) -> ListChunk | None:
        """The chunk as the edge gives it, None for another one. Raises Unreachable."""
        if self._fetch is None:
            raise Unreachable("there is nobody to ask for a chunk")
        content = self._fetch(segment, number)
        found = _chunk(content, number, digest)
        if found is not None:
            self.fetched[digest] = content
        return found


def complete_long_lists(
    entities: Entities, held: CompiledFlagSet | None, pending: Mapping[str, Segment], source: ChunkSource
) -> dict[str, Segment]:
    """Gives each segment that has changed, or is `pending`, the chunks of its list. Answers those of which some can't
    be had: what was good of them stays, and they are pending from now on."""
    before = {} if held is None else held.flagset.segments
    still_pending: dict[str, Segment] = {}
    for key, segment in {**pending, **entities.segments}.items():
        if segment is None or segment.long_list is None:
            continue
        completed = _completed(segment, before.get(key), source)
        if is_whole(completed):
            entities.segments[key] = completed
            continue
        still_pending[key] = segment
        good = before.get(key)
        if good is not None and is_whole(good):
            entities.segments.pop(key, None)
        else:
            entities.segments[key] = completed
    return still_pending


def is_whole(segment: Segment) -> bool:
    """Whether all chunks of its list are there, if it has one."""
    return segment.long_list is None or segment.long_list.whole


def _completed(segment: Segment, before: Segment | None, source: ChunkSource) -> Segment:
    long_list = segment.long_list
    if long_list is None or long_list.whole:
        return segment
    held = {} if before is None or before.long_list is None else before.long_list.chunks
    chunks: dict[int, ListChunk] = {}
    answers = True
    for number, digest in long_list.references.items():
        chunk = held.get(number)
        if chunk is None or chunk.digest != digest:
            chunk = source.kept(number, digest)
        if chunk is None and answers:
            try:
                chunk = source.fetch(segment.key, number, digest)
            except Unreachable:
                answers = False
        chunks |= {} if chunk is None else {number: chunk}
    completed = long_list.with_chunks(chunks)
    return replace(segment, long_list=replace(completed, references=long_list.references))


def _chunk(content: bytes, number: int, digest: int) -> ListChunk | None:
    """None for another one than was named: the list has changed meanwhile, and what names it now is on its way."""
    if digest_of_chunk(content) != digest:
        return None
    try:
        chunk = chunk_from_document(json.loads(content))
    except (InvalidConfig, ValueError, RecursionError):
        return None
    return replace(chunk, digest=digest) if chunk.number == number else None
