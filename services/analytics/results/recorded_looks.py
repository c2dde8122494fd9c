"""What an official look counted, as it is kept: aggregates, from which the engine computes the look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import msgspec
from stats import KINDS, CappedArms, Summary, Winsorising, as_document, summary_from

from analytics.results.measurements import Measurement


@dataclass(frozen=True, slots=True)
class OfficialLook:
    """The data as they had been received at `reached_at` (epoch milliseconds), when the decision point `stage` was
    reached: units by variation, and what was measured by the digest of the metric."""

    stage: int
    reached_at: int
    units: Mapping[str, int]
    measured: Mapping[str, Measurement] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.units.values())

    def with_measured(self, found: Mapping[str, Measurement]) -> OfficialLook:
        """What was measured first stands."""
        return replace(self, measured={**found, **self.measured})


def written_look(look: OfficialLook, digest: str, recorded_at: int) -> tuple[str, bytes]:
    """A name that no other record has, and the document. `digest`: of the plan."""
    document = {
        "digest": digest,
        "stage": look.stage,
        "reached_at": look.reached_at,
        "recorded_at": recorded_at,
        "units": dict(look.units),
        "metrics": {name: _written(each) for name, each in look.measured.items()},
    }
    return f"look-{look.stage}-{uuid4().hex}", msgspec.json.encode(document)


def read_looks(documents: Iterable[bytes], digest: str) -> dict[int, OfficialLook]:
    """By stage, of one plan; of two records of the same the earlier stands."""
    decoded = [each for each in map(msgspec.json.decode, documents) if each["digest"] == digest]
    looks: dict[int, OfficialLook] = {}
    for each in sorted(decoded, key=lambda one: one["recorded_at"]):
        measured = {name: _read(found) for name, found in each["metrics"].items()}
        known = looks.get(each["stage"])
        if known is None:
            looks[each["stage"]] = OfficialLook(each["stage"], each["reached_at"], each["units"], measured)
        elif known.reached_at == each["reached_at"]:
            looks[each["stage"]] = known.with_measured(measured)
    return looks


def _written(measured: Measurement) -> dict[str, Any]:
    arms = measured.summaries.get("", {})
    return {
        "kind": _kind(arms),
        "arms": as_document(arms),
        "how": as_document(measured.capped.how) if measured.capped else None,
        "uncapped_kind": _kind(measured.capped.uncapped) if measured.capped else None,
        "uncapped": as_document(measured.capped.uncapped) if measured.capped else None,
        "problem": measured.problem,
    }


def _read(document: Mapping[str, Any]) -> Measurement:
    if document["problem"]:
        return Measurement({}, problem=document["problem"])
    capped = None
    if document["how"] is not None:
        capped = CappedArms(Winsorising(**document["how"]), _arms(document["uncapped_kind"], document["uncapped"]))
    return Measurement({"": _arms(document["kind"], document["arms"])}, capped)


def _arms(kind: str, arms: Mapping[str, Mapping[str, Any]]) -> dict[str, Summary]:
    return {name: summary_from(kind, fields) for name, fields in arms.items()}


def _kind(arms: Mapping[str, Summary]) -> str | None:
    kinds = {name for each in arms.values() for name, kind in KINDS.items() if type(each) is kind.summary}
    return kinds.pop() if len(kinds) == 1 else None
