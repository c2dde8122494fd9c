"""What an environment has, by name: flags with their variations, experiments, the events that are asked for.

Events that name anything else are taken all the same; who sends them is told, because mostly it is a slip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from messages.events import ExposureLine, MetricLine

WARNINGS_MAX = 20
"""Of one request; each name is told once."""


@dataclass(slots=True)
class KnownNames:
    """Of one environment. `flags`: variations by flag, None where they can't be read. `events`: those that metrics
    count or experiments wait for, with the number of these."""

    flags: dict[str, frozenset[str] | None] = field(default_factory=dict)
    experiments: set[str] = field(default_factory=set)
    events: Counter[str] = field(default_factory=Counter)
    _asked: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def put_metric(self, key: str, events: frozenset[str]) -> None:
        """The metric counts these events from now on; none when it is gone."""
        self._ask(("metric", key), events)

    def put_experiment(self, key: str, trigger_event: str) -> None:
        """The experiment is there, and analyses units from this event on; empty: from their exposure on."""
        self.experiments.add(key)
        self._ask(("experiment", key), frozenset({trigger_event} - {""}))

    def remove_experiment(self, key: str) -> None:
        self.experiments.discard(key)
        self._ask(("experiment", key), frozenset())

    def _ask(self, asker: tuple[str, str], events: frozenset[str]) -> None:
        self.events.update(events)
        self.events -= Counter(self._asked.pop(asker, ()))
        if events:
            self._asked[asker] = events


@dataclass(frozen=True, slots=True)
class NameWarning:
    """An event that was taken although it names what is not there; the fields are a rejection's."""

    index: int
    code: str
    detail: str


class NameCheck:
    """Collects the warnings of one request. `known` None: nothing is known, so nothing is said."""

    def __init__(self, known: KnownNames | None) -> None:
        self._known = known
        self._seen: set[tuple[str, ...]] = set()
        self.warnings: list[NameWarning] = []

    def exposure(self, index: int, line: ExposureLine[Any]) -> None:
        known = self._known
        if known is None:
            return
        self.served(index, line.flag, line.variation)
        for key in (line.experiment, *(each.key for each in line.experiments or ())):
            if key and key not in known.experiments:
                self._warn(index, ("experiment", key), "unknown_experiment", "experiment: there is none of this key")

    def served(self, index: int, flag: str, variation: str) -> None:
        """That the flag has been this variation."""
        if self._known is not None and ("variation", flag, variation) not in self._seen:
            self._seen.add(("variation", flag, variation))
            self._flag(index, self._known.flags, flag, variation)

    def metric(self, index: int, line: MetricLine[Any]) -> None:
        known = self._known
        if known is None or ("metric", line.metric) in self._seen:
            return
        if line.metric in known.events:
            self._seen.add(("metric", line.metric))
        else:
            self._warn(index, ("metric", line.metric), "unknown_metric", "metric: no metric counts events of this name")

    def _flag(self, index: int, flags: Mapping[str, frozenset[str] | None], flag: str, variation: str) -> None:
        if flag not in flags:
            self._warn(index, ("flag", flag, ""), "unknown_flag", "flag: there is none of this key")
            return
        variations = flags[flag]
        if variations is not None and variation not in variations:
            self._warn(
                index, ("flag", flag, variation), "unknown_variation", "variation: the flag has none of this key"
            )

    def _warn(self, index: int, name: tuple[str, ...], code: str, detail: str) -> None:
        if name not in self._seen and len(self.warnings) < WARNINGS_MAX:
            self._seen.add(name)
            self.warnings.append(NameWarning(index, code, detail))


class Names:
    """What every environment has, as far as it was told."""

    def __init__(self) -> None:
        self._environments: dict[str, KnownNames] = {}

    def known(self, environment_id: str) -> KnownNames | None:
        """None for an environment of which nothing was told."""
        return self._environments.get(environment_id)

    def told(self, environment_id: str) -> KnownNames:
        """The names of an environment, to be changed by whoever learns them."""
        return self._environments.setdefault(environment_id, KnownNames())

    def forget(self, environment_id: str) -> None:
        self._environments.pop(environment_id, None)
