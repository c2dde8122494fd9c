"""The share of one variation in what is served: read, and laid over what was served before. Pure.

The variation gets the buckets from 0 up to its share, whoever had them before. So when the share grows units only come
in, when it shrinks the last ones leave first, and nobody else is served otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketing.document.serves import serve_from_document, serve_to_document
from bucketing.flagset import BUCKET_COUNT, Fixed, Rollout, Serve, Share
from service_kit.problems import Conflict


def read_serve(document: Mapping[str, Any]) -> Serve:
    return serve_from_document(dict(document))


def share_of(document: Mapping[str, Any], variation: str) -> int:
    """In hundredths of a percent."""
    return dict(_entries(read_serve(document))).get(variation, 0)


def may_move(document: Mapping[str, Any], variation: str) -> bool:
    """Whether the variation's share is, or would be, the first, and somebody else has the rest."""
    keys = [key for key, _ in _entries(read_serve(document))]
    return keys != [variation] and (keys[0] == variation or variation not in keys)


def check_begin(document: Mapping[str, Any], variation: str) -> None:
    """Raises `Conflict` where the share can't be moved."""
    if may_move(document, variation):
        return
    if share_of(document, variation) == BUCKET_COUNT:
        raise Conflict(f"{variation!r} is served to everybody already", code="nothing_to_roll_out")
    raise Conflict(
        f"{variation!r} has its share behind another variation's: put it first, since shares grow from the first "
        "bucket, or units would be taken from it",
        code="variation_not_first",
    )


def with_share(document: Mapping[str, Any], variation: str, share: int, bucket_by: str | None = None) -> dict[str, Any]:
    """What is served when the variation has this share; of what it `may_move` in."""
    serve = read_serve(document)
    entries = [(key, weight) for key, weight in _entries(serve) if key != variation]
    laid = [(variation, share)] if share else []
    given = BUCKET_COUNT - sum(weight for _, weight in entries)
    for key, weight in entries:
        # What is given back goes to who stands next to it.
        begin, given = given, given + weight
        left = given - max(begin, share) if key != entries[0][0] else given - share
        if left > 0:
            laid.append((key, left))
    if len(laid) == 1:
        return serve_to_document(Fixed(laid[0][0]))
    unit = serve.bucket_by if isinstance(serve, Rollout) else bucket_by
    return serve_to_document(Rollout(tuple(Share(*each) for each in laid), unit))


def bucket_by_of(document: Mapping[str, Any]) -> str | None:
    serve = read_serve(document)
    return serve.bucket_by if isinstance(serve, Rollout) else None


def splits(document: Mapping[str, Any]) -> bool:
    return isinstance(read_serve(document), Rollout)


def _entries(serve: Serve) -> list[tuple[str, int]]:
    """Who gets something, in the order of the buckets."""
    if isinstance(serve, Fixed):
        return [(serve.variation, BUCKET_COUNT)]
    return [(each.variation, each.weight) for each in serve.shares if each.weight]
