"""Long lists of segments for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bucketing.flagset import Segment
from bucketing.long_lists import LongList, chunk_path, digest_of_chunk, digest_of_chunks, key_hash
from messages.documents import chunk_document, chunk_key


def listed(
    segment: str, included: Iterable[str], excluded: Iterable[str] = (), *, depth: int = 2
) -> tuple[Segment, dict[str, bytes]]:
    """A segment with a long list in all chunks of one depth, and their documents by what they are called on the bus."""
    keys: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for place, each in enumerate((included, excluded)):
        for key in each:
            keys[chunk_path(key_hash(key))[depth]][place].append(key)
    documents = {number: chunk_document(number, *keys[number]) for number in range(1 << depth, 2 << depth)}
    counts = {
        name: sum(len(each[place]) for each in keys.values()) for place, name in enumerate(("included", "excluded"))
    }
    digest = digest_of_chunks(map(digest_of_chunk, documents.values()))
    long_list = LongList(counts["included"], counts["excluded"], digest)
    chunks = {chunk_key(segment, number): document for number, document in documents.items()}
    return Segment(segment, long_list=long_list), chunks
