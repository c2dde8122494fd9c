"""The decisions a flag can reach, each built once."""

from __future__ import annotations

from typing import NamedTuple

from bucketing.decision import Decision, ErrorCode, ExperimentPhase, Reason, failure
from bucketing.errors import InvalidConfig
from bucketing.flagset import Experiment, Flag, FlagType, Json


def served_value(flag_type: FlagType, value: Json) -> Json:
    """The value as the flag's type says it: a number is a float, an integer has no fraction.

    Raises InvalidConfig for an integer that no float can hold.
    """
    if flag_type is FlagType.NUMBER and value.__class__ is int:
        try:
            return float(value)
        except OverflowError:
            raise InvalidConfig("variations", "a number is too large", "range") from None
    if flag_type is FlagType.INTEGER and value.__class__ is float and value.is_integer():
        return int(value)
    return value


class Particulars(NamedTuple):
    """What a decision tells beside variation and reason."""

    experiments: tuple[ExperimentPhase, ...] = ()
    prerequisite: str | None = None
    bucket_by: str | None = None
    override: bool = False


NOTHING_SPLIT = Particulars()
OVERRIDDEN = Particulars(override=True)


def phase_of(experiment: Experiment) -> ExperimentPhase:
    return ExperimentPhase(experiment.key, experiment.phase)


class Joined(dict[Decision, Decision]):
    """For a decision the same within one more experiment, built when it is first asked for."""

    def __init__(self, outcomes: Outcomes, experiment: Experiment) -> None:
        super().__init__()
        self._outcomes = outcomes
        self._experiment = experiment

    def __missing__(self, decision: Decision) -> Decision:
        joined = self[decision] = self._outcomes.joined(decision, self._experiment)
        return joined


class Outcomes:
    """Interned decisions of one flag."""

    def __init__(self, flag: Flag) -> None:
        self._flag = flag
        self._served: dict[tuple[str, Reason, Particulars], Decision] = {}
        self._invalid_units: dict[str, Decision] = {}
        self._values = {key: served_value(flag.type, value) for key, value in flag.variations.items()}
        self.targeting_key_missing = failure(
            flag.key,
            ErrorCode.TARGETING_KEY_MISSING,
            "the targeting key is needed, and is missing, empty or neither a string nor a whole number",
            flag.version,
        )

    def served(self, variation: str, reason: Reason, particulars: Particulars = NOTHING_SPLIT) -> Decision:
        """The decision that serves `variation`; InvalidConfig if the flag has no such variation."""
        identity = (variation, reason, particulars)
        decision = self._served.get(identity)
        if decision is None:
            if variation not in self._values:
                raise InvalidConfig("variations", f"there is no variation {variation!r}", "unknown_variation")
            decision = Decision(
                self._flag.key,
                self._values[variation],
                variation,
                reason,
                self._flag.version,
                experiments=particulars.experiments,
                prerequisite=particulars.prerequisite,
                bucket_by=particulars.bucket_by,
                override=particulars.override,
            )
            decision = self._served.setdefault(identity, decision)
        return decision

    def unassigned(self, variations: frozenset[str]) -> frozenset[Decision]:
        """The decisions made so far that serve one of the variations and belong to no experiment."""
        found = self._served.values()
        return frozenset(each for each in list(found) if each.variation in variations and not each.experiments)

    def joined(self, decision: Decision, experiment: Experiment) -> Decision:
        """The same within one more experiment."""
        # What was split first was the flag's rollout; an experiment that observes says what its own unit is.
        units = (
            (decision.bucket_by, experiment.bucket_by)
            if decision.experiments
            else (experiment.bucket_by, decision.bucket_by)
        )
        experiments = (*decision.experiments, phase_of(experiment))
        particulars = Particulars(experiments=experiments, bucket_by=units[0] or units[1])
        return self.served(decision.variation or "", decision.reason, particulars)

    def invalid_unit(self, attribute: str) -> Decision:
        """The error of a unit attribute that is neither a string nor a whole number."""
        decision = self._invalid_units.get(attribute)
        if decision is None:
            message = f"the attribute {attribute!r} is needed as a unit, and is neither a string nor a whole number"
            decision = failure(self._flag.key, ErrorCode.INVALID_CONTEXT, message, self._flag.version)
            self._invalid_units[attribute] = decision
        return decision

    def prerequisite_failed(self, decision: Decision) -> Decision:
        """The error of a flag whose prerequisite ended in `decision`, an error."""
        code = decision.error_code or ErrorCode.GENERAL
        message = decision.error_message
        if decision.prerequisite is None:
            message = f"prerequisite {decision.flag!r}: {message}"
        return failure(self._flag.key, code, message or code, self._flag.version, prerequisite=decision.flag)
