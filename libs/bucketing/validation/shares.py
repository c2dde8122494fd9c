"""Weights of rollouts and experiments as they may be saved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from bucketing.flagset import BUCKET_COUNT, Fixed, Serve, Share
from bucketing.limits import ATTRIBUTE_NAME_BYTES_MAX, FLAG_VARIATIONS_MAX
from bucketing.validation.findings import Findings


def check_shares(findings: Findings, shares: Sequence[Share], variations: Collection[str] | None, path: str) -> None:
    """Add what is wrong with shares; without `variations`, any variation may be named."""
    findings.count(len(shares), path, FLAG_VARIATIONS_MAX)
    seen: set[str] = set()
    for index, share in enumerate(shares):
        here = f"{path}[{index}]"
        check_variation(findings, share.variation, variations, f"{here}.key")
        if share.variation in seen:
            findings.add(f"{here}.key", "duplicate", f"{share.variation!r} stands here twice")
        seen.add(share.variation)
        if not 0 <= share.weight <= BUCKET_COUNT:
            findings.add(f"{here}.weight", "range", "must be between 0 and 100")
    total = Decimal(sum(share.weight for share in shares)) / 100
    if total != 100:
        findings.add(path, "weights", f"the weights must add up to exactly 100, they add up to {total}")


def check_variation(findings: Findings, variation: str, variations: Collection[str] | None, field: str) -> None:
    """Add an error if there is no such variation."""
    if variations is None:
        findings.variation_key(variation, field)
    elif variation not in variations:
        findings.add(field, "unknown_variation", f"the flag has no variation {variation!r}")


def check_bucket_by(findings: Findings, bucket_by: str | None, path: str) -> None:
    """Add what is wrong with the name of a unit's attribute."""
    if bucket_by is not None:
        findings.text(bucket_by, f"{path}.bucket_by" if path else "bucket_by", ATTRIBUTE_NAME_BYTES_MAX)


def check_serve(findings: Findings, serve: Serve, variations: Collection[str], path: str) -> None:
    """Add what is wrong with what a rule or a default serves."""
    if isinstance(serve, Fixed):
        check_variation(findings, serve.variation, variations, f"{path}.variation")
        return
    check_shares(findings, serve.shares, variations, f"{path}.rollout.variations")
    check_bucket_by(findings, serve.bucket_by, f"{path}.rollout")
