"""Buckets with what they are made of and what they decide."""

from __future__ import annotations

from collections.abc import Sequence

from bucketing.attributes import TARGETING_KEY
from bucketing.flagset import ALGORITHM, Json, Share


class SplitTracer:
    """Tells buckets; the salt only if it may be shown."""

    def __init__(self, salt: str, show_salt: bool) -> None:
        self._salt = salt if show_salt else "(hidden)"

    def bucket(self, key: str, bucket_by: str | None, unit: str, bucket: int) -> dict[str, Json]:
        """The bucket and its three inputs."""
        return {
            "bucket": bucket,
            "algorithm": ALGORITHM,
            "inputs": {"salt": self._salt, "key": key, "unit": unit, "unit_attribute": bucket_by or TARGETING_KEY},
        }


def ranges(shares: Sequence[Share]) -> list[Json]:
    """Each share with the buckets it owns, `from` inclusive, `to` exclusive."""
    told: list[Json] = []
    start = 0
    for share in shares:
        told.append({"variation": share.variation, "from": start, "to": start + share.weight})
        start += share.weight
    return told


def owner(shares: Sequence[Share], bucket: int) -> str:
    """The variation that owns a bucket."""
    end = 0
    for share in shares:
        end += share.weight
        if bucket < end:
            return share.variation
    raise ValueError(f"no share owns bucket {bucket}")
