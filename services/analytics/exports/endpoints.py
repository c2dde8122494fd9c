"""`/v1/exports`: configure, test, run, and read the log of runs."""

from __future__ import annotations

import asyncio
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Request, Response
from service_kit.pagination import Page, RequestedPage, number_position, page_of
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.requests import new_router
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from analytics.access import Authenticator
from analytics.catalog.catalog import Catalog
from analytics.exports.documents import export_document, run_document
from analytics.exports.errors import DestinationError
from analytics.exports.repository import VersionedExport
from analytics.exports.schemas import (
    ChangeExport,
    ConnectionTest,
    CreateExport,
    ExportDocument,
    RunDocument,
    StartRun,
)
from analytics.exports.service import ExportService

_TESTS_AT_ONCE = 4
_TEST_SECONDS_MAX = 45.0
_NEWEST = 2**63
_READ = problem_responses(BadRequest, Unauthorized, NotFound, InvalidInput, Unavailable)
_WRITE = {**_READ, **problem_responses(Forbidden, Conflict)}
_CHANGE = {**_WRITE, **problem_responses(*REFUSALS)}

Named = Annotated[str | None, Query(max_length=128)]


def build_router(*, authenticator: Authenticator, catalog: Catalog, exports: ExportService) -> APIRouter:
    async def ready(_: Request) -> None:
        """Raises Unavailable."""
        if not catalog.ready:
            raise Unavailable("the environments have not been read from the bus yet", code="catalog_not_ready")

    router = new_router("exports", ready, authenticator.actor, prefix="/v1/exports")
    _add_definitions(router, authenticator, exports)
    _add_runs(router, authenticator, exports)
    return router


def _add_definitions(router: APIRouter, authenticator: Authenticator, exports: ExportService) -> None:
    @router.post("", status_code=201, responses=_WRITE, summary="Configure an export")
    async def create_export(
        wanted: CreateExport, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ExportDocument:
        """For whoever may `export:manage`. Credentials are encrypted and never shown again."""
        made = await exports.create(actor, wanted)
        response.headers["Location"] = f"/v1/exports/{made.export.id}"
        return _shown(exports, made, None, response)

    @router.get("", responses=_READ, summary="Exports of your organizations")
    async def list_exports(
        page: RequestedPage,
        project: Named = None,
        environment: Named = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[ExportDocument]:
        """Oldest first; `project` and `environment` are ids or keys."""
        found = [
            each
            for each in await exports.visible(actor)
            if project in (None, each.export.project, each.export.project_id)
            and environment in (None, each.export.environment, each.export.environment_id)
            and (page.after is None or _age(each) > page.after)
        ]
        given, cursor = page_of(found[: page.fetch], page, _age)
        items = [export_document(each, await _last_run(exports, each), exports.clock.now()) for each in given]
        return Page(items=items, next_cursor=cursor)

    @router.get("/{export_id}", responses=_READ, summary="One export with its last run")
    async def get_export(
        export_id: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ExportDocument:
        found = await exports.find(actor, export_id)
        return _shown(exports, found, await _last_run(exports, found), response)

    @router.patch("/{export_id}", responses=_CHANGE, summary="Change an export")
    async def change_export(
        export_id: str,
        wanted: ChangeExport,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ExportDocument:
        """A new destination gets everything again with the next run."""
        changed = await exports.change(actor, export_id, expected, wanted)
        return _shown(exports, changed, await _last_run(exports, changed), response)

    @router.delete("/{export_id}", status_code=204, responses=_CHANGE, summary="Remove an export and its credentials")
    async def delete_export(
        export_id: str, expected: ExpectedVersion, actor: Actor = Depends(authenticator.actor)
    ) -> None:
        """What was exported stays where it is."""
        await exports.delete(actor, export_id, expected)

    tests = asyncio.Semaphore(_TESTS_AT_ONCE)

    @router.post("/{export_id}/test", responses=_WRITE, summary="Test the connection")
    async def test_connection(export_id: str, actor: Actor = Depends(authenticator.actor)) -> ConnectionTest:
        """Connects, and tries what a run needs; leaves nothing behind."""
        found = await exports.find_managed(actor, export_id)
        await exports.tell_test(actor, found)
        try:
            async with asyncio.timeout(_TEST_SECONDS_MAX), tests:
                await asyncio.to_thread(_try, exports, found)
        except DestinationError as error:
            return ConnectionTest(ok=False, code=error.code, detail=error.words)
        except TimeoutError:
            detail = f"no answer within {_TEST_SECONDS_MAX:.0f} seconds"
            return ConnectionTest(ok=False, code="no_answer", detail=detail)
        return ConnectionTest(ok=True, code=None, detail="the destination takes what a run brings")


def _add_runs(router: APIRouter, authenticator: Authenticator, exports: ExportService) -> None:
    @router.post("/{export_id}/runs", status_code=202, responses=_WRITE, summary="Run an export now")
    async def start_run(
        export_id: str,
        response: Response,
        wanted: StartRun | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> RunDocument:
        """The worker takes it within seconds; 409 while another run waits or works."""
        started = await exports.start_run(actor, export_id, (wanted or StartRun()).mode)
        response.headers["Location"] = f"/v1/exports/{export_id}/runs/{started.run.number}"
        return run_document(started.run, {})

    @router.get("/{export_id}/runs", responses=_READ, summary="The log of runs")
    async def list_runs(
        export_id: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[RunDocument]:
        """The newest first, with rows per dataset and errors in words."""
        before = number_position(page.after)
        export = (await exports.find(actor, export_id)).export
        found = await exports.repository.runs(export, page.fetch, _NEWEST if before is None else before)
        runs, cursor = page_of([each.run for each in found], page, lambda run: str(run.number))
        counts = await exports.repository.store.counts(export.organization_id, export.id, [run.number for run in runs])
        return Page(items=[run_document(run, counts[run.number]) for run in runs], next_cursor=cursor)

    @router.get("/{export_id}/runs/{number}", responses=_READ, summary="One run")
    async def get_run(export_id: str, number: int, actor: Actor = Depends(authenticator.actor)) -> RunDocument:
        export = (await exports.find(actor, export_id)).export
        if not 0 < number < 2**62:
            raise NotFound("no such run of this export", code="run_not_found")
        found = await exports.repository.runs(export, 1, number + 1)
        if not found or found[0].run.number != number:
            raise NotFound("no such run of this export", code="run_not_found")
        counts = await exports.repository.store.counts(export.organization_id, export.id, [number])
        return run_document(found[0].run, counts[number])


def _shown(
    exports: ExportService, found: VersionedExport, run: RunDocument | None, response: Response
) -> ExportDocument:
    response.headers["ETag"] = etag(found.version)
    return export_document(found, run, exports.clock.now())


def _age(found: VersionedExport) -> str:
    """The sort key of the list: as text, in the order of the moments."""
    return f"{found.export.created_at:020} {found.export.id}"


async def _last_run(exports: ExportService, found: VersionedExport) -> RunDocument | None:
    export = found.export
    runs = await exports.repository.runs(export, 1, _NEWEST)
    if not runs:
        return None
    number = runs[0].run.number
    counts = await exports.repository.store.counts(export.organization_id, export.id, [number])
    return run_document(runs[0].run, counts[number])


def _try(exports: ExportService, found: VersionedExport) -> None:
    sink = exports.sink(found)
    try:
        sink.test()
    finally:
        sink.close()
