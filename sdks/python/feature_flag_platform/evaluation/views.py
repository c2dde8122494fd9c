"""Views: what is held, as evaluations ask it. A view never changes; an update is one assignment of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from bucketing.compiled import CompiledFlagSet
from bucketing.decision import Decision
from bucketing.flagset import Experiment, ExperimentMode, FlagType

from feature_flag_platform.evaluation.outcomes import Outcome, Window, failed, served
from feature_flag_platform.evaluation.usage_counts import UsageCounts


@dataclass(frozen=True, slots=True)
class Environment:
    """What `GET /v1/environment` says that evaluations and events need."""

    project: str = ""
    key: str = ""
    exposure_attributes: tuple[str, ...] = ()
    events_url: str | None = None

    @property
    def flag_set_id(self) -> str | None:
        return f"{self.project}/{self.key}" if self.project and self.key else None


class View(Protocol):
    """What answers evaluations. None of its methods raises for a context that is JSON."""

    @property
    def version(self) -> int:
        """The config version; 0 while nothing is held."""

    def decide(self, flag: str, context: Any, now: int) -> Outcome:
        """What a flag serves to a context at `now`, in epoch milliseconds."""

    def decide_all(self, context: Any, now: int) -> Iterable[tuple[str, Outcome]]:
        """What every flag and remote config serves, with its key."""

    def mismatch(self, flag: str, found: FlagType, wanted: str) -> Outcome:
        """The outcome of one that was asked for as another type."""

    def explain(self, flag: str, context: Any, now: int) -> dict[str, Any]:
        """A decision with its trace."""

    def is_remote_config(self, key: str) -> bool:
        """Whether a remote config answers under the key."""


class NothingHeld:
    """The view of a client that has no configuration yet."""

    version = 0

    def __init__(self, counts: UsageCounts) -> None:
        self._counts = counts

    def decide(self, flag: str, _context: Any, _now: int) -> Outcome:
        return failed(flag, "PROVIDER_NOT_READY", "no configuration is held yet", self._counts)

    def decide_all(self, _context: Any, _now: int) -> Iterable[tuple[str, Outcome]]:
        return ()

    def mismatch(self, flag: str, _found: FlagType, _wanted: str) -> Outcome:
        return self.decide(flag, None, 0)

    def explain(self, flag: str, _context: Any, now: int) -> dict[str, Any]:
        decision = {"flag": flag, "value": None, "variation": None, "reason": "ERROR", "version": 0}
        error = {"errorCode": "PROVIDER_NOT_READY", "errorMessage": "no configuration is held yet"}
        return {"decision": decision | error, "config_version": 0, "now": now, "steps": [], "segments": {}}

    def is_remote_config(self, _key: str) -> bool:
        return True


class WakingView:
    """The view in a process that has been forked: the first who asks makes the client begin anew."""

    def __init__(self, wake: Callable[[], View]) -> None:
        self._wake = wake

    @property
    def version(self) -> int:
        return self._wake().version

    def decide(self, flag: str, context: Any, now: int) -> Outcome:
        return self._wake().decide(flag, context, now)

    def decide_all(self, context: Any, now: int) -> Iterable[tuple[str, Outcome]]:
        return self._wake().decide_all(context, now)

    def mismatch(self, flag: str, found: FlagType, wanted: str) -> Outcome:
        return self._wake().mismatch(flag, found, wanted)

    def explain(self, flag: str, context: Any, now: int) -> dict[str, Any]:
        return self._wake().explain(flag, context, now)

    def is_remote_config(self, key: str) -> bool:
        return self._wake().is_remote_config(key)


class _Outcomes(dict[Decision, Outcome]):
    """Outcomes by decision, made when a decision is first come to. Those that recur as another object aren't kept."""

    __slots__ = ("_make",)

    def __init__(self, make: Any) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, decision: Decision) -> Outcome:
        outcome: Outcome = self._make(decision)
        if decision.interned and decision.error_code is None:
            self[decision] = outcome
        return outcome


class CompiledView:
    """The view of a compiled flag set."""

    def __init__(
        self, compiled: CompiledFlagSet, environment: Environment, counts: UsageCounts, age_seconds: int = 0
    ) -> None:
        self.compiled = compiled
        self.environment = environment
        self._counts = counts
        self._age_seconds = age_seconds
        self._evaluate = compiled.evaluate
        self._outcomes = _Outcomes(self._outcome)

    @property
    def version(self) -> int:
        return self.compiled.version

    def decide(self, flag: str, context: Any, now: int) -> Outcome:
        return self._outcomes[self._evaluate(flag, context, now)]

    def decide_all(self, context: Any, now: int) -> Iterable[tuple[str, Outcome]]:
        outcomes = self._outcomes
        return [(decision.flag, outcomes[decision]) for decision in self.compiled.evaluate_all(context, now)]

    def mismatch(self, flag: str, found: FlagType, wanted: str) -> Outcome:
        message = f"the flag's type is {found.value}, and {wanted} was asked for"
        return failed(flag, "TYPE_MISMATCH", message, self._counts, self.compiled.served[flag].version)

    def explain(self, flag: str, context: Any, now: int) -> dict[str, Any]:
        return self.compiled.explain(flag, context, now).to_dict()

    def is_remote_config(self, key: str) -> bool:
        flagset = self.compiled.flagset
        return key in flagset.remote_configs and key not in flagset.flags

    def _outcome(self, decision: Decision) -> Outcome:
        if decision.error_code is not None:
            message = decision.error_message or "the evaluation failed"
            return failed(decision.flag, decision.error_code.value, message, self._counts, decision.version)
        flag = self.compiled.served[decision.flag]
        outcome = served(decision, flag, self._counts, self._metadata(decision), self._windows(decision.flag))
        outcome.attributes = tuple(dict.fromkeys((*flag.exposure_attributes, *self.environment.exposure_attributes)))
        return outcome

    def _windows(self, key: str) -> tuple[Window, ...]:
        """Of the experiments on a remote config."""
        if not self.is_remote_config(key):
            return ()
        return tuple((each.start_at, each.stop_at) for each in self._experiments(key))

    def _experiments(self, key: str) -> Iterable[Experiment]:
        if not self.compiled.has_experiments(key):
            return ()
        experiments = self.compiled.flagset.experiments.values()
        return [each for each in experiments if each.flag == key and each.mode is ExperimentMode.ASSIGNS]

    def _metadata(self, decision: Decision) -> MappingProxyType[str, Any]:
        """As the edge's answers have it: the flag's own, and beside it how the decision came about."""
        flag, environment = self.compiled.served[decision.flag], self.environment
        metadata: dict[str, Any] = {**flag.metadata, "version": str(flag.version)}
        if environment.flag_set_id is not None:
            metadata["flagSetId"] = environment.flag_set_id
        metadata["ageSeconds"] = self._age_seconds
        if decision.experiment is not None:
            metadata["experiment"] = decision.experiment
        if self.compiled.has_experiments(decision.flag):
            metadata["experiments"] = ",".join(f"{each.key}:{each.phase}" for each in decision.experiments)
        for name in ("prerequisite", "split"):
            if (told := getattr(decision, name)) is not None:
                metadata[name] = told
        if flag.report_exposures:
            metadata["reportExposures"] = True
        if decision.override:
            metadata["override"] = True
        if decision.applied:
            metadata["overrides"] = ",".join(decision.applied)
        if decision.invalid_combination:
            metadata["invalid_combination"] = True
        return MappingProxyType(metadata)
