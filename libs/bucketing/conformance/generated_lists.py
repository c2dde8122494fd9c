"""Long lists of golden cases, made by a rule, so that a case of many keys stays small."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bucketing.document import chunk_from_document, chunk_to_document
from bucketing.flagset import Json, Segment
from bucketing.long_lists import ListChunk, chunk_path, digest_of_chunk, key_hash


def with_generated(segment: Segment, case: Mapping[str, Json]) -> Segment:
    """With the chunks that the case's `long_lists` has for the segment: all of one `depth`, without those that are
    `missing`."""
    rule = case.get("long_lists", {}).get(segment.key)
    if rule is None or segment.long_list is None:
        return segment
    listed: dict[str, dict[int, list[str]]] = {}
    for name in ("included", "excluded"):
        by_number = listed[name] = defaultdict(list)
        for key in _keys(rule.get(name)):
            by_number[chunk_path(key_hash(key))[rule["depth"]]].append(key)
    chunks: dict[int, ListChunk] = {}
    for number in range(1 << rule["depth"], 2 << rule["depth"]):
        document = chunk_to_document(number, listed["included"][number], listed["excluded"][number])
        encoded = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        chunks[number] = replace(chunk_from_document(document), digest=digest_of_chunk(encoded))
    whole = segment.long_list.with_chunks(chunks)
    if not whole.whole:
        raise ValueError("the digest of the long list is another one")
    there = {number: chunk for number, chunk in chunks.items() if number not in rule.get("missing", ())}
    return replace(segment, long_list=whole.with_chunks(there))


def _keys(rule: Mapping[str, Json] | None) -> Iterator[str]:
    """`{"prefix", "count", "step"}`: the prefix with 0, then with each further multiple of the step."""
    if rule is not None:
        yield from (f"{rule['prefix']}{index * rule.get('step', 1)}" for index in range(rule["count"]))
