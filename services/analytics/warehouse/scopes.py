"""Scopes of a query: which exposures, and which events of a metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from messages.aggregations import Aggregation

END_OF_TIME = 7_258_118_400_000
"""2200-01-01 in epoch milliseconds: later than any event that is taken."""
BY_DAY, BY_SDK_KEY, BY_CONFIG_VERSION = "$day", "$sdk_key", "$config_version"
BY_WEEKDAY, BY_ELAPSED_DAY = "$weekday", "$days_since_exposure"
OF_EXPOSURES = (BY_DAY, BY_SDK_KEY, BY_CONFIG_VERSION, BY_WEEKDAY, BY_ELAPSED_DAY)
"""Segments that are no context attribute: the day and weekday (UTC), SDK key and config version of the first
exposure, and the days since then."""
BESIDE = "$beside"
"""The segment of a scope beside another one: the variation there."""


@dataclass(frozen=True, slots=True)
class ExposureScope:
    """Which exposures count. Times in epoch milliseconds; `experiment` empty: whatever the flag served.

    Of an experiment those count whose evaluation says that they belong to it, and of those that don't say the ones
    that name it or, for one that `observes`, all.

    `as_of`: only rows received until then, so that a past result can be computed again. `segment`: the context
    attribute (or one of the `BY_…` above) by which aggregates come apart; empty: all together. `by_unit`: the units are
    what `bucket_by` names, which exposures carry as `unit_key`, and not users. `filter`: a condition's document, which
    an exposure's context must meet; empty: none. `trigger`: only units with this event after their exposure count, from
    then on; empty: all. `beside`: only the users that are in that scope too; with `BESIDE` as the segment, aggregates
    come apart by the variation that they saw there. `phase`: of an experiment that has had several, the one that
    exposures must say (0: any). `pauses`: spans (from, until before) in which no exposure counts.
    """

    organization_id: str
    environment_id: str
    flag: str
    experiment: str
    variations: tuple[str, ...]
    start: int
    stop: int
    as_of: int
    segment: str = ""
    observes: bool = False
    by_unit: bool = False
    filter: str = ""
    trigger: str = ""
    beside: ExposureScope | None = None
    phase: int = 0
    pauses: tuple[tuple[int, int], ...] = ()

    def parameters(self) -> dict[str, Any]:
        """As server-side parameters."""
        return {
            "organization": self.organization_id,
            "environment": self.environment_id,
            "flag": self.flag,
            "experiment": "" if self.observes else self.experiment,
            "membership": self._membership(),
            "variations": list(self.variations),
            "start": self.start,
            "stop": self.stop,
            "as_of": self.as_of,
            "segment": self.segment,
            "by_unit": int(self.by_unit),
            "trigger": self.trigger,
        }

    def _membership(self) -> str:
        """What stands in an exposure that says that it belongs to the experiment; an empty text is found in each."""
        if not self.experiment:
            return ""
        # A key has nothing that JSON escapes.
        key = f'"key":"{self.experiment}"'
        return f'{key},"phase":{self.phase}}}' if self.phase else key

    @property
    def units(self) -> str:
        """The query of exposed units: from the aggregate, which knows only days, users and the present."""
        whole = self.segment in ("", BY_DAY, BESIDE) and not self.filter and not self.by_unit and not self.pauses
        return "units" if whole and self.as_of >= END_OF_TIME else "units_from_events"


HELD_OUT, REST = "held_out", "rest"
"""The variations of a holdout's scope."""


@dataclass(frozen=True, slots=True)
class HoldoutScope(ExposureScope):
    """Users who were exposed to any of `flags` (whatever it served), told apart by whether a holdout keeps them out.

    That is computed as an evaluation does it: from the bucket of the user key after `seed` (the environment's salt and
    the holdout's name), which is below `share` for those who are held out. It needs user keys that are stored
    as they are.
    """

    flags: tuple[str, ...] = ()
    seed: str = ""
    share: int = 0

    def parameters(self) -> dict[str, Any]:
        """As server-side parameters."""
        own = {"flags": list(self.flags), "seed": self.seed, "share": self.share}
        return ExposureScope.parameters(self) | own

    @property
    def units(self) -> str:
        """The query of exposed users."""
        return "holdout_units"


@dataclass(frozen=True, slots=True)
class MetricWindow:
    """Events named `event` within a window. `start` and `end` in seconds after the first exposure, `end` 0: until the
    experiment stops; `lookback` in seconds before it, for the covariate. `denominator`: the other event of a ratio.
    `per` says what has one number where the units are not users: each user (with the variance of units), or the unit.
    `filter`: a condition's document, which the properties of those events (not of the denominator's) must meet; empty:
    none. `steps` are a funnel's events in their order, `facet` is the property whose values are counted.
    """

    event: str
    aggregation: Aggregation
    start: int = 0
    end: int = 0
    denominator: str = ""
    lookback: int = 14 * 86_400
    per: Literal["user", "unit"] = "user"
    filter: str = ""
    steps: tuple[str, ...] = ()
    facet: str = ""

    @property
    def counted(self) -> tuple[str, ...]:
        """The names of the events that make the unit's number (of a ratio: above the line)."""
        return self.steps or (self.event,)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all events that are read for it."""
        return (*self.counted, self.denominator) if self.denominator else self.counted
