"""One evaluation from the caller's key to the answer's bytes; exposures are handed on, never waited for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bucketing.decision import Decision, ErrorCode, failure
from bucketing.explanation import abridged, abridged_explanation
from bucketing.flagset import Experiment
from service_kit.clock import Clock

from edge_evaluator.evaluation.assignments import Assignment, Request, assigned
from edge_evaluator.evaluation.exposures import Exposures
from edge_evaluator.memory.answers import failure_status
from edge_evaluator.memory.callers import Caller
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.memory.views import View
from edge_evaluator.usage.counts import Counts
from edge_evaluator.usage.tallies import Tallies

BULK_START = b'{"flags":['


class Evaluator:
    """Evaluates flags for callers, reports exposures, and counts what is asked for in `tallies`."""

    def __init__(self, memory: FlagMemory, exposures: Exposures, tallies: Tallies, clock: Clock) -> None:
        self._memory = memory
        self._exposures = exposures
        self.tallies = tallies
        self._clock = clock

    def now(self) -> int:
        """Epoch milliseconds."""
        return self._clock.now()

    def view(self, caller: Caller) -> View:
        return self._memory.held(caller.key).view(caller.key)

    def decide(self, view: View, flag_key: str, context: dict[str, Any]) -> Decision:
        """What the flag serves, as far as this view may know it."""
        if flag_key in view.flags:
            return view.evaluate(flag_key, context, self._clock.now())
        if flag_key in view.unreadable:
            return failure(flag_key, ErrorCode.PARSE_ERROR, view.unreadable[flag_key])
        return failure(flag_key, ErrorCode.FLAG_NOT_FOUND, "there is no such flag")

    def single(
        self, caller: Caller, flag_key: str, context: dict[str, Any], *, expose: bool = False
    ) -> tuple[int, bytes]:
        """Status and OFREP body of one flag. `expose` reports the evaluation although its flag does not ask."""
        view = self.view(caller)
        decision = self.decide(view, flag_key, context)
        self.count(caller, decision)
        if decision.error_code is not None:
            return failure_status(decision.error_code.value), view.answers[decision]
        self.report(caller, view, context, decision, expose=expose)
        return 200, view.answers.told((view.answers[decision],), context)[0]

    def assignment(self, view: View, experiment: Experiment, context: dict[str, Any]) -> Assignment:
        """What the unit gets of an experiment on a flag that this view may know."""
        decision = self.decide(view, experiment.flag, context)
        return assigned(view, experiment, decision, Request(context, self._clock.now()))

    def value(self, caller: Caller, view: View, flag_key: str, context: dict[str, Any]) -> bytes | None:
        """The body of `single` when its status is 200, else None; as it is kept, to be `told`."""
        if flag_key not in view.flags:
            return None
        decision = view.evaluate(flag_key, context, self._clock.now())
        if decision.error_code is not None:
            return None
        if flag_key in view.reporting:
            self._expose(caller, view, context, decision)
        return view.answers[decision]

    def bulk(
        self, caller: Caller, context: dict[str, Any], origin: str, *, expose: bool = False
    ) -> tuple[bytes, bytes, bytes]:
        """OFREP body of all flags, in three pieces; a flag that fails stands in it with its error.

        Fetching everything is not yet using it, so exposures are reported only when the request asks.
        """
        view = self.view(caller)
        now = self._clock.now()
        if expose:
            decisions = view.evaluate_all(context, now)
            for decision in decisions:
                self.report(caller, view, context, decision, expose=True)
            answers = [view.answers[decision] for decision in decisions] + self._unreadable(view)
        else:
            answers = self.flags(view, context, now)
        self._counts(caller).bulk(answers)
        if view.answers.names_units:
            answers = view.answers.told(answers, context)
        return BULK_START, b",".join(answers), view.bulk_tail(caller.key, origin)

    def flags(self, view: View, context: dict[str, Any], now: int) -> list[bytes]:
        """The answers of all flags, as `bulk` has them between start and tail when it exposes nothing, but not yet
        `told`."""
        answers: list[bytes] = view.answer_all(context, now)
        return answers + self._unreadable(view) if view.unreadable else answers

    def _unreadable(self, view: View) -> list[bytes]:
        return [view.answers[failure(key, ErrorCode.PARSE_ERROR, why)] for key, why in view.unreadable.items()]

    def count(self, caller: Caller, decision: Decision, *, bulk: bool = False) -> None:
        """As usage. `bulk`: it was one of all that were asked for."""
        self._counts(caller).decided(decision, bulk=bulk)

    def count_unmodified(self, caller: Caller, view: View) -> None:
        """A bulk answer that says that nothing has changed."""
        self._counts(caller).unmodified[view] += 1

    def _counts(self, caller: Caller) -> Counts:
        return self.tallies.of(caller)[caller.sdk]

    def report(self, caller: Caller, view: View, context: dict[str, Any], decision: Decision, *, expose: bool) -> None:
        """Hands an evaluation without an error on as an exposure, if its flag or the request asks for it."""
        if decision.error_code is None and (expose or decision.flag in view.reporting):
            self._expose(caller, view, context, decision)

    def _expose(self, caller: Caller, view: View, context: dict[str, Any], decision: Decision) -> None:
        flag = decision.flag
        self._exposures.offer(caller, view.answer_version(flag), context, decision, view.exposed_attributes(flag))

    def explain(self, view: View, flag_key: str, context: dict[str, Any]) -> dict[str, Any]:
        """The ordered trace of a decision, without the environment's salt; for server keys only."""
        return abridged_explanation(view.config.compiled.explain(flag_key, context, self._clock.now()).to_dict())

    def memberships(self, view: View, keys: Iterable[str], context: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Which of these segments the context is in, and why, one a step; for server keys only."""
        found = view.config.compiled.memberships(context, self._clock.now(), keys)
        return ((key, abridged(each)) for key, each in found)

    def etag(self, caller: Caller, body: bytes) -> str:
        """The entity tag of a bulk answer to this request body."""
        view = self.view(caller)
        return view.etag(caller.key, body, view.phase(self._clock.now()))
