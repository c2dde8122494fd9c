"""What a remote config may come to in one environment, held against its schema.

Where the first override applies: the value, and the value with each. Where all that match apply: every combination of
them. The value, each override alone, and all of them together must fit; another combination that doesn't is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bucketing.flagset import Experiment, RemoteConfig, ResolveMode
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

    def unfit(self, config: RemoteConfig, patches: Mapping[str, Mapping[str, Any]]) -> Unfit | None:
        """The first of the values that the config may give, which doesn't fit with a variation's patch. `patches` are
        of an experiment, by variation."""
        if not patches:
            return None
        overrides = [each.value for each in config.overrides]
        combinations = _served(config)
        self._count([config.value, *overrides, *patches.values()], len(combinations) * len(patches))
        for positions, value in combinations:
            for variation, patch in patches.items():
                errors = self._schema.errors(patched(value, patch), "")
                if errors:
                    return Unfit(variation, tuple(config.overrides[each].id for each in positions), tuple(errors))
        return None

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


@dataclass(frozen=True, slots=True)
class Unfit:
    """A variation whose patch doesn't fit on what these overrides give; the errors' fields are JSON pointers."""

    variation: str
    overrides: tuple[str, ...]
    errors: tuple[FieldError, ...]


def refuse_unfit(checks: Checks, config: RemoteConfig, experiments: Iterable[Experiment]) -> None:
    """What the config gives still fits with the patches of experiments that run on it. Raises `InvalidInput`."""
    for each in experiments:
        unfit = checks.unfit(config, each.patches)
        if unfit is None:
            continue
        error = unfit.errors[0]
        given = f" where {' and '.join(unfit.overrides)} apply" if unfit.overrides else ""
        at = error.field or "the whole"
        reason = f"the experiment {each.key!r} puts {unfit.variation!r} onto it, which doesn't fit at {at}{given}"
        raise InvalidInput([FieldError("value", "needed_by_experiment", f"{reason}: {error.reason}")])


def _served(config: RemoteConfig) -> list[tuple[tuple[int, ...], Any]]:
    """Everything that the config may give: by the positions of overrides, with what it comes to."""
    found: list[tuple[tuple[int, ...], Any]] = [((), config.value)]
    found += [((position,), combination(config, [position])) for position in range(len(config.overrides))]
    if config.resolve is ResolveMode.MERGE:
        invalid = set(config.invalid)
        found += [each for each in _several(config) if each[0] not in invalid]
    return found


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
