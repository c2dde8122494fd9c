"""Promotions: two environments compared, and what is chosen of the difference brought over as one change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service_kit.pagination import PageRequest
from service_kit.problems import FieldError, InvalidInput, NotFound

from control_plane.access import Actor, Right, require
from control_plane.entities.edits import EditKind, Standing
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.models import Edit
from control_plane.entities.schemas import CHOICE_FIELD
from control_plane.environments.queries import EnvironmentRow
from control_plane.promotions.comparison import Name, changing, difference, differing, newly_named_segments
from control_plane.promotions.schemas import PromotedKey, PromotionIn, PromotionItemView
from control_plane.reviews.application import Bypass
from control_plane.reviews.records import Parts, ReviewTransaction
from control_plane.reviews.schemas import ChangeRequestCreate, ChangeRequestView, DifferenceView, EditIn
from control_plane.reviews.service import ChangeRequests

_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Where something comes from and where it is brought to, in one transaction."""

    review: ReviewTransaction
    source: EnvironmentRow
    target: EnvironmentRow
    kinds: Mapping[str, EditKind]

    async def standing(self, entity: str, key: str, environment: EnvironmentRow) -> Standing | None:
        edit = Edit(entity=entity, key=key, action="update", environment=environment.key)
        return await self.kinds[entity].standing(self.review.actor, str(self.review.scope.project_id), edit)


class Promotions:
    """Between the environments of a project."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._requests = ChangeRequests(parts)

    async def compare(
        self, actor: Actor, project: str, key: str, source: str, page: PageRequest
    ) -> list[PromotionItemView]:
        """What differs, by key; remote configs for who may read them. Raises `InvalidInput` for an unknown source."""
        async with self._parts.database.transaction("repeatable_read") as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.FLAG_READ)
            pair = await self._pair(review, key, source)
            for each in (pair.source, pair.target):
                require(actor, Right.FLAG_READ, each.within(review.scope))
            with_configs = actor.may(Right.CONFIG_READ, review.scope)
            names = await differing(tx, pair.source, pair.target, with_configs=with_configs)
            wanted = [each for each in names if page.after is None or each > _name(page.after)]
            found = [await self._item(pair, each) for each in wanted[: page.fetch]]
            return [each for each in found if each is not None]

    async def promote(
        self, actor: Actor, project: str, key: str, body: PromotionIn, bypass: Bypass | None = None
    ) -> ChangeRequestView:
        """As a change request, or applied at once: then it is an applied one. Raises what proposing raises, and
        applying."""
        async with self._parts.database.transaction() as tx:
            review = await ReviewTransaction.of(tx, actor, project, self._parts, Right.CHANGE_PROPOSE)
            await review.require_in(Right.CHANGE_PROPOSE, [key])
            pair = await self._pair(review, key, body.source)
            edits = [await self._edit(pair, index, each, body) for index, each in enumerate(body.items)]
        title = body.title or f"From {body.source} to {key}"
        given = ChangeRequestCreate(title=title, description=body.description, edits=edits)
        if body.apply_as == "change":
            return await self._requests.apply_at_once(actor, project, given, bypass)
        return await self._requests.propose(actor, project, given)

    async def _pair(self, review: ReviewTransaction, target: str, source: str) -> _Pair:
        known = await review.environments()
        there = known.get(target)
        if there is None:
            raise NotFound("there is nothing at this address")
        if source == target or source not in known:
            reason = "is the target itself" if source == target else f"there is no environment {source!r} in use"
            raise InvalidInput([FieldError("source", "unknown_environment", reason)])
        frame = Frame(review.tx, review.scope, review.actor, tuple(known.values()), self._parts.quotas)
        return _Pair(review, known[source], there, self._parts.kinds(JointTransactions(frame)))

    async def _item(self, pair: _Pair, name: Name) -> PromotionItemView | None:
        key, entity = name
        source = await pair.standing(entity, key, pair.source)
        target = await pair.standing(entity, key, pair.target)
        if source is None or target is None:
            return None
        fields = _changing(pair.kinds[entity], source, target)
        return PromotionItemView(
            entity=entity,
            key=key,
            source_version=source.version,
            target_version=target.version,
            difference=DifferenceView.model_validate(asdict(difference(target.document, source.document))),
            segments=newly_named_segments(target.document, source.document),
            edit={
                "entity": entity,
                "key": key,
                "environment": pair.target.key,
                "action": "update",
                "document": fields,
                "base_version": target.version,
            },
        )

    async def _edit(self, pair: _Pair, index: int, chosen: PromotedKey, body: PromotionIn) -> EditIn:
        at = f"items[{index}]"
        source = await pair.standing(chosen.entity, chosen.key, pair.source)
        target = await pair.standing(chosen.entity, chosen.key, pair.target)
        if source is None or target is None:
            raise InvalidInput([FieldError(f"{at}.key", "unknown", "there is nothing of this key")])
        for name, seen, stands in (
            ("source_version", chosen.source_version, source.version),
            ("target_version", chosen.target_version, target.version),
        ):
            if seen is not None and seen != stands:
                reason = f"it is at version {stands}: read it again"
                raise InvalidInput([FieldError(f"{at}.{name}", "stale_version", reason)])
        fields = _changing(pair.kinds[chosen.entity], source, target, body.leave)
        if not fields:
            raise InvalidInput([FieldError(f"{at}.key", "no_difference", "what would be brought over stands already")])
        if body.on_experiments is not None and chosen.entity == "flag_settings":
            fields[CHOICE_FIELD] = body.on_experiments
        return EditIn(
            entity=chosen.entity,
            key=chosen.key,
            environment=pair.target.key,
            action="update",
            document=fields,
            base_version=target.version,
        )


def _changing(kind: EditKind, source: Standing, target: Standing, leave: Sequence[str] = ()) -> dict[str, Any]:
    return changing(kind.authored(source.document), kind.authored(target.document), leave)


def sort_key(item: PromotionItemView) -> str:
    return f"{item.key}{_SEPARATOR}{item.entity}"


def _name(cursor: str) -> Name:
    key, _, entity = cursor.partition(_SEPARATOR)
    return key, entity
