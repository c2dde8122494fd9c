"""The end of an experiment in one action: it stops, and its flag or remote config serves the variation that won."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from control_plane.access import Actor
from control_plane.changes.patches import in_words, json_patch
from control_plane.entities.answers import Answered
from control_plane.entities.schemas import Shipment
from control_plane.entities.usages import Kind
from control_plane.experiments.schemas import ExperimentShipment, ShippedView
from control_plane.experiments.service import ExperimentService

_OF_THE_VERSION = frozenset({"version", "updated_at"})
"""What differs between any two versions, and says nothing."""


class Shipped(Protocol):
    """Settings before and after; `answered` None: they only would be."""

    @property
    def before(self) -> Mapping[str, Any]: ...
    @property
    def after(self) -> Mapping[str, Any]: ...
    @property
    def answered(self) -> Answered | None: ...


class Shipper(Protocol):
    """Who writes the settings of flags, or of remote configs; these features have one each."""

    async def ship_experiment(
        self, actor: Actor, project: str, key: str, shipment: Shipment, *, dry_run: bool = False
    ) -> Shipped:
        """Of the settings `flag/environment` or `config/environment`."""


class Shipping:
    """Ships experiments by their own key."""

    def __init__(self, experiments: ExperimentService, shippers: Mapping[Kind, Shipper]) -> None:
        """`shippers`: of flags and of remote configs."""
        self._experiments = experiments
        self._shippers = shippers

    async def ship(
        self, actor: Actor, project: str, key: str, expected: int | None, wanted: ExperimentShipment
    ) -> ShippedView:
        """Raises what the shipper raises, and `NotFound`."""
        kind, flag, environment = await self._experiments.subject(actor, project, key)
        given = wanted.model_dump(exclude={"dry_run"}, exclude_unset=True)
        shipment = Shipment(**given, experiment=key, version=expected)
        shipped = await self._shippers[kind].ship_experiment(
            actor, project, f"{flag}/{environment}", shipment, dry_run=wanted.dry_run
        )
        was, becomes = (_content(each) for each in (shipped.before, shipped.after))
        answered = shipped.answered
        return ShippedView(
            dry_run=wanted.dry_run,
            flag=flag,
            environment=environment,
            before=was,
            after=becomes,
            changes=in_words(was, becomes),
            patch=json_patch(was, becomes),
            environment_versions={} if answered is None else answered.environment_versions,
            warnings=[] if answered is None else answered.warnings,
        )


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _OF_THE_VERSION}
