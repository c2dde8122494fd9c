"""Segments and the chunks of their long lists as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.fields import at, expect, optional, required
from bucketing.errors import InvalidConfig
from bucketing.flagset import Json, Segment
from bucketing.long_lists import CHUNK_NUMBER_MAX, KeyTable, ListChunk, LongList

_DIGEST = re.compile(r"[0-9a-f]{64}")


def segment_from_document(document: Json, path: str = "") -> Segment:
    """Read `{"key", "included": [keys], "excluded": [keys], "if": condition, "long_list": {...}}`; all but the key may
    be absent."""
    fields = expect(document, dict, path)
    condition, long_list = fields.get("if"), fields.get("long_list")
    return Segment(
        key=required(fields, "key", str, path),
        included=_keys(fields, "included", path),
        excluded=_keys(fields, "excluded", path),
        condition=None if condition is None else condition_from_document(condition, at(path, "if")),
        long_list=None if long_list is None else _long_list(long_list, at(path, "long_list")),
    )


def _keys(fields: dict[str, Json], name: str, path: str) -> frozenset[str]:
    return frozenset(_texts(fields, name, path))


def _texts(fields: dict[str, Json], name: str, path: str) -> list[str]:
    entries: list[str] = optional(fields, name, list, path, [])
    for index, key in enumerate(entries):
        if key.__class__ is not str:
            expect(key, str, f"{at(path, name)}[{index}]")
    return entries


def _long_list(document: Json, path: str) -> LongList:
    """What is said of it; the chunks themselves come apart."""
    fields = expect(document, dict, path)
    counts = {name: required(fields, name, int, path) for name in ("included", "excluded")}
    references = {}
    for index, each in enumerate(optional(fields, "chunks", list, path, [])):
        here = f"{at(path, 'chunks')}[{index}]"
        number = required(expect(each, dict, here), "number", int, here)
        _check_number(number, at(here, "number"))
        references[number] = _digest(each, here)
    return LongList(**counts, digest=_digest(fields, path), references=references)


def _digest(fields: dict[str, Json], path: str) -> int:
    digest = required(fields, "digest", str, path)
    if not _DIGEST.fullmatch(digest):
        raise InvalidConfig(at(path, "digest"), "must be 64 hexadecimal digits", "digest")
    return int(digest, 16)


def segment_to_document(segment: Segment) -> dict[str, Json]:
    """Write a segment; its key lists are sorted. Of a long list it names the chunks that are known."""
    document: dict[str, Json] = {
        "key": segment.key,
        "included": sorted(segment.included),
        "excluded": sorted(segment.excluded),
    }
    if segment.condition is not None:
        document["if"] = condition_to_document(segment.condition)
    if segment.long_list is not None:
        document["long_list"] = _long_list_document(segment.long_list)
    return document


def _long_list_document(told: LongList) -> dict[str, Json]:
    document: dict[str, Json] = {
        "included": told.included,
        "excluded": told.excluded,
        "digest": digest_text(told.digest),
    }
    if told.references:
        document["chunks"] = [
            {"number": number, "digest": digest_text(digest)} for number, digest in sorted(told.references.items())
        ]
    return document


def digest_text(digest: int) -> str:
    """As documents tell a digest: 64 hexadecimal digits."""
    return f"{digest:064x}"


def chunk_from_document(document: Json, path: str = "") -> ListChunk:
    """Read `{"number", "included": [keys], "excluded": [keys]}`; the digest is of its bytes, which aren't here."""
    fields = expect(document, dict, path)
    number = required(fields, "number", int, path)
    _check_number(number, at(path, "number"))
    included, excluded = (KeyTable(_texts(fields, name, path)) for name in ("included", "excluded"))
    return ListChunk(number, included, excluded)


def _check_number(number: int, path: str) -> None:
    if not 1 <= number <= CHUNK_NUMBER_MAX:
        raise InvalidConfig(path, f"must be from 1 to {CHUNK_NUMBER_MAX}", "number")


def chunk_to_document(number: int, included: Iterable[str], excluded: Iterable[str]) -> dict[str, Json]:
    """Write a chunk; its keys are sorted."""
    return {"number": number, "included": sorted(included), "excluded": sorted(excluded)}
