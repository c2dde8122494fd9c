"""What a rule or a default serves: one variation, or a rollout with weights in percent."""

from __future__ import annotations

from decimal import Decimal

from bucketing.attributes import TARGETING_KEY
from bucketing.document.fields import at, expect, optional, refuse_others, required, required_name
from bucketing.document.shared_parts import shared
from bucketing.errors import InvalidConfig
from bucketing.flagset import Fixed, Json, Rollout, Serve, Share
from bucketing.operators import is_number


def hundredths(value: Json, path: str) -> int:
    """A percentage with at most two decimals as hundredths of a percent, exactly (33.33 gives 3333)."""
    if not is_number(value):
        raise InvalidConfig(path, "must be a number of percent", "type")
    if not 0 <= value <= 100:
        raise InvalidConfig(path, "must be between 0 and 100", "range")
    if value.__class__ is int:
        return int(value) * 100
    scaled = Decimal(repr(value)).scaleb(2)
    if scaled != scaled.to_integral_value():
        raise InvalidConfig(path, "has more than two decimals", "precision")
    return int(scaled)


def percent(value: int) -> float:
    """Hundredths of a percent as a percentage, without a fraction if there is none."""
    whole, rest = divmod(value, 100)
    return value / 100 if rest else whole


def shares_from_document(document: Json, path: str) -> tuple[Share, ...]:
    """Read `[{"key", "weight"}, ..]`."""
    shares = []
    for index, entry in enumerate(expect(document, list, path)):
        here = f"{path}[{index}]"
        fields = expect(entry, dict, here)
        refuse_others(fields, ("key", "weight"), here)
        key = required_name(fields, "key", here)
        if "weight" not in fields:
            raise InvalidConfig(at(here, "weight"), "is missing", "missing")
        shares.append(Share(key, hundredths(fields["weight"], at(here, "weight"))))
    return tuple(shares)


def shares_to_document(shares: tuple[Share, ...]) -> list[Json]:
    """Write `[{"key", "weight"}, ..]`."""
    return [{"key": share.variation, "weight": percent(share.weight)} for share in shares]


def bucket_by_from_document(fields: dict[str, Json], path: str) -> str | None:
    """Read `bucket_by`; the targeting key by its name is the same as none."""
    name: str | None = optional(fields, "bucket_by", str, path)
    return None if name == TARGETING_KEY else name


def serve_from_document(document: Json, path: str = "then") -> Serve:
    """Read `{"variation": key}` or `{"rollout": {"variations": [..], "bucket_by": ..}}`."""
    fields = expect(document, dict, path)
    if len(fields) != 1 or not fields.keys() <= {"variation", "rollout"}:
        raise InvalidConfig(path, "must have exactly one of variation or rollout", "serve")
    if "variation" in fields:
        variation = required_name(fields, "variation", path)
        return shared(variation, Fixed(variation))
    here = at(path, "rollout")
    rollout = expect(fields["rollout"], dict, here)
    refuse_others(rollout, ("variations", "bucket_by"), here)
    shares = shares_from_document(required(rollout, "variations", list, here), at(here, "variations"))
    bucket_by = bucket_by_from_document(rollout, here)
    return shared((shares, bucket_by), Rollout(shares, bucket_by))


def serve_to_document(serve: Serve) -> dict[str, Json]:
    """Write what is served."""
    if isinstance(serve, Fixed):
        return {"variation": serve.variation}
    rollout: dict[str, Json] = {"variations": shares_to_document(serve.shares)}
    if serve.bucket_by is not None:
        rollout["bucket_by"] = serve.bucket_by
    return {"rollout": rollout}
