"""What a guard found as documents: in the audit log, in rows and in answers. Figures that aren't there are left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from messages.verdicts import FindingArm, FindingStratum, GuardFinding, Verdict


def finding_document(finding: GuardFinding) -> dict[str, Any]:
    return {
        "guard": finding.guard,
        "state": finding.state.word,
        "action": finding.action.word,
        "statistic": finding.statistic,
        "sentence": finding.sentence,
        "new": _arm(finding.new),
        "rest": _arm(finding.rest),
        "estimate": finding.estimate,
        "lower": finding.lower,
        "upper": finding.upper,
        "p": finding.p,
        "log10_p": finding.log10_p,
        "alpha_used": finding.alpha_used,
        "data_until": moment(finding.data_until).isoformat() if finding.data_until else None,
        "strata": [_stratum(each) for each in finding.strata],
    }


def figures_of(verdict: Verdict, findings: tuple[GuardFinding, ...]) -> dict[str, Any]:
    """What an act has in its audit entry."""
    return {
        "looked_at": moment(verdict.looked_at).isoformat(),
        "revision": verdict.revision,
        "epoch": verdict.epoch,
        "monitor": verdict.monitor_id,
        "findings": [finding_document(each) for each in findings],
    }


def moment(milliseconds: int) -> datetime:
    """Raises OverflowError, ValueError or OSError for what is no time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _arm(arm: FindingArm) -> dict[str, Any]:
    return {"units": arm.units, "mean": arm.mean}


def _stratum(stratum: FindingStratum) -> dict[str, Any]:
    return {
        "stage": stratum.stage,
        "new": _arm(stratum.new),
        "rest": _arm(stratum.rest),
        "estimate": stratum.estimate,
        "weight": stratum.weight,
    }
