"""The answer of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from bucketing.closed_texts import StrEnum
from bucketing.flagset import Json


class Reason(StrEnum):
    """OpenFeature's resolution reasons, as far as this engine gives them."""

    STATIC = "STATIC"
    DEFAULT = "DEFAULT"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    ERROR = "ERROR"


class ErrorCode(StrEnum):
    """OpenFeature's error codes, as far as this engine gives them."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    PARSE_ERROR = "PARSE_ERROR"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    GENERAL = "GENERAL"


SPLIT_OF_DEFAULT = "$default"
"""Names the default's percentages where a rule's id names those of a rule."""


@dataclass(frozen=True, slots=True)
class ExperimentPhase:
    """An experiment, by its key, in one of its phases (from 1)."""

    key: str
    phase: int


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What a flag serves, and why.

    Every decision that a flag can reach without an unforeseen error is built once, when the flag is compiled or it
    is first reached, and returned again and again: equal answers of one compiled flag are the same object. (Of a remote
    config with very many combinations, those that were reached first.)
    Decisions therefore compare and hash by identity, and a caller may keep prepared bytes in a dict from them.

    flag: the key asked for. value: the variation's JSON value (not to be changed), None with an error.
    variation: its key, None with an error. version: the config version that last changed the flag.
    experiments: those that the unit takes part in, the one that assigned or else the first that observes in front.
    prerequisite: key of the prerequisite flag that failed, or whose error this is. bucket_by: the attribute that is the
    unit of the split or of the experiments, None for the targeting key, and where nothing was split. override: an
    override of the unit decided. paused: the experiment that assigned it and is paused, so that nobody belongs to it.
    split: the id of the rule whose percentages decided, `SPLIT_OF_DEFAULT` for those of the default; not told as JSON.
    applied: of a remote config, the ids of the overrides that matched and apply, or with
    `invalid_combination`, must not be applied together. interned: it is the same object each time.
    """

    flag: str
    value: Json
    variation: str | None
    reason: Reason
    version: int = 0
    error_code: ErrorCode | None = None
    error_message: str | None = None
    experiments: tuple[ExperimentPhase, ...] = ()
    prerequisite: str | None = None
    bucket_by: str | None = None
    override: bool = False
    paused: str | None = None
    split: str | None = None
    applied: tuple[str, ...] = ()
    invalid_combination: bool = False
    interned: bool = True

    @property
    def experiment(self) -> str | None:
        """The key of the first of its experiments."""
        return self.experiments[0].key if self.experiments else None

    def to_dict(self) -> dict[str, Json]:
        """The decision as JSON; absent parts are left out, `value`, `variation` and `reason` never are."""
        document: dict[str, Json] = {
            "flag": self.flag,
            "value": self.value,
            "variation": self.variation,
            "reason": self.reason.value,
            "version": self.version,
        }
        if self.error_code is not None:
            document["errorCode"] = self.error_code.value
            document["errorMessage"] = self.error_message
        if self.experiments:
            document["experiment"] = self.experiment
            document["experiments"] = [{"key": one.key, "phase": one.phase} for one in self.experiments]
        if self.prerequisite is not None:
            document["prerequisite"] = self.prerequisite
        if self.bucket_by is not None:
            document["bucket_by"] = self.bucket_by
        if self.override:
            document["override"] = True
        if self.paused is not None:
            document["paused"] = self.paused
        if self.applied:
            document["overrides"] = list(self.applied)
        if self.invalid_combination:
            document["invalid_combination"] = True
        return document


def failure(flag: str, code: ErrorCode, message: str, version: int = 0, prerequisite: str | None = None) -> Decision:
    """The decision of an evaluation that ended in an error."""
    return Decision(flag, None, None, Reason.ERROR, version, code, message, prerequisite=prerequisite)
