"""The units of the last days with what their exposures told of them, and what of it can be relied on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from bucketing.attributes import TARGETING_KEY, read
from service_kit.clock import Clock

from analytics.warehouse.client import Row
from analytics.warehouse.contexts import ContextReader, SampleSize

LONG_LIST, UNREAD_LIST = "(long list of) ", "(unread long list of) "
"""Before a segment's key: what decides who is in it beside attributes. The second is never known."""
_HELD_SECONDS = 60.0
_HELD_MAX = 4
_DAY_MILLISECONDS = 86_400_000
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Unit:
    """A user as they were exposed last. `flags`: of which there are exposures of theirs; `at`: the newest."""

    context: dict[str, Any]
    flags: frozenset[str]
    at: int

    @property
    def key(self) -> str:
        key: str = self.context[TARGETING_KEY]
        return key


@dataclass(frozen=True, slots=True)
class Sample:
    """Units, always the same ones of the same users. `estimated`: about how many there are in all."""

    units: Sequence[Unit]
    estimated: int
    since: int


class Samples:
    """Reads samples; those that were asked for last are held for a minute."""

    def __init__(self, contexts: ContextReader, clock: Clock, *, days: int, units_max: int) -> None:
        self._contexts = contexts
        self._clock = clock
        self._days = days
        self._units_max = units_max
        self._held: OrderedDict[tuple[str, str], tuple[float, Sample]] = OrderedDict()

    async def read(self, organization_id: str, environment_id: str) -> Sample:
        """Raises WarehouseError."""
        name, moment = (organization_id, environment_id), self._clock.monotonic()
        held = self._held.get(name)
        if held is not None and moment - held[0] < _HELD_SECONDS:
            return held[1]
        since = self._clock.now() - self._days * _DAY_MILLISECONDS
        environment = {"organization": organization_id, "environment": environment_id, "since": since}
        estimated, rows = await self._contexts.recent(environment, SampleSize(self._units_max))
        sample = Sample([_unit(each) for each in rows], estimated, since)
        self._held[name] = moment, sample
        self._held.move_to_end(name)
        while len(self._held) > _HELD_MAX:
            self._held.popitem(last=False)
        return sample


class Known:
    """Which attributes of a unit are known, be it that it lacks them.

    `carried`: the attributes that each exposure of the environment carries; `carried_by`: those that a flag's do.
    `hidden`: attributes that are stored as stand-ins. `keys`: whether listed keys can be compared with stored ones;
    `long_lists`: those of long lists."""

    def __init__(
        self,
        sample: Sample,
        carried: Iterable[str],
        carried_by: Mapping[str, frozenset[str]],
        hidden: Iterable[str],
        *,
        keys: bool,
        long_lists: bool = True,
    ) -> None:
        self._sample = sample
        self._carried = frozenset(carried)
        self._carried_by = carried_by
        self._hidden = tuple(hidden)
        self._keys = keys
        self._long_lists = long_lists
        self._first: dict[str, int | None] = {}

    def lacking(self, unit: Unit, attributes: Iterable[str]) -> frozenset[str]:
        """Those of the attributes of which nothing is known."""
        return frozenset(name for name in attributes if not self._knows(unit, name))

    def _knows(self, unit: Unit, name: str) -> bool:
        if name == TARGETING_KEY:
            return self._keys
        if name.startswith((LONG_LIST, UNREAD_LIST)):
            return self._long_lists and not name.startswith(UNREAD_LIST)
        if any(name == each or name.startswith(f"{each}.") for each in self._hidden):
            return False
        if read(unit.context, name) is not None:
            return True
        if name not in self._carried and not any(name in self._carried_by.get(flag, ()) for flag in unit.flags):
            return False
        first = self._first_at(name)
        return first is not None and first <= unit.at

    def _first_at(self, name: str) -> int | None:
        """Since when exposures have carried it: who was seen before may have it all the same."""
        if name not in self._first:
            told = (each.at for each in self._sample.units if read(each.context, name) is not None)
            self._first[name] = min(told, default=None)
        return self._first[name]


def _unit(row: Row) -> Unit:
    context: dict[str, Any] = {}
    for _, _, text in row["contexts"]:
        _lay_over(context, _decode(text or "{}"))
    context[TARGETING_KEY] = row["user_key"]
    return Unit(context, frozenset(flag for _, flag, _ in row["contexts"]), max(at for at, _, _ in row["contexts"]))


def _lay_over(context: dict[str, Any], newer: Mapping[str, Any]) -> None:
    for name, value in newer.items():
        inside = context.get(name)
        if isinstance(value, dict) and isinstance(inside, dict):
            _lay_over(inside, value)
        else:
            context[name] = value
