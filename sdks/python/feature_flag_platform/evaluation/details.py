"""Details: what an evaluation gives, with how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NO_METADATA: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment that the user takes part in, by its key, and the phase that it is in."""

    key: str
    phase: int


@dataclass(frozen=True, slots=True)
class Detail:
    """A flag's answer.

    `value` is the variation's value, or the default with an error. `variant`: the variation's key, None with an error.
    `version`: the config version in which something last changed that the answer depends on. `experiments`: those that
    the user takes part in. `metadata`: the flag's own, and what the edge's answers say beside it."""

    value: Any
    variant: str | None
    reason: str
    error_code: str | None = None
    error_message: str | None = None
    version: int = 0
    experiments: tuple[Experiment, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: _NO_METADATA)

    @property
    def experiment(self) -> str | None:
        """The key of the first of its experiments."""
        return self.experiments[0].key if self.experiments else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "value": self.value,
            "variant": self.variant,
            "reason": self.reason,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "version": self.version,
            "experiment": self.experiment,
            "experiments": [{"key": each.key, "phase": each.phase} for each in self.experiments],
            "metadata": dict(self.metadata),
        }


def fresh(value: Any) -> Any:
    """A JSON value that the caller may change without changing what others are served."""
    if value.__class__ is dict:
        return {name: fresh(each) for name, each in value.items()}
    if value.__class__ is list:
        return [fresh(each) for each in value]
    return value
