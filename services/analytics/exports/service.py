"""Making and changing exports: who may, what is refused, and that nobody overwrites what they have not seen."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import msgspec
from actors.rights import MissingRight
from actors.tokens import Actor
from messages.acts import Act
from service_kit.clock import Clock
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound, PreconditionFailed
from service_kit.versions import check_version

from analytics.acts import Acts
from analytics.catalog.catalog import Catalog
from analytics.exports.credentials import destination_digest, opened, seal
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.port import Destination, Sink
from analytics.exports.destinations.registry import destination_of
from analytics.exports.documents import export_document
from analytics.exports.models import Export, Mode, Run
from analytics.exports.repository import ExportRepository, VersionedExport, VersionedRun
from analytics.exports.schemas import ChangeExport, CreateExport
from analytics.exports.seal import NoSuchKey, SealedText, Sealer

_EXPORTS_PER_ENVIRONMENT_MAX = 20


class ExportNotFound(NotFound):
    default_code = "export_not_found"


class RunInProgress(Conflict):
    default_code = "run_in_progress"


@dataclass(frozen=True, slots=True)
class ExportService:
    """Every call takes the actor and raises Problems and WarehouseError."""

    repository: ExportRepository
    catalog: Catalog
    sealer: Sealer
    policy: DestinationPolicy
    clock: Clock
    acts: Acts

    async def visible(self, actor: Actor) -> list[VersionedExport]:
        """Those of environments that the actor sees, oldest first; of one that is published no more, whoever sees
        another one of its organization."""
        published = self.catalog.environment_ids
        return [
            each
            for each in await self.repository.exports(actor.organizations)
            if each.export.environment_id in actor.environments or each.export.environment_id not in published
        ]

    async def find(self, actor: Actor, export_id: str) -> VersionedExport:
        """Raises ExportNotFound, whether it is absent or somebody else's."""
        for each in await self.visible(actor):
            if each.export.id == export_id:
                return each
        raise ExportNotFound("no such export in an organization of yours")

    async def find_managed(self, actor: Actor, export_id: str) -> VersionedExport:
        """Raises ExportNotFound, and Forbidden for a role that may not change it."""
        found = await self.find(actor, export_id)
        export = found.export
        if not actor.may("export:manage", export.organization_id, export.environment_id):
            raise MissingRight("export:manage", f"the environment {export.environment} of the project {export.project}")
        return found

    async def create(self, actor: Actor, wanted: CreateExport) -> VersionedExport:
        environment = self.catalog.environment(actor.environments, wanted.project, wanted.environment)
        actor.require("export:manage", environment)
        destination = destination_of(wanted.destination)
        self._require_allowed(destination)
        now = self.clock.now()
        export = Export(
            id=str(uuid.uuid4()),
            organization_id=environment.organization_id,
            project_id=environment.project_id,
            project=environment.project_key,
            environment_id=environment.id,
            environment=environment.key,
            name=wanted.name,
            destination=destination,
            datasets=tuple(dict.fromkeys(wanted.datasets)),
            schedule=wanted.schedule,
            daily_at=wanted.daily_at,
            paused=wanted.paused,
            scheduled_since=now,
            created_at=now,
            created_by=actor.subject,
            updated_at=now,
            updated_by=actor.subject,
        )
        await self._require_room(export)
        sealed = self._sealed(export, wanted.credentials.plain())
        made = VersionedExport(export, 1, sealed)
        async with self.acts.telling(actor, self._act("create", export, after=made)):
            await self.repository.save(export, 1, sealed)
        return made

    async def change(self, actor: Actor, export_id: str, version: int, wanted: ChangeExport) -> VersionedExport:
        found = await self.find_managed(actor, export_id)
        check_version(version, found.version)
        given = {name: value for name in wanted.model_fields_set if (value := getattr(wanted, name)) is not None}
        credentials = given.pop("credentials", None)
        now = self.clock.now()
        changes: dict[str, Any] = given | {"updated_at": now, "updated_by": actor.subject}
        if {"schedule", "daily_at", "paused"} & given.keys():
            changes["scheduled_since"] = now
        if "datasets" in given:
            changes["datasets"] = tuple(dict.fromkeys(given["datasets"]))
        if "destination" in given:
            changes["destination"] = destination_of(given["destination"])
            self._require_allowed(changes["destination"])
        export = msgspec.structs.replace(found.export, **changes)
        moved = export.destination != found.export.destination
        if moved:
            await self._require_room(export)
        sealed = found.sealed
        if moved or credentials is not None:
            sealed = self._sealed(export, credentials.plain() if credentials else {})
        changed = VersionedExport(export, version + 1, sealed)
        async with self.acts.telling(actor, self._act("update", export, before=found, after=changed)):
            return await self._save(export, version + 1, sealed)

    async def delete(self, actor: Actor, export_id: str, version: int) -> None:
        """The definition and its credentials go; what was exported stays where it is."""
        found = await self.find_managed(actor, export_id)
        check_version(version, found.version)
        export = msgspec.structs.replace(
            found.export, deleted=True, updated_at=self.clock.now(), updated_by=actor.subject
        )
        async with self.acts.telling(actor, self._act("delete", export, before=found)):
            await self._save(export, version + 1, None)
            await self.repository.store.forget_keys(export.organization_id, export.id, keep_generation=0)

    async def start_run(self, actor: Actor, export_id: str, mode: Mode) -> VersionedRun:
        """Raises RunInProgress while another one waits or runs."""
        export = (await self.find_managed(actor, export_id)).export
        earlier = await self.repository.runs(export, 1, 2**63)
        if earlier and not earlier[0].run.finished:
            raise RunInProgress(f"run {earlier[0].run.number} is {earlier[0].run.status}")
        number = earlier[0].run.number + 1 if earlier else 1
        run = Run(number=number, mode=mode, cause="manual", requested_by=actor.subject, requested_at=self.clock.now())
        async with self.acts.telling(actor, self._act("run", export, run=run)):
            if not await self.repository.save_run(export, run, 1):
                raise RunInProgress(f"run {number} was started by somebody else")
        return VersionedRun(export.organization_id, export.id, run, 1)

    async def tell_test(self, actor: Actor, found: VersionedExport) -> None:
        """That a connection is tried. Raises `Unavailable`."""
        await self.acts.tell(actor, self._act("test", found.export))

    def _act(
        self,
        action: str,
        export: Export,
        *,
        before: VersionedExport | None = None,
        after: VersionedExport | None = None,
        run: Run | None = None,
    ) -> Act:
        """With the export as the API shows it: never its credentials."""
        started = {"number": run.number, "mode": run.mode} if run else None
        return Act(
            organization_id=export.organization_id,
            project_id=export.project_id,
            entity="export",
            entity_key=export.name,
            action=action,
            before=self._shown(before) if before else None,
            after=self._shown(after) if after else started,
        )

    def _shown(self, found: VersionedExport) -> dict[str, Any]:
        return export_document(found, None, self.clock.now()).model_dump(
            mode="json", exclude={"last_run", "next_run_at"}
        )

    def sink(self, found: VersionedExport) -> Sink:
        """Raises DestinationError."""
        export = found.export
        return export.destination.sink(self.policy, export.organization_id, opened(self.sealer, found))

    async def _save(self, export: Export, version: int, sealed: SealedText | None) -> VersionedExport:
        if not await self.repository.save(export, version, sealed):
            raise PreconditionFailed("the export was changed by somebody else")
        return VersionedExport(export, version, sealed)

    async def _require_room(self, export: Export) -> None:
        others = [
            each.export
            for each in await self.repository.exports([export.organization_id])
            if each.export.environment_id == export.environment_id and each.export.id != export.id
        ]
        if len(others) >= _EXPORTS_PER_ENVIRONMENT_MAX:
            reason = f"an environment has at most {_EXPORTS_PER_ENVIRONMENT_MAX} exports"
            raise Conflict(reason, code="too_many_exports")
        if export.destination.one_per_organization:
            others = [each.export for each in await self.repository.exports([export.organization_id])]
        if any(
            destination_digest(each.destination) == destination_digest(export.destination)
            for each in others
            if each.id != export.id
        ):
            raise Conflict("another export goes to this destination", code="destination_taken")

    def _require_allowed(self, destination: Destination) -> None:
        if refusal := destination.refusal(self.policy):
            raise InvalidInput([refusal])

    def _sealed(self, export: Export, credentials: dict[str, str]) -> SealedText | None:
        if problem := export.destination.credentials_problem(credentials):
            raise InvalidInput([FieldError("credentials", "do_not_fit", problem)])
        try:
            return seal(self.sealer, export, credentials)
        except NoSuchKey:
            reason = "this server keeps no credentials: FF_EXPORT_SECRET is not set"
            raise InvalidInput([FieldError("credentials", "no_secret", reason)]) from None
