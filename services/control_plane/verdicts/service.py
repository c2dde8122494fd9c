"""What people read of verdicts and incidents."""

from __future__ import annotations

from uuid import UUID

from service_kit.pagination import Page, PageRequest, moment_position, page_of, position_of
from service_kit.problems import NotFound

from control_plane.access import Actor, Right, require
from control_plane.changes.queries import entry_number
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction
from control_plane.environments.queries import EnvironmentRow, environment_by_key
from control_plane.rollouts.queries import rollout_of_key
from control_plane.verdicts import repository
from control_plane.verdicts.schemas import IncidentDetail, IncidentView, ToldView, VerdictView
from control_plane.verdicts.views import incident_view, verdict_view
from control_plane.webhooks.queries import deliveries_of


class VerdictReads:
    """Whoever may read an environment's flags may read what was found of them."""

    def __init__(self, transactions: ProjectTransactions) -> None:
        self._transactions = transactions

    async def last(self, actor: Actor, address: tuple[str, str], rollout: str) -> VerdictView:
        """Raises `NotFound` where there is no such rollout, or nothing has been found of it."""
        project, key = address
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, key)
            organization_id = read.scope.organization_id
            row = await rollout_of_key(read.tx, organization_id, environment.id, rollout)
            found = None if row is None else await repository.find(read.tx, organization_id, row.id)
            if found is None:
                raise NotFound("there is nothing at this address")
            return verdict_view(found, rollout)

    async def incidents(
        self, actor: Actor, address: tuple[str, str], rollout: str | None, page: PageRequest
    ) -> Page[IncidentView]:
        """Of a project's environment, and of a rollout (None: any), also of one that is gone; the newest first. Raises
        `NotFound` for a rollout that there isn't, and that nothing was found of."""
        before = moment_position(page.after)
        project, key = address
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, key)
            within = (read.scope.organization_id, environment.id)
            rows = await repository.incidents(read.tx, within, rollout, before, page.fetch)
            if rollout is not None and not rows and await rollout_of_key(read.tx, *within, rollout) is None:
                raise NotFound("there is nothing at this address")
            given, cursor = page_of(rows, page, lambda row: position_of({"created_at": row.opened_at, "id": row.id}))
            return Page(items=[incident_view(each, environment.key) for each in given], next_cursor=cursor)

    async def incident(self, actor: Actor, address: tuple[str, str], incident_id: UUID) -> IncidentDetail:
        project, key = address
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            environment = await _readable(read, actor, key)
            organization_id = read.scope.organization_id
            row = await repository.find_incident(read.tx, organization_id, environment.id, incident_id)
            if row is None:
                raise NotFound("there is nothing at this address")
            number = await entry_number(read.tx, organization_id, "incident", str(row.id))
            sent = [] if number is None else await deliveries_of(read.tx, organization_id, number)
            told = [ToldView(webhook=str(each.webhook_id), url=each.url, state=each.state, at=each.at) for each in sent]
            return IncidentDetail(**incident_view(row, environment.key).model_dump(), told=told)


async def _readable(read: ReadTransaction, actor: Actor, key: str) -> EnvironmentRow:
    environment = await environment_by_key(read.tx, read.scope, key)
    require(actor, Right.FLAG_READ, environment.within(read.scope))
    return environment
