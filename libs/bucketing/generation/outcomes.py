"""The decisions a flag can reach, each built once."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
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
    paused: str | None = None
    split: str | None = None


_SEARCHED_MAX = 16
_making = Lock()
"""Held by who makes a decision: two that are equal must not come to be."""

NOTHING_SPLIT = Particulars()
OVERRIDDEN = Particulars(override=True)


_Identity = tuple[str, Reason, Particulars]
"""What tells the decisions of a flag apart that are no errors."""


def _identity_of(decision: Decision) -> _Identity:
    particulars = Particulars(
        decision.experiments,
        decision.prerequisite,
        decision.bucket_by,
        decision.override,
        decision.paused,
        decision.split,
    )
    return decision.variation or "", decision.reason, particulars


def particulars_of(experiment: Experiment) -> Particulars:
    """Of what the experiment assigns."""
    if experiment.paused:
        return Particulars(bucket_by=experiment.bucket_by, paused=experiment.key)
    return Particulars(experiments=(phase_of(experiment),), bucket_by=experiment.bucket_by)


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
    """Interned decisions of one flag.

    There are thousands of these, of a few decisions each, so they are searched one after another: a table of them would
    be larger than they are. Only a flag of many has one.
    """

    __slots__ = ("_flag", "_keyless", "_made", "_table", "_units", "_values")

    def __init__(self, flag: Flag) -> None:
        self._flag = flag
        self._made: tuple[Decision, ...] = ()
        self._table: dict[_Identity, Decision] | None = None
        self._keyless: Decision | None = None
        self._units: dict[str, Decision] | None = None
        values = {key: served_value(flag.type, value) for key, value in flag.variations.items()}
        same = all(value is flag.variations[key] for key, value in values.items())
        self._values: Mapping[str, Json] = flag.variations if same else values

    def require(self, variation: str) -> None:
        """InvalidConfig if the flag has no such variation."""
        if variation not in self._values:
            raise InvalidConfig("variations", f"there is no variation {variation!r}", "unknown_variation")

    def served(self, variation: str, reason: Reason, particulars: Particulars = NOTHING_SPLIT) -> Decision:
        """The decision that serves `variation`; InvalidConfig if the flag has no such variation."""
        identity = (variation, reason, particulars)
        decision = self._find(identity)
        if decision is None:
            self.require(variation)
            with _making:
                decision = self._find(identity) or self._make(identity)
        return decision

    def _find(self, identity: _Identity) -> Decision | None:
        if self._table is not None:
            return self._table.get(identity)
        for decision in self._made:
            if _identity_of(decision) == identity:
                return decision
        return None

    def _make(self, identity: _Identity) -> Decision:
        variation, reason, particulars = identity
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
            paused=particulars.paused,
            split=particulars.split,
        )
        if self._table is not None:
            self._table[identity] = decision
        elif len(self._made) < _SEARCHED_MAX:
            self._made = (*self._made, decision)
        else:
            self._table = {_identity_of(each): each for each in (*self._made, decision)}
            self._made = ()
        return decision

    @property
    def targeting_key_missing(self) -> Decision:
        """The error of a unit that has no targeting key."""
        with _making:
            if self._keyless is None:
                self._keyless = failure(
                    self._flag.key,
                    ErrorCode.TARGETING_KEY_MISSING,
                    "the targeting key is needed, and is missing, empty or neither a string nor a whole number",
                    self._flag.version,
                )
            return self._keyless

    def unassigned(self, variations: frozenset[str]) -> frozenset[Decision]:
        """The decisions made so far that serve one of the variations and are of no experiment, running or paused."""
        with _making:
            found = self._made if self._table is None else tuple(self._table.values())
        free = (each for each in found if not each.experiments and each.paused is None)
        return frozenset(each for each in free if each.variation in variations)

    def joined(self, decision: Decision, experiment: Experiment) -> Decision:
        """The same within one more experiment."""
        # What was split first was the flag's rollout; an experiment that observes says what its own unit is.
        units = (
            (decision.bucket_by, experiment.bucket_by)
            if decision.experiments
            else (experiment.bucket_by, decision.bucket_by)
        )
        experiments = (*decision.experiments, phase_of(experiment))
        particulars = Particulars(experiments=experiments, bucket_by=units[0] or units[1], split=decision.split)
        return self.served(decision.variation or "", decision.reason, particulars)

    def invalid_unit(self, attribute: str) -> Decision:
        """The error of a unit attribute that is neither a string nor a whole number."""
        message = f"the attribute {attribute!r} is needed as a unit, and is neither a string nor a whole number"
        with _making:
            if self._units is None:
                self._units = {}
            if attribute not in self._units:
                self._units[attribute] = failure(self._flag.key, ErrorCode.INVALID_CONTEXT, message, self._flag.version)
            return self._units[attribute]

    def prerequisite_failed(self, decision: Decision) -> Decision:
        """The error of a flag whose prerequisite ended in `decision`, an error."""
        code = decision.error_code or ErrorCode.GENERAL
        message = decision.error_message
        if decision.prerequisite is None:
            message = f"prerequisite {decision.flag!r}: {message}"
        return failure(self._flag.key, code, message or code, self._flag.version, prerequisite=decision.flag)
