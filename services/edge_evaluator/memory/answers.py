"""The bytes of OFREP answers.

Every decision that a flag can reach is one object, so its answer is written once per configuration and found
again by the decision. Numbers of a flag of type number are written as floats, of type integer as integers.
Where the unit of a split or an experiment isn't the targeting key, an answer names the unit, which differs by context:
what is kept then lacks it, and `told` puts it in.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import msgspec
from bucketing import unit_key
from bucketing.attributes import read
from bucketing.decision import Decision
from bucketing.flagset import Flag, FlagType
from messages.events import USER_KEY_LENGTH_MAX

from edge_evaluator.memory.environment import EnvironmentConfig

_encode = msgspec.json.Encoder().encode

# A client key learns that an evaluation failed, not which rule, segment or attribute made it fail.
CLIENT_ERROR_DETAILS = {
    "FLAG_NOT_FOUND": "there is no such flag",
    "PARSE_ERROR": "the flag's configuration can't be evaluated",
    "TARGETING_KEY_MISSING": "the flag needs a targetingKey: a non-empty string, or a number without a fraction",
    "INVALID_CONTEXT": "the context does not fit the flag",
}
_CLIENT_OTHER_ERROR = "the evaluation failed"


def typed_value(flag: Flag, value: Any) -> Any:
    """The value as its flag's type wants it written: `1` of type number as `1.0`, `2.0` of type integer as `2`."""
    if flag.type is FlagType.NUMBER and type(value) is int:
        return float(value)
    if flag.type is FlagType.INTEGER and type(value) is float and value.is_integer():
        return int(value)
    return value


def failure_body(code: str, details: str, key: str | None = None) -> bytes:
    """OFREP's error object; `key` is None for what concerns a whole request."""
    named = {} if key is None else {"key": key}
    return _encode({**named, "errorCode": code, "errorDetails": details})


def failure_status(code: str) -> int:
    return 404 if code == "FLAG_NOT_FOUND" else 400


def other_unit(decision: Decision, context: Mapping[str, Any]) -> str:
    """The randomised unit, empty where it is the targeting key or longer than an event may tell."""
    return "" if decision.bucket_by is None else _unit(decision.bucket_by, context)


def _unit(attribute: str, context: Mapping[str, Any]) -> str:
    unit = unit_key(read(context, attribute)) or ""
    return unit if len(unit) <= USER_KEY_LENGTH_MAX else ""


class AnswerOfUnit(bytes):
    """An answer to everybody who gets it, without the unit that it was decided for: that is in `bucket_by`."""

    bucket_by: str

    def told(self, context: Mapping[str, Any]) -> bytes:
        """With the unit at the end of its metadata."""
        unit = _unit(self.bucket_by, context)
        return b'%b,"unitKey":%b}}' % (self[:-2], _encode(unit)) if unit else self


class Tally:
    """Counts answers with an invalid combination of overrides, over all configurations of an environment."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        self._count += 1

    def take(self) -> int:
        """How many since it was asked last."""
        count, self._count = self._count, 0
        return count


class AnswerCache(dict[Decision, bytes]):
    """The answers of one configuration to one kind of key, written when they are first asked for: JSON, whether it
    is a value or an error. `flags` are those that the key may see, `reporting` those whose evaluations are exposures.
    Errors are written anew each time, and so is what recurs as another object or is counted in `tally`;
    `unshared_bytes` counts what was, and what names a unit. `names_units`: some of them do, by `told`."""

    __slots__ = (
        "_age_seconds",
        "_compiled",
        "_flag_set_id",
        "_flags",
        "_reporting",
        "_terse",
        "_versions",
        "names_units",
        "tally",
        "unshared_bytes",
    )

    def __init__(
        self, config: EnvironmentConfig, flags: Mapping[str, Flag], reporting: Container[str], *, terse: bool
    ) -> None:
        super().__init__()
        self._flags = flags
        self._reporting = reporting
        self.names_units = False
        self._flag_set_id = f"{config.project_key}/{config.key}"
        self._compiled = config.compiled
        self._versions = config.answer_versions
        self._age_seconds = 0
        self._terse = terse
        self.tally = Tally()
        self.unshared_bytes = 0

    def restamp(self, age_seconds: int) -> None:
        """From now on answers carry another age."""
        self._age_seconds = age_seconds
        self.clear()

    def metadata(self, version: int) -> dict[str, Any]:
        """What stands in every answer; texts, numbers and booleans, as OFREP wants it."""
        return {"version": str(version), "flagSetId": self._flag_set_id, "ageSeconds": self._age_seconds}

    def __missing__(self, decision: Decision) -> bytes:
        # Only decisions without an error are the same object each time, so only they are kept.
        if decision.error_code is not None:
            failure = failure_body(*self.error_of(decision), decision.flag)
            self.unshared_bytes += len(failure)
            return failure
        if decision.invalid_combination or not decision.interned:
            unshared = self._written(decision)
            self.unshared_bytes += len(unshared)
            return unshared
        written = self[decision] = self._written(decision)
        return written

    def _written(self, decision: Decision) -> bytes:
        written: bytes = _encode(self.document(decision))
        if decision.bucket_by is None:
            return written
        of_unit = AnswerOfUnit(written)
        of_unit.bucket_by = decision.bucket_by
        self.names_units = True
        return of_unit

    def told(self, answers: Iterable[bytes], context: Mapping[str, Any]) -> list[bytes]:
        """What this context is answered, from what is kept."""
        told: list[bytes] = []
        for answer in answers:
            if type(answer) is AnswerOfUnit:
                told.append(answer.told(context))
                self.unshared_bytes += len(told[-1])
            else:
                told.append(answer)
        return told

    def document(self, decision: Decision, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer of a decision without an error as an object; with the unit where the context is given."""
        own = self._flags[decision.flag].metadata
        metadata = {**own, **self.metadata(self._versions.of(decision.flag))}
        if decision.experiment is not None:
            metadata["experiment"] = decision.experiment
        if self._compiled.has_experiments(decision.flag):
            metadata["experiments"] = ",".join(f"{each.key}:{each.phase}" for each in decision.experiments)
        if decision.prerequisite is not None and decision.prerequisite in self._flags:
            metadata["prerequisite"] = decision.prerequisite
        if decision.override:
            metadata["override"] = True
        if decision.split is not None:
            metadata["split"] = decision.split
        if decision.flag in self._reporting:
            metadata["reportExposures"] = True
        if context is not None and (unit := other_unit(decision, context)):
            metadata["unitKey"] = unit
        if decision.applied and not self._terse:
            metadata["overrides"] = ",".join(decision.applied)
        if decision.invalid_combination:
            metadata["invalid_combination"] = True
            self.tally.add()
        return {
            "key": decision.flag,
            "value": typed_value(self._flags[decision.flag], decision.value),
            "variant": decision.variation,
            "reason": decision.reason.value,
            "metadata": metadata,
        }

    def error_of(self, decision: Decision) -> tuple[str, str]:
        """Error code and details, as far as the key may know them."""
        code = decision.error_code.value if decision.error_code is not None else "GENERAL"
        if self._terse:
            return code, CLIENT_ERROR_DETAILS.get(code, _CLIENT_OTHER_ERROR)
        return code, decision.error_message or _CLIENT_OTHER_ERROR
