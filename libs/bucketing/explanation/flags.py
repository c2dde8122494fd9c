"""The steps of one evaluation, in the order in which they were taken."""

from __future__ import annotations

from dataclasses import dataclass

from bucketing.decision import Decision, ErrorCode, failure
from bucketing.errors import InvalidConfig
from bucketing.explanation.conditions import ConditionTracer, Recorder
from bucketing.explanation.experiments import ExperimentTracer
from bucketing.explanation.remote_configs import NOT_REACHED, remote_config_steps
from bucketing.explanation.splits import SplitTracer, owner, ranges
from bucketing.flagset import Experiment, ExperimentMode, Fixed, Flag, FlagSet, Json, Serve, Target
from bucketing.generation.evaluables import Evaluable, EvaluableConfig, Item
from bucketing.generation.units import only_variation
from bucketing.hashing import unit_key
from bucketing.programs import Context, Programs, flag_program
from bucketing.recovery import recovered


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its trace.

    steps: one object a step, each with `step` (its kind) and `result`. segments: the memberships that were
    asked for. config_version: that of the whole flag set. now: epoch milliseconds.
    """

    decision: Decision
    config_version: int
    now: int
    steps: tuple[dict[str, Json], ...] = ()
    segments: dict[str, Json] | None = None

    def to_dict(self) -> dict[str, Json]:
        """The explanation as JSON."""
        return {
            "decision": self.decision.to_dict(),
            "config_version": self.config_version,
            "now": self.now,
            "steps": list(self.steps),
            "segments": self.segments or {},
        }


class FlagTracer:
    """Tells the steps of a flag from what its function reported."""

    def __init__(self, flag: Flag, recorder: Recorder, conditions: ConditionTracer, splits: SplitTracer) -> None:
        self._flag = flag
        self._seen = recorder.seen
        self._recorder = recorder
        self._conditions = conditions
        self._splits = splits

    def before_experiments(self, context: Context) -> list[dict[str, Json]]:
        """Off, prerequisites, overrides, targets."""
        flag = self._flag
        on = flag.enabled and not flag.archived
        off = "archived" if flag.archived else "off"
        steps: list[dict[str, Json]] = [{"step": "enabled", "result": "passed" if on else off}]
        if not on:
            return [{**steps[0], "variation": flag.off_variation}]
        for index, prerequisite in enumerate(flag.prerequisites):
            step: dict[str, Json] = {
                "step": "prerequisite",
                "flag": prerequisite.flag,
                "wanted": prerequisite.variation,
            }
            served: Decision | None = self._seen.get(f"prerequisites[{index}]")
            if served is None:
                steps.append({**step, "result": NOT_REACHED})
                continue
            met = "met" if served.variation == prerequisite.variation else "failed"
            result = met if served.error_code is None else "error"
            steps.append({**step, "result": result, "served": served.to_dict()})
        for name, override in (("overrides", True), ("targets", False)):
            targets = [target for target in flag.targets if target.override is override]
            if targets:
                steps.append(self._targets(name, targets, context))
        return steps

    def _targets(self, name: str, targets: list[Target], context: Context) -> dict[str, Json]:
        step: dict[str, Json] = {"step": name, "unit": unit_key(context.get("targetingKey"))}
        if not self._seen.keys() & {name, f"{name}.unexpired"}:
            return {**step, "result": NOT_REACHED}
        mine = [target for target in targets if target.key == step["unit"]]
        if not mine:
            return {**step, "result": f"no {name.removesuffix('s')}"}
        matched = self._seen.get(name) is not None or self._seen.get(f"{name}.unexpired", False)
        step = {**step, "variation": mine[0].variation, "expires_at": mine[0].expires_at}
        return {**step, "result": "matched" if matched else "expired"}

    def rules(self) -> list[dict[str, Json]]:
        """Every rule, from the top."""
        return [self._rule(index) for index in range(len(self._flag.rules))]

    def _rule(self, index: int) -> dict[str, Json]:
        rule = self._flag.rules[index]
        path = f"rules[{index}]"
        step: dict[str, Json] = {"step": "rule", "index": index, "id": rule.id, "description": rule.description}
        matched = self._seen.get(f"{path}.if")
        if matched is None:
            return {**step, "result": NOT_REACHED}
        step["if"] = self._conditions.trace(rule.condition, f"{path}.if", self._recorder)
        if not matched:
            return {**step, "result": "not matched"}
        return {**step, **self._serve(rule.serve, f"{path}.then", "matched")}

    def default(self) -> dict[str, Json]:
        """What is served when nothing else decided."""
        if "default" not in self._seen:
            return {"step": "default", "result": NOT_REACHED}
        return {"step": "default", **self._serve(self._flag.default, "default", "served")}

    def _serve(self, serve: Serve, path: str, done: str) -> dict[str, Json]:
        variation = only_variation(serve)
        if variation is not None or isinstance(serve, Fixed):
            return {"result": done, "variation": variation}
        told: dict[str, Json] = {"bucket_by": serve.bucket_by, "ranges": ranges(serve.shares)}
        if f"{path}.unit" not in self._seen:
            return {**told, "result": "passed over", "because": "the unit's attribute is missing"}
        unit = self._seen[f"{path}.unit"]
        if f"{path}.bucket" not in self._seen:
            return {**told, "result": "error", "because": "there is no usable unit"}
        bucket = self._seen[f"{path}.bucket"]
        return {
            **told,
            **self._splits.bucket(self._flag.key, serve.bucket_by, unit, bucket),
            "result": done,
            "variation": owner(serve.shares, bucket),
        }


@dataclass(frozen=True, slots=True)
class ExplanationRequest:
    """What is to be explained: a context at a time, with or without the salt in the answer."""

    context: Context
    now: int
    show_salt: bool = False


def explain(flagset: FlagSet, programs: Programs, item: Item, request: ExplanationRequest) -> Explanation:
    """Evaluate a flag or a remote config with a probe at each step, and tell them. Never raises for a JSON context."""
    flag, context, now = item.flag, request.context, request.now
    recorder = Recorder()
    try:
        decision = flag_program(item, recorder)(context, now, programs, {})
    except InvalidConfig as error:
        return Explanation(failure(flag.key, ErrorCode.PARSE_ERROR, str(error), flag.version), flagset.version, now)
    except Exception as error:
        decision = recovered(flag, context, error)
        if decision.error_code is ErrorCode.INVALID_CONTEXT:
            return Explanation(decision, flagset.version, now)
    conditions = ConditionTracer(flagset.segments, context, now, programs)
    if isinstance(item, EvaluableConfig):
        steps = remote_config_steps(item.config, decision, recorder, conditions)
        if not item.config.archived:
            trace = ExperimentTracer(recorder, conditions, SplitTracer(flagset.salt, request.show_salt))
            steps += [_with_patch(trace.step(one), one) for one in item.experiments]
    else:
        steps = _flag_steps(flagset, item, recorder, conditions, request)
    return Explanation(decision, flagset.version, now, tuple(steps), dict(conditions.memberships()))


def _with_patch(step: dict[str, Json], experiment: Experiment) -> dict[str, Json]:
    """The step of an experiment on a remote config, with the patch of the variation that it assigned."""
    assignment = step.get("assignment")
    return step if assignment is None else {**step, "value": experiment.patches.get(assignment["variation"], {})}


def _flag_steps(
    flagset: FlagSet, item: Evaluable, recorder: Recorder, conditions: ConditionTracer, request: ExplanationRequest
) -> list[dict[str, Json]]:
    flag = item.flag
    splits = SplitTracer(flagset.salt, request.show_salt)
    flags = FlagTracer(flag, recorder, conditions, splits)
    steps = flags.before_experiments(request.context)
    if flag.enabled and not flag.archived:
        trace = ExperimentTracer(recorder, conditions, splits)
        steps += [trace.step(one) for one in item.experiments if one.mode is ExperimentMode.ASSIGNS]
        steps += [*flags.rules(), flags.default()]
        steps += [trace.step(one) for one in item.experiments if one.mode is ExperimentMode.OBSERVES]
    return steps
