"""The decisions a flag can reach, each built once."""

from __future__ import annotations

from bucketing.decision import Decision, ErrorCode, Reason, failure
from bucketing.errors import InvalidConfig
from bucketing.flagset import Flag, FlagType, Json


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


class Outcomes:
    """Interned decisions of one flag."""

    def __init__(self, flag: Flag) -> None:
        self._flag = flag
        self._served: dict[tuple[str, Reason, str | None, str | None], Decision] = {}
        self._invalid_units: dict[str, Decision] = {}
        self._values = {key: served_value(flag.type, value) for key, value in flag.variations.items()}
        self.targeting_key_missing = failure(
            flag.key,
            ErrorCode.TARGETING_KEY_MISSING,
            "the targeting key is needed, and is missing, empty or neither a string nor a whole number",
            flag.version,
        )

    def served(
        self, variation: str, reason: Reason, *, experiment: str | None = None, prerequisite: str | None = None
    ) -> Decision:
        """The decision that serves `variation`; InvalidConfig if the flag has no such variation."""
        identity = (variation, reason, experiment, prerequisite)
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
                experiment=experiment,
                prerequisite=prerequisite,
            )
            self._served[identity] = decision
        return decision

    def observed(self, experiment: str, variations: frozenset[str]) -> dict[Decision, Decision]:
        """For each decision made so far that serves one of the variations: the same within the experiment."""
        return {
            decision: self.served(decision.variation, decision.reason, experiment=experiment)
            for decision in list(self._served.values())
            if decision.variation in variations and decision.experiment is None
        }

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
