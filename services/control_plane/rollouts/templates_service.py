"""① Templates of rollouts: plans and guards with a name, of one project."""

from __future__ import annotations

from service_kit.problems import InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.quotas import QuotaExceeded
from control_plane.rollouts.definition import guard_documents, plan_document
from control_plane.rollouts.guards import check_guards
from control_plane.rollouts.models import TemplateRow
from control_plane.rollouts.plans import plan_errors
from control_plane.rollouts.schemas import TemplateFields, TemplatesView, TemplateView
from control_plane.rollouts.templates import delete_template, find_template, save_template, templates_of
from control_plane.rollouts.views import template_view

ENTITY = "rollout_template"


class TemplateService:
    """`most`: of one project."""

    def __init__(self, transactions: ProjectTransactions, most: int) -> None:
        self._transactions = transactions
        self._most = most

    async def all(self, actor: Actor, project: str) -> TemplatesView:
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            return TemplatesView(items=[template_view(each) for each in await templates_of(read.tx, read.scope)])

    async def read(self, actor: Actor, project: str, key: str) -> TemplateView:
        async with self._transactions.read(actor, project, Right.FLAG_READ) as read:
            return template_view(await _found(read, key))

    async def put(
        self, actor: Actor, project: str, key: str, expected: int | None, body: TemplateFields
    ) -> TemplateView:
        """A new one, or in the place of the one with this key. Raises `InvalidInput`, `QuotaExceeded`."""
        plan, guards = plan_document(body.plan), guard_documents(body.guards)
        if errors := plan_errors(plan):
            raise InvalidInput(errors)
        async with self._transactions.write(actor, project, Right.ROLLOUT_MANAGE, entity=ENTITY) as write:
            await check_guards(write.tx, write.scope, guards)
            known = await templates_of(write.tx, write.scope)
            before = next((each for each in known if each.key == key), None)
            if before is None and len(known) >= self._most:
                detail = f"the project has {len(known)} of at most {self._most} rollout templates"
                raise QuotaExceeded("rollout_templates", limit=self._most, used=len(known), detail=detail)
            if expected is not None:
                check_version(expected, (await _found(write, key)).version)
            row = TemplateRow(
                organization_id=write.scope.organization_id,
                project_id=write.scope.project_id,
                key=key,
                name=body.name or key,
                description=body.description,
                plan=plan,
                guards=guards,
                alpha=body.alpha,
                version=1 if before is None else before.version + 1,
                created_at=write.now if before is None else before.created_at,
                updated_at=write.now,
            )
            await save_template(write.tx, row)
            await _record(write, before, row)
            return template_view(row)

    async def delete(self, actor: Actor, project: str, key: str, expected: int | None) -> None:
        async with self._transactions.write(actor, project, Right.ROLLOUT_MANAGE, entity=ENTITY) as write:
            row = await _found(write, key)
            check_version(expected, row.version)
            await delete_template(write.tx, row)
            await _record(write, row, None)


async def _found(at: ReadTransaction | WriteTransaction, key: str) -> TemplateRow:
    row = await find_template(at.tx, at.scope, key)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def _record(write: WriteTransaction, before: TemplateRow | None, after: TemplateRow | None) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - one of the two is given
    action = "delete" if after is None else "create" if before is None else "update"
    documents = [None if each is None else template_view(each).audited() for each in (before, after)]
    await write.record(action, row.key, before=documents[0], after=documents[1], environments=[])
