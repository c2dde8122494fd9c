"""How an environment's changes are agreed on: who has to approve what, and whose approval counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

PEOPLE_MAX = 20
DEFAULT_RIGHT = "change:review"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a write does in an environment. `shrinking`: it only switches off, stops or takes away."""

    entity: str
    action: str
    shrinking: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """How many people certain writes need; an empty `entities` or `actions` is any. `changed_percent`: only where more
    than so many percent of the recent units may get something else."""

    entities: frozenset[str]
    actions: frozenset[str]
    people: int
    changed_percent: float | None = None

    def fits(self, effect: Effect) -> bool:
        """But for the impact."""
        return (not self.entities or effect.entity in self.entities) and (
            not self.actions or effect.action in self.actions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`right` is what a reviewer must hold in the environment. `own_approvals`: whoever wrote an edit may approve it.
    `edits_void_approvals`: an approval counts for the edits that it saw alone."""

    required: bool = False
    people: int = 1
    right: str = DEFAULT_RIGHT
    own_approvals: bool = False
    edits_void_approvals: bool = True
    rules: tuple[Rule, ...] = ()

    def people_for(self, effect: Effect, changed_percent: float | None = None) -> int:
        """How many must approve; the first rule that fits says it. What switches off never waits.

        `changed_percent`: of the recent units, how many may get something else by all of the change. None where nobody
        knows: then the strictest of the rules holds that might."""
        if not self.required or effect.shrinking:
            return 0
        possible: list[int] = []
        for rule in self.rules:
            if not rule.fits(effect):
                continue
            if rule.changed_percent is None:
                return max((*possible, rule.people))
            if changed_percent is None:
                possible.append(rule.people)
            elif changed_percent > rule.changed_percent:
                return rule.people
        return max((*possible, self.people))

    def people_for_all(self, effects: Iterable[Effect], changed_percent: float | None = None) -> int:
        return max((self.people_for(each, changed_percent) for each in effects), default=0)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person said last of a change request, and of which revision of its edits."""

    person: UUID
    approves: bool
    revision: int


def counting(
    policy: Policy,
    opinions: Sequence[Opinion],
    *,
    authors: Collection[UUID],
    revision: int,
    holds_right: Callable[[UUID], bool],
) -> list[UUID]:
    """The people whose approval counts now, in the order in which they said it."""
    return [
        each.person
        for each in opinions
        if each.approves
        and (each.revision == revision or not policy.edits_void_approvals)
        and (each.person not in authors or policy.own_approvals)
        and holds_right(each.person)
    ]
