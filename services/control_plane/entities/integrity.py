"""What a write does to experiments that run: how features ask before they commit, and what whoever writes has chosen.

`on_experiments` stands in the body of a write that has one, and in the query of one that has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol
from uuid import UUID

from bucketing.flagset import Experiment, Flag, FlagSet, RemoteConfig, Segment
from fastapi import Depends, Query
from service_kit.schemas import OneOf

from control_plane.entities.schemas import CHOICE_FIELD, ExperimentChoice, Shipment
from control_plane.entities.transactions import WriteTransaction
from control_plane.entities.usages import Kind, Reached
from control_plane.environments.queries import EnvironmentRow

_asked: ContextVar[ExperimentChoice | None] = ContextVar("choice_asked", default=None)
_observed: ContextVar[set[tuple[str, str]] | None] = ContextVar("disturbances_observed", default=None)


class DisturbanceCause(StrEnum):
    """Why a change was made that disturbed an experiment."""

    ACCEPTED = "accepted"
    SWITCHED_OFF = "switched_off"
    STOPPED = "stopped"
    """Another experiment was."""


class Replacement(Protocol):
    """One entity before a write and after it, as the engine has it."""

    @property
    def kind(self) -> Kind: ...
    @property
    def key(self) -> str: ...
    @property
    def environment_ids(self) -> frozenset[UUID] | None:
        """Where it may matter; None: everywhere."""

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:
        """What an environment serves before and after, of which the rest is `held`."""

    def field(self, name: str) -> str:
        """A field of it, as a request's path names it."""


@dataclass(frozen=True, slots=True)
class FlagReplacement:
    """A flag, before and after, by environment; None where it can't be read."""

    kind: ClassVar[Kind] = "flag"
    key: str
    flags: Mapping[UUID, tuple[Flag | None, Flag | None]]
    variations: Sequence[str]
    """In the order in which a request lists them."""

    @property
    def environment_ids(self) -> frozenset[UUID]:
        return frozenset(self.flags)

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:
        others = {key: flag for key, flag in held.flags.items() if key != self.key}
        was, becomes = (
            replace(held, flags=others if flag is None else {**others, self.key: flag})
            for flag in self.flags[environment_id]
        )
        return was, becomes

    def field(self, name: str) -> str:
        key = name.removeprefix("variations.")
        return f"variations[{self.variations.index(key)}].value" if key != name and key in self.variations else name


@dataclass(frozen=True, slots=True)
class ConfigReplacement:
    """A remote config, before and after, by environment."""

    kind: ClassVar[Kind] = "config"
    key: str
    configs: Mapping[UUID, tuple[RemoteConfig, RemoteConfig]]

    @property
    def environment_ids(self) -> frozenset[UUID]:
        return frozenset(self.configs)

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:
        was, becomes = (
            replace(held, remote_configs={**held.remote_configs, self.key: one}) for one in self.configs[environment_id]
        )
        return was, becomes

    def field(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class SegmentReplacement:
    """A segment, the same in every environment."""

    kind: ClassVar[Kind] = "segment"
    before: Segment
    after: Segment

    @property
    def key(self) -> str:
        return self.before.key

    @property
    def environment_ids(self) -> None:
        return None

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:  # noqa: ARG002 - in each alike
        was, becomes = (replace(held, segments={**held.segments, self.key: one}) for one in (self.before, self.after))
        return was, becomes

    def field(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class HoldoutReplacement:
    """Another share of a holdout, in hundredths of a percent."""

    kind: ClassVar[Kind] = "holdout"
    key: str
    share: int

    @property
    def environment_ids(self) -> None:
        return None

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:  # noqa: ARG002 - in each alike
        experiments = {
            key: replace(
                each,
                holdouts=tuple(replace(one, share=self.share) if one.key == self.key else one for one in each.holdouts),
            )
            for key, each in held.experiments.items()
        }
        return held, replace(held, experiments=experiments)

    def field(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class ExperimentReplacement:
    """An experiment that starts, stops or enrols others; None while it doesn't run."""

    kind: ClassVar[Kind] = "experiment"
    key: str
    environment_id: UUID
    before: Experiment | None
    after: Experiment | None

    @property
    def environment_ids(self) -> frozenset[UUID]:
        return frozenset({self.environment_id})

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:  # noqa: ARG002 - it stands in one
        others = {key: each for key, each in held.experiments.items() if key != self.key}
        was, becomes = (
            replace(held, experiments=others if one is None else {**others, self.key: one})
            for one in (self.before, self.after)
        )
        return was, becomes

    def field(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class ShippedReplacement:
    """A flag or a remote config that serves by itself what its experiment has shipped, and the experiment's end."""

    subject: FlagReplacement | ConfigReplacement
    experiment: ExperimentReplacement

    @property
    def kind(self) -> Kind:
        return self.subject.kind

    @property
    def key(self) -> str:
        return self.subject.key

    @property
    def environment_ids(self) -> frozenset[UUID]:
        return self.subject.environment_ids

    def put(self, held: FlagSet, environment_id: UUID) -> tuple[FlagSet, FlagSet]:
        was, becomes = self.subject.put(held, environment_id)
        return self.experiment.put(was, environment_id)[0], self.experiment.put(becomes, environment_id)[1]

    def field(self, name: str) -> str:
        return name


@dataclass(frozen=True, slots=True)
class ShippedVariation:
    """What an experiment ships, and its end; `patch` is what the variation puts onto a remote config."""

    experiment: ExperimentReplacement
    patch: Mapping[str, Any] | None

    @property
    def ended(self) -> bool:
        """Whether the experiment hadn't stopped before."""
        return self.experiment.before is not None


class ExperimentIntegrity(Protocol):
    """What looks after running experiments."""

    async def ship(
        self, write: WriteTransaction, environment: EnvironmentRow, subject: str, shipment: Shipment
    ) -> ShippedVariation:
        """The shipment's experiment ends with the write. `subject`: the key of the flag or the remote config.

        Raises `InvalidInput` where the experiment isn't on it here or the variation isn't its own, `Conflict` where it
        has not begun, and `MissingRight`."""

    async def hold(
        self, write: WriteTransaction, replacement: Replacement, *, off: bool = False
    ) -> Mapping[UUID, Sequence[Experiment]]:
        """Before the write ends. Answers the experiments on what is written that go on, by environment. Raises
        `ExperimentAffected` where it disturbs experiments and nobody has chosen what is to happen to them; `off` is
        never refused: it marks them."""


def choice_of(write: WriteTransaction) -> ExperimentChoice | None:
    """What whoever writes wants done with experiments that it disturbs."""
    given = None if write.edit is None else write.edit.document.get(CHOICE_FIELD)
    return _asked.get() if given is None else ExperimentChoice(given)


def running_on(reached: Sequence[Reached], flag: str, environment_id: UUID) -> list[str]:
    """The keys of the experiments that run on a flag, of what is `reached` from it."""
    return [
        each.key
        for each in reached
        if each.kind == "experiment"
        and each.environment_id == environment_id
        and (each.from_kind, each.from_key) == ("flag", flag)
    ]


@contextmanager
def observing() -> Iterator[set[tuple[str, str]]]:
    """While nothing is to stay of what is written: experiments that it disturbs are collected, by environment and key,
    and nothing is refused, ended or marked for them."""
    found: set[tuple[str, str]] = set()
    token = _observed.set(found)
    try:
        yield found
    finally:
        _observed.reset(token)


def observed() -> set[tuple[str, str]] | None:
    """Where to put disturbed experiments; None where writes stay."""
    return _observed.get()


async def _noted(
    on_experiments: Annotated[
        Annotated[str, OneOf(ExperimentChoice)] | None,
        Query(
            description="What happens to experiments that the write would disturb: `new_phase` counts them anew from "
            "it on, `stop` ends them with it, `accept` lets it through with a reason and marks them."
        ),
    ] = None,
) -> None:
    _asked.set(None if on_experiments is None else ExperimentChoice(on_experiments))


NotedChoice = Annotated[None, Depends(_noted)]
"""A parameter of an operation without a body: whoever asks for it may choose."""
