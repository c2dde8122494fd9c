"""Long lists: each chunk that is named and not held by its digest is read before its segment is used."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def complete_long_lists(entities: Entities, held: CompiledFlagSet | None, fetch: FetchChunk | None) -> bool:
    """Gives each segment that has changed, or has a list that isn't whole, its chunks; False if some are missing.

    Of a segment whose list can't be had what was good of it stays. `fetch` None: there is nobody to ask."""
    whole = True
    before = {} if held is None else held.flagset.segments
    waiting = {
        key: segment for key, segment in before.items() if segment.long_list is not None and not segment.long_list.whole
    }
    told = {key: segment for key, segment in entities.segments.items() if segment is not None}
    for key, segment in {**waiting, **told}.items():
        if segment.long_list is None or (key in entities.segments and entities.segments[key] is None):
            continue
        completed = _completed(segment, before.get(key), fetch)
        if completed.long_list is not None and completed.long_list.whole:
            entities.segments[key] = completed
            continue
        whole = False
        good = before.get(key)
        if good is None or (good.long_list is not None and not good.long_list.whole):
            entities.segments[key] = completed
        else:
            entities.segments.pop(key, None)
    return whole


def _completed(segment: Segment, before: Segment | None, fetch: FetchChunk | None) -> Segment:
    long_list = segment.long_list
    if long_list is None or long_list.whole:
        return segment
    held = {} if before is None or before.long_list is None else before.long_list.chunks
    chunks: dict[int, ListChunk] = {}
    for number, digest in long_list.references.items():
        chunk = held.get(number)
        if chunk is not None and chunk.digest == digest:
            chunks[number] = chunk
        elif fetch is not None:
            try:
                found = _chunk(fetch(segment.key, number), number, digest)
            except Unreachable:
                fetch = None
            else:
                chunks |= {} if found is None else {number: found}
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
