"""Previews: what a change would do, told before anything is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from messages.generated.impact_pb2 import ImpactReply
from service_kit.problems import NotFound

from control_plane.access import Actor, Right, require
from control_plane.entities.integrity import observing
from control_plane.environments.queries import EnvironmentRow, environment_by_key
from control_plane.previews.impacts import ImpactInquiry, Silence
from control_plane.previews.news import client_news
from control_plane.previews.schemas import ClientNewsView, SilenceView
from control_plane.previews.views import impact_view, problem_views, share_of, size_view
from control_plane.reviews.differences import difference_of
from control_plane.reviews.preview_schemas import PreviewEditView, PreviewIn, PreviewView, SegmentEstimateView
from control_plane.reviews.records import Parts, ReviewTransaction
from control_plane.reviews.trials import Asked, Rehearsed, impacts_of, tried
from control_plane.segments.queries import of_keys as segments_of_keys


@dataclass(frozen=True, slots=True)
class _Asking:
    """Where a preview is asked for, and whether its units may be shown."""

    environment: EnvironmentRow
    rehearsed: Rehearsed
    shows_units: bool
    disturbed: Sequence[str]


class ChangePreviews:
    """Answers what edits would do in one environment."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def preview(self, actor: Actor, project: str, key: str, body: PreviewIn) -> PreviewView:
        """Raises what making the edits would raise, but for experiments that they disturb: those are told."""
        asking = await self._rehearsed(actor, project, key, body)
        (asked,) = await impacts_of(
            self._parts.impacts, asking.rehearsed.trials, body.examples if asking.shows_units else 0
        )
        return _view(asking, asked)

    async def _rehearsed(self, actor: Actor, project: str, key: str, body: PreviewIn) -> _Asking:
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            environment = await environment_by_key(tx, review.scope, key)
            there = environment.within(review.scope)
            require(actor, Right.CHANGE_PROPOSE, there)
            frame = await review.lock()
            with observing() as disturbed:
                rehearsed = await tried(frame, self._parts.kinds, body.edits, environment)
            shows = actor.may(Right.EXPOSURES_READ, there) and actor.may(Right.CONTEXT_EXPLAIN, there)
            experiments = sorted(experiment for where, experiment in disturbed if where == key)
            return _Asking(environment, rehearsed, shows, experiments)

    async def estimate(self, actor: Actor, project: str, key: str, segment: str) -> SegmentEstimateView:
        """How many of the recent units are in a segment. Raises `NotFound`."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.SEGMENT_READ)
            environment = await environment_by_key(tx, review.scope, key)
            require(actor, Right.SEGMENT_READ, environment.within(review.scope))
            if segment not in await segments_of_keys(tx, environment.id, [segment]):
                raise NotFound("there is nothing at this address")
        inquiry = ImpactInquiry(
            organization_id=environment.organization_id, environment_id=environment.id, segments=[segment]
        )
        return _estimate(environment, segment, await self._parts.impacts.ask(inquiry))


def _view(asking: _Asking, asked: Asked) -> PreviewView:
    trial, told = asked
    reply = told if isinstance(told, ImpactReply) else None
    touched = {each for edit in asking.rehearsed.edits for each in edit.environments}
    return PreviewView(
        environment=asking.environment.key,
        other_environments=sorted(touched - {asking.environment.key}),
        edits=[
            PreviewEditView(
                entity=each.edit.entity,
                key=each.edit.key,
                action=each.edit.action,
                environments=list(each.environments),
                difference=difference_of(each),
            )
            for each in asking.rehearsed.edits
        ],
        status="unchanged" if told is None else "counted" if reply is not None else "unavailable",
        impact=None if reply is None else impact_view(reply, with_examples=asking.shows_units),
        unavailable=_silence(told),
        client_news=[ClientNewsView.model_validate(asdict(each)) for each in client_news(trial.changes)],
        message_size=size_view(trial.changes, None if reply is None else reply.config_bytes),
        problems=problem_views(trial.changes),
        disturbed_experiments=list(asking.disturbed),
    )


def _estimate(environment: EnvironmentRow, segment: str, told: ImpactReply | Silence) -> SegmentEstimateView:
    reply = told if isinstance(told, ImpactReply) else ImpactReply()
    found = next((each for each in reply.segments if each.key == segment), None)
    units_in, unknown = (0, 0) if found is None else (found.after, found.unknown)
    silent = _silence(told)
    if silent is None and found is None:
        silent = SilenceView(code="not_published", detail="the segment has not been published yet")
    return SegmentEstimateView(
        segment=segment,
        environment=environment.key,
        units=reply.units,
        units_estimated=reply.units_estimated,
        units_in=units_in,
        share=share_of(units_in, reply.units - unknown) if found is not None else None,
        unknown=unknown,
        pseudonymised=reply.pseudonymised,
        since=datetime.fromtimestamp(reply.since / 1000, UTC) if reply.since else None,
        unavailable=silent,
    )


def _silence(told: ImpactReply | Silence | None) -> SilenceView | None:
    return SilenceView(code=told.code, detail=told.detail) if isinstance(told, Silence) else None
