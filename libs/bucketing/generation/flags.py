"""A flag as generated statements, in the order of an evaluation.

Off, prerequisites, overrides, individual targets, running experiments that assign, rules from the top, default. What is
decided after the targets is then looked at by the running experiments that observe.
"""

from __future__ import annotations

from collections.abc import Callable

from bucketing.decision import SPLIT_OF_DEFAULT, Decision, Reason
from bucketing.flagset import Experiment, ExperimentMode, Rollout, Serve, Target
from bucketing.generation.conditions import ConditionWriter, attribute_counts
from bucketing.generation.evaluables import Evaluable
from bucketing.generation.experiments import ExperimentWriter, running
from bucketing.generation.outcomes import NOTHING_SPLIT, OVERRIDDEN, Particulars, particulars_of
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source
from bucketing.generation.units import UnitWriter, only_variation


class FlagWriter:
    """Writes one flag into a source; the decision ends up in the local variable `result`.

    `shared` writes the conditions of all flags of a function for several. There may be a Split instead of a decision
    then, which says what the targeting key's bucket gets.
    """

    def __init__(
        self,
        source: Source,
        reads: Reads,
        item: Evaluable,
        result: str = "result",
        shared: ConditionWriter | None = None,
    ) -> None:
        self._source = source
        self._reads = reads
        self._flag = item.flag
        self._assigning = [one for one in item.experiments if one.mode is ExperimentMode.ASSIGNS]
        self._observing = [one for one in item.experiments if one.mode is ExperimentMode.OBSERVES and not one.paused]
        self._result = result
        self._outcomes = item.outcomes
        self._conditions = shared or ConditionWriter(source, reads, attribute_counts(item.conditions()))
        deferred = shared is not None and not self._observing
        self._units = UnitWriter(source, reads, item, result, deferred=deferred)
        self._experiments = ExperimentWriter(source, self._conditions, self._units, self._outcomes)

    def write(self) -> None:
        """Write all steps; raises InvalidConfig for a flag that can't be evaluated."""
        self._outcomes.require(self._flag.off_variation)
        if not self._flag.enabled or self._flag.archived:
            off = self._outcomes.served(self._flag.off_variation, Reason.DISABLED)
            self._source.line(f"{self._result} = {self._source.constant(off)}")
            return
        self._source.open("while 1:")
        self._prerequisites()
        self._targets("overrides", [one for one in self._flag.targets if one.override], OVERRIDDEN)
        self._targets("targets", [one for one in self._flag.targets if not one.override], NOTHING_SPLIT)
        known = self._reads.branch()
        if self._observing:
            self._source.open("while 1:")
        for experiment in self._assigning:
            self._experiments.assign(experiment, self._assigned_by(experiment))
        self._rules()
        self._default()
        if self._observing:
            self._source.close()
            self._reads.forget_since(known)
            served = self._source.local()
            self._source.line(f"{served} = {self._result}")
            for experiment in self._observing:
                self._experiments.observe(experiment, served, self._result)
            self._source.line("break")
        self._source.close()

    def _assigned_by(self, experiment: Experiment) -> Callable[[str], Decision]:
        particulars = particulars_of(experiment)
        return lambda variation: self._outcomes.served(variation, Reason.SPLIT, particulars)

    def _prerequisites(self) -> None:
        source = self._source
        for index, prerequisite in enumerate(self._flag.prerequisites):
            served = source.local()
            asked = f"programs.prerequisite({source.constant(prerequisite.flag)}, context, now, memo)"
            source.line(f"{served} = {source.probe(f'prerequisites[{index}]', asked)}")
            source.open(f"if {served}.error_code is not None:")
            self._units.decide_by(f"{source.constant(self._outcomes.prerequisite_failed)}({served})")
            source.close()
            source.open(f"if {served}.variation != {source.constant(prerequisite.variation)}:")
            self._units.decide(
                self._outcomes.served(
                    self._flag.off_variation, Reason.DEFAULT, Particulars(prerequisite=prerequisite.flag)
                )
            )
            source.close()

    def _targets(self, step: str, targets: list[Target], particulars: Particulars) -> None:
        source = self._source
        permanent, expiring = {}, {}
        for target in reversed(targets):
            decision = self._outcomes.served(target.variation, Reason.TARGETING_MATCH, particulars)
            if target.expires_at is None:
                permanent[target.key] = decision
            else:
                expiring[target.key] = (target.expires_at, decision)
        if targets:
            unit = self._reads.targeting_key()
        if permanent:
            found = source.probe(step, f"{source.constant(permanent)}.get({unit})")
            source.open(f"if (target := {found}) is not None:")
            self._units.decide_by("target")
            source.close()
        if expiring:
            source.line(f"target = {source.constant(expiring)}.get({unit})")
            unexpired = source.probe(f"{step}.unexpired", "(target is not None and now < target[0])")
            source.open(f"if {unexpired}:")
            self._units.decide_by("target[1]")
            source.close()

    def _rules(self) -> None:
        for index, rule in enumerate(self._flag.rules):
            path = f"rules[{index}]"
            self._conditions.fetch(rule.condition)
            self._source.open(f"if {self._conditions.expression(rule.condition, f'{path}.if')}:")
            self._serve(rule.serve, f"{path}.then", rule.id)
            self._source.close()

    def _serve(self, serve: Serve, path: str, rule: str) -> None:
        variation = only_variation(serve)
        if variation is not None:
            self._units.decide(self._outcomes.served(variation, Reason.TARGETING_MATCH))
        elif isinstance(serve, Rollout):
            self._split(serve, path, rule)

    def _split(self, rollout: Rollout, path: str, name: str) -> None:
        unit = self._units.open_unit(rollout.bucket_by, path)
        split = Particulars(bucket_by=rollout.bucket_by, split=name)
        self._units.decide_by(
            self._units.split(
                rollout.shares,
                self._flag.key,
                unit,
                f"{path}.bucket",
                lambda variation: self._outcomes.served(variation, Reason.SPLIT, split),
            )
        )
        self._source.close()

    def _default(self) -> None:
        serve = self._flag.default
        if self._source.traced:
            self._source.line(self._source.probe("default", "True"))
        variation = only_variation(serve)
        if variation is not None:
            self._units.decide_by(self._unsplit_default(variation))
            return
        if isinstance(serve, Rollout):
            self._split(serve, "default", SPLIT_OF_DEFAULT)
            if serve.bucket_by is not None:
                self._units.decide(self._outcomes.served(self._flag.off_variation, Reason.DEFAULT))

    def _unsplit_default(self, variation: str) -> str:
        """DEFAULT while something could change what is served, STATIC otherwise."""
        default = self._source.constant(self._outcomes.served(variation, Reason.DEFAULT))
        if (
            self._flag.prerequisites
            or self._flag.rules
            or any(target.expires_at is None for target in self._flag.targets)
        ):
            return default
        static = self._source.constant(self._outcomes.served(variation, Reason.STATIC))
        changers = [running(self._source, experiment) for experiment in self._assigning]
        expiries = [target.expires_at for target in self._flag.targets if target.expires_at is not None]
        if expiries:
            changers.append(f"now < {self._source.constant(max(expiries))}")
        return f"{default} if {' or '.join(changers)} else {static}" if changers else static
