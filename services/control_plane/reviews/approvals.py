"""What each environment asks of a change, and whose approval counts now: of people who hold the right now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from control_plane.access import Actor, ProjectScope, Right
from control_plane.database import Connection
from control_plane.entities.due import FindActor
from control_plane.entities.joint import Made
from control_plane.environments.queries import EnvironmentRow, environments_of
from control_plane.reviews import policies_repository, repository
from control_plane.reviews.models import CommentRow, RequestRow
from control_plane.reviews.policies import Effect, Opinion, Policy, counting

Effects = Mapping[str, Sequence[Effect]]
"""What is done in environments, by their keys."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What one environment asks for, and the people whose approval counts."""

    environment: EnvironmentRow
    policy: Policy
    needed: int
    people: tuple[dict[str, str], ...]
    changed_percent: float | None = None

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.people))

    @property
    def agreed(self) -> bool:
        """Whether people had to agree, and did."""
        return self.needed > 0 and self.missing == 0

    def document(self) -> dict[str, Any]:
        return {
            "environment": self.environment.key,
            "needed": self.needed,
            "reviewer_right": self.policy.right,
            "approved_by": list(self.people),
            "missing": self.missing,
            "changed_percent": self.changed_percent,
        }


class Approvals:
    """Counts approvals in one transaction."""

    def __init__(self, tx: Connection, scope: ProjectScope, find_actor: FindActor) -> None:
        self._tx = tx
        self._scope = scope
        self._find_actor = find_actor
        self._actors: dict[UUID, Actor | None] = {}

    async def of(self, rows: Sequence[RequestRow]) -> dict[UUID, list[Approval]]:
        """By request, as far as its edits say what they do."""
        environments = await environments_of(self._tx, self._scope)
        policies = await self._policies(environments)
        said = await repository.verdicts(self._tx, rows)
        return {
            row.id: [
                await self._approval(row, said[row.id], (each, policies[each.id]), effects)
                for each, effects in _in(environments, proposed_effects(row))
            ]
            for row in rows
        }

    async def for_effects(self, row: RequestRow, effects: Effects) -> list[Approval]:
        """Of one request, for what it really does."""
        environments = await environments_of(self._tx, self._scope)
        policies = await self._policies(environments)
        said = (await repository.verdicts(self._tx, [row]))[row.id]
        return [
            await self._approval(row, said, (each, policies[each.id]), there)
            for each, there in _in(environments, effects)
        ]

    async def reviewable(self, actor: Actor) -> list[str]:
        """The environments in which somebody holds what reviewers need there."""
        environments = await environments_of(self._tx, self._scope)
        policies = await self._policies(environments)
        return [
            each.key for each in environments if actor.may(Right(policies[each.id].right), each.within(self._scope))
        ]

    async def _policies(self, environments: Sequence[EnvironmentRow]) -> dict[UUID, Policy]:
        ids = [each.id for each in environments]
        found = await policies_repository.policies_of(self._tx, self._scope.organization_id, ids)
        return {each: row.policy for each, row in found.items()}

    async def _approval(
        self,
        row: RequestRow,
        said: Sequence[CommentRow],
        asked: tuple[EnvironmentRow, Policy],
        effects: Iterable[Effect],
    ) -> Approval:
        environment, policy = asked
        for each in said:
            if each.author_id not in self._actors:
                self._actors[each.author_id] = await self._find_actor(self._tx, "user", each.author_id)
        scope, right = environment.within(self._scope), Right(policy.right)

        def holds_right(person: UUID) -> bool:
            actor = self._actors[person]
            return actor is not None and actor.may(right, scope)

        people = counting(
            policy,
            [Opinion(each.author_id, each.verdict == "approve", each.revision) for each in said],
            authors=row.author_ids,
            revision=row.revision,
            holds_right=holds_right,
        )
        named = {each.author_id: each.author for each in said}
        percent = row.changed_percent(environment.key)
        needed = policy.people_for_all(effects, percent)
        return Approval(environment, policy, needed, tuple(named[each] for each in people), percent)


def proposed_effects(row: RequestRow) -> Effects:
    """What a request's edits would do where."""
    found: dict[str, list[Effect]] = defaultdict(list)
    for each in row.edits:
        for environment in each.environments:
            found[environment].append(each.effect)
    return found


def made_effects(made: Iterable[Made]) -> Effects:
    """What was done where."""
    found: dict[str, list[Effect]] = defaultdict(list)
    for each in made:
        for environment in each.answering:
            found[environment.key].append(Effect(each.change.entity, each.change.action, each.shrinking))
    return found


def _in(environments: Sequence[EnvironmentRow], effects: Effects) -> list[tuple[EnvironmentRow, Sequence[Effect]]]:
    return [(each, effects[each.key]) for each in environments if each.key in effects]
