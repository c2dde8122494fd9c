"""① Personas: named evaluation contexts of a project. No answer depends on them."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access import Actor, Right
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.personas.models import PersonaRow
from control_plane.personas.repository import delete_persona, find_persona, personas_of, save_persona
from control_plane.personas.schemas import CONTEXT_BYTES_MAX, PersonaFields, PersonasView, PersonaView
from control_plane.quotas import QuotaExceeded

ENTITY = "persona"
PERSONAS_MAX = 200
"""Of one project."""


class Personas:
    """Of projects. `expected` is the version that the caller has seen; None is not compared."""

    def __init__(self, transactions: ProjectTransactions) -> None:
        self._transactions = transactions

    async def all(self, actor: Actor, project: str) -> PersonasView:
        async with self._transactions.read(actor, project, Right.CONTEXT_EXPLAIN) as read:
            return PersonasView(items=[_view(each) for each in await personas_of(read.tx, read.scope)])

    async def read(self, actor: Actor, project: str, key: str) -> PersonaView:
        async with self._transactions.read(actor, project, Right.CONTEXT_EXPLAIN) as read:
            return _view(await _found(read, key))

    async def put(self, actor: Actor, project: str, key: str, expected: int | None, body: PersonaFields) -> PersonaView:
        """A new one, or in the place of the one with this key. Raises `InvalidInput`, `QuotaExceeded`."""
        if len(msgspec.json.encode(body.context)) > CONTEXT_BYTES_MAX:
            raise InvalidInput([FieldError("context", "too_large", f"takes more than {CONTEXT_BYTES_MAX:,} bytes")])
        async with self._transactions.write(actor, project, Right.FLAG_UPDATE, entity=ENTITY) as write:
            known = await personas_of(write.tx, write.scope)
            before = next((each for each in known if each.key == key), None)
            if before is None and len(known) >= PERSONAS_MAX:
                detail = f"the project has {len(known)} of at most {PERSONAS_MAX} personas"
                raise QuotaExceeded("personas", limit=PERSONAS_MAX, used=len(known), detail=detail)
            if expected is not None:
                check_version(expected, (await _found(write, key)).version)
            row = PersonaRow(
                organization_id=write.scope.organization_id,
                project_id=write.scope.project_id,
                key=key,
                name=body.name or key,
                description=body.description,
                context=body.context,
                version=1 if before is None else before.version + 1,
                created_at=write.now if before is None else before.created_at,
                updated_at=write.now,
            )
            await save_persona(write.tx, row)
            await _record(write, before, row)
            return _view(row)

    async def delete(self, actor: Actor, project: str, key: str, expected: int | None) -> None:
        async with self._transactions.write(actor, project, Right.FLAG_UPDATE, entity=ENTITY) as write:
            row = await _found(write, key)
            check_version(expected, row.version)
            await delete_persona(write.tx, row)
            await _record(write, row, None)


def _view(row: PersonaRow) -> PersonaView:
    return PersonaView(**{name: value for name, value in asdict(row).items() if name in PersonaView.model_fields})


async def _found(at: ReadTransaction | WriteTransaction, key: str) -> PersonaRow:
    row = await find_persona(at.tx, at.scope, key)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def _record(write: WriteTransaction, before: PersonaRow | None, after: PersonaRow | None) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - one of the two is given
    action = "delete" if after is None else "create" if before is None else "update"
    documents = [None if each is None else _view(each).audited() for each in (before, after)]
    await write.record(action, row.key, before=documents[0], after=documents[1], environments=[])
