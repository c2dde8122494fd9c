"""Long lists are put together from what arrived of them and what is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bucketing.flagset import Segment
from bucketing.long_lists import ListChunk

from edge_evaluator.feed.changes import Changes
from edge_evaluator.memory.environment import EnvironmentConfig

Chunks = Mapping[int, ListChunk]


def put_long_lists(held: EnvironmentConfig | None, changes: Changes) -> dict[str, Chunks]:
    """Gives each segment that has changed its long list; answers the chunks that are there now, by segment. `held`
    None: the changes are all there is.

    A list that isn't whole makes its segment one that can't be read: what was good of it stays."""
    before: Mapping[str, Chunks] = {} if held is None else held.list_chunks
    now = {**before, **{key: _laid_over(before.get(key, {}), put) for key, put in changes.chunks.items()}}
    for key in changes.segments.keys() | changes.chunks.keys():
        segment = _segment(held, changes, key)
        if segment is None or segment.long_list is None:
            continue
        long_list = segment.long_list.with_chunks(now.get(key, {}))
        if long_list.whole:
            changes.segments[key] = replace(segment, long_list=long_list)
            continue
        changes.segments.pop(key, None)
        changes.stamps.pop(("segment", key), None)
        changes.bad["segment", key] = "its long list is not whole"
    return {key: chunks for key, chunks in now.items() if chunks}


def _segment(held: EnvironmentConfig | None, changes: Changes, key: str) -> Segment | None:
    """As it arrived, or else as it is held; None for one that is gone, or can't be read."""
    if key in changes.segments or ("segment", key) in changes.bad:
        return changes.segments.get(key)
    return None if held is None else held.flagset.segments.get(key)


def _laid_over(before: Chunks, changed: Mapping[int, ListChunk | None]) -> Chunks:
    return {number: chunk for number, chunk in {**before, **changed}.items() if chunk is not None}
