"""What a remote config may come to in one environment, held against its schema.

Where the first override applies: the value, and the value with each. Where all that match apply: every combination of
them. The value, each override alone, and all of them together must fit; another combination that doesn't is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bucketing.flagset import RemoteConfig, ResolveMode
from bucketing.merge_patch import patched
from bucketing.remote_configs import combination
from service_kit.problems import FieldError, InvalidInput

from control_plane.configs.value_schema import ERRORS_MAX, STEPS_MAX, ValueSchema

WRITE_STEPS_MAX = 20_000_000
"""Of all the values that one write has checked, in every environment: about a second."""


class Checks:
    """The checks of one write. They run beside the event loop, and their steps are limited together."""

    def __init__(self, schema: ValueSchema) -> None:
        self._schema = schema
        self._steps = 0

    def value(self, value: Mapping[str, Any]) -> None:
        """Raises `InvalidInput`, its fields `value` and a JSON pointer, for one that doesn't fit."""
        self._count([value], 1)
        _refuse(self._schema.errors(value, "value"))

    def invalid(self, config: RemoteConfig) -> list[list[int]]:
        """The combinations, by positions of overrides, that don't fit and may stay.

        Raises `InvalidInput`, its fields a path and a JSON pointer, for what must fit and doesn't.
        """
        patches = [each.value for each in config.overrides]
        merged = config.resolve is ResolveMode.MERGE
        self._count([config.value, *patches], 2 ** len(patches) if merged else len(patches) + 1)
        _refuse(self._schema.errors(config.value, "value"))
        alone = [
            error
            for position in range(len(patches))
            for error in self._schema.errors(combination(config, [position]), f"overrides[{position}].value")
        ]
        _refuse(alone)
        if not merged or len(patches) < 2:
            return []
        everything = self._schema.errors(combination(config, range(len(patches))), "")
        _refuse([_together(each) for each in everything])
        return [list(positions) for positions, value in _several(config) if not self._schema.fits(value)]

    def _count(self, values: list[Any], times: int) -> None:
        """Before it is done. Raises `InvalidInput` for what takes too long."""
        steps = self._schema.steps(values)
        self._steps += steps * times
        if steps > STEPS_MAX:
            reason = f"to check one value by it takes more than {STEPS_MAX:,} steps: make it simpler"
            raise InvalidInput([FieldError("schema", "too_costly", reason)])
        if self._steps > WRITE_STEPS_MAX:
            reason = f"to check all that results takes more than {WRITE_STEPS_MAX:,} steps: have fewer overrides"
            raise InvalidInput([FieldError("overrides", "too_costly", reason)])


def _several(config: RemoteConfig) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every combination of two overrides or more with what it comes to; each is patched onto one that is smaller."""
    waiting: list[tuple[tuple[int, ...], Any]] = [((), config.value)]
    while waiting:
        positions, value = waiting.pop()
        if len(positions) > 1:
            yield positions, value
        following = positions[-1] + 1 if positions else 0
        waiting += [
            ((*positions, position), patched(value, config.overrides[position].value))
            for position in reversed(range(following, len(config.overrides)))
        ]


def _together(error: FieldError) -> FieldError:
    at = error.field or "the whole"
    return FieldError("overrides", error.code, f"all together they don't fit at {at}: {error.reason}")


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(errors[:ERRORS_MAX])
