"""A provider for tests: flags and rules said in the test, evaluated by the same engine without an edge."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bucketing.compiled import compile_flagset
from bucketing.flagset import (
    AllOf,
    Comparison,
    Condition,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    Rollout,
    Rule,
    Serve,
    Share,
    Target,
)
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.track import TrackingEventDetails

from feature_flag_platform.client import type_of
from feature_flag_platform.evaluation.contexts import Contexts
from feature_flag_platform.evaluation.details import Detail
from feature_flag_platform.evaluation.outcomes import with_value
from feature_flag_platform.evaluation.usage_counts import UsageCounts
from feature_flag_platform.evaluation.views import CompiledView, Environment
from feature_flag_platform.openfeature.resolving import ResolvingProvider

_SALT = "in-memory"


class Tracked(NamedTuple):
    """A metric event that a test can look at."""

    name: str
    user: str | None
    value: float | None
    properties: Mapping[str, Any]


class InMemoryProvider(ResolvingProvider):
    """Flags are said by `flag`, and what follows concerns the flag that was said last:

        InMemoryProvider().flag("new-checkout", on=True).serve("on", when={"country": "NO"}).otherwise("off")

    `tracked` has what was tracked. What can't be a flag or a rule raises ValueError at once."""

    name = "feature-flag-platform-in-memory"

    def __init__(self) -> None:
        super().__init__()
        self.tracked: list[Tracked] = []
        self._flags: dict[str, Flag] = {}
        self._last = ""
        self._counts = UsageCounts()
        self._contexts = Contexts(_no_attribute)
        self._view = self._compiled()

    def flag(self, key: str, **variations: Any) -> InMemoryProvider:
        """A flag with these variations, which serves the first of them. A boolean one has `on` and `off` anyway."""
        kinds = {type_of(value) for value in variations.values()} or {FlagType.BOOLEAN}
        kind = kinds.pop()
        if kinds or not isinstance(kind, FlagType):
            raise ValueError(f"{key}: the variations of a flag have one type that flags can have")
        served = next(iter(variations), "on")
        known = {**variations, **({"on": True, "off": False} if kind is FlagType.BOOLEAN else {})}
        self._last = key
        return self._put(Flag(key, kind, known | variations, _off(known, served), Fixed(served)))

    def serve(
        self, variation: str, *, when: Mapping[str, Any] | None = None, to: str | None = None
    ) -> InMemoryProvider:
        """A rule: the variation for contexts whose attributes are as `when` says, or the user with the key `to`.

        An attribute has a value, one of a list, or `{operator: literal}` as in rules of the platform. The first rule
        that matches decides."""
        flag = self._said()
        if to is not None:
            return self._put(replace(flag, targets=(*flag.targets, Target(to, variation))))
        conditions = tuple(_condition(name, wanted) for name, wanted in (when or {}).items())
        if not conditions:
            raise ValueError(f"{flag.key}: a rule needs `when` or `to`; what everybody gets is said by `otherwise`")
        rule = Rule(f"rule-{len(flag.rules) + 1}", AllOf(conditions), Fixed(variation))
        return self._put(replace(flag, rules=(*flag.rules, rule)))

    def otherwise(self, variation: str | None = None, **percent: float) -> InMemoryProvider:
        """What everybody else gets: a variation, or percentages by variation (`on=20, off=80`)."""
        served: Serve = Fixed(variation) if variation is not None else _rollout(percent)
        return self._put(replace(self._said(), default=served))

    def off(self) -> InMemoryProvider:
        """The flag is off: it serves its off variation, `off` of a boolean flag, to everybody."""
        return self._put(replace(self._said(), enabled=False))

    def resolve(self, flag: str, default: Any, wanted: FlagType, context: EvaluationContext | None) -> Detail:
        given = self._contexts.of(context)
        now = time.time_ns() // 1_000_000
        outcome = self._view.decide(flag, given, now)
        found = outcome.type
        if found is not None and found is not wanted and (found, wanted) != (FlagType.INTEGER, FlagType.NUMBER):
            outcome = self._view.mismatch(flag, found, wanted.value)
        if outcome.type is None:
            return with_value(outcome.detail, default)
        detail = outcome.told(given, now)
        return with_value(detail, float(detail.value)) if wanted is FlagType.NUMBER else detail

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Keeps the event in `tracked`."""
        user = None if evaluation_context is None else evaluation_context.targeting_key
        details = tracking_event_details or TrackingEventDetails()
        self.tracked.append(Tracked(tracking_event_name, user, details.value, details.attributes))

    def _said(self) -> Flag:
        if self._last not in self._flags:
            raise ValueError("say first of which flag: flag(key, …)")
        return self._flags[self._last]

    def _put(self, flag: Flag) -> InMemoryProvider:
        held = dict(self._flags)
        self._flags[flag.key] = flag
        view = self._compiled()
        if wrong := view.compiled.failed.get(flag.key):
            self._flags = held
            raise ValueError(f"{flag.key}: {wrong}")
        self._view = view
        if hasattr(self, "_on_emit"):
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=[flag.key]))
        return self

    def _compiled(self) -> CompiledView:
        compiled = compile_flagset(FlagSet(_SALT, flags=dict(self._flags)))
        return CompiledView(compiled, Environment("tests", "in-memory"), self._counts)


def _no_attribute(_name: str) -> None:
    """What can't be JSON is left out, as by a client."""


def _off(variations: Mapping[str, Any], served: str) -> str:
    return "off" if "off" in variations else served


def _condition(attribute: str, wanted: Any) -> Condition:
    if isinstance(wanted, list | tuple | set | frozenset):
        return Comparison(attribute, "in", list(wanted))
    if isinstance(wanted, Mapping):
        parts = tuple(Comparison(attribute, operator, literal) for operator, literal in wanted.items())
        return AllOf(parts)
    return Comparison(attribute, "eq", wanted)


def _rollout(percent: Mapping[str, float]) -> Rollout:
    return Rollout(tuple(Share(variation, round(share * 100)) for variation, share in percent.items()))
