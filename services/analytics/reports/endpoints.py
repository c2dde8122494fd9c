"""`GET /v1/experiments/{experiment}/report` and the results as a file."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Annotated, Literal

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.api_docs import PAGE_POLICY
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.reports.documents import Documents, Picture, ReportForm
from analytics.results.documents import RESULT_FILE, result_document
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, Inquiry
from analytics.results.segment_documents import SegmentedDocument, daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.tables.files import as_csv, as_parquet

ReportFormat = Annotated[ReportForm, Query(alias="format")]
WhichPicture = Annotated[Picture, Query(description="Which picture, for png")]
FileFormat = Annotated[Literal["csv", "parquet"], Query(alias="format")]
Segments = Annotated[
    str | None,
    Query(
        alias="by",
        min_length=1,
        max_length=256,
        description="Adds the segments by this; what `results/segments` takes",
    ),
]


def build_router(*, authenticator: Authenticator, inquiries: Inquiries) -> APIRouter:
    router = new_router("reports", authenticator.actor, prefix="/v1/experiments/{experiment}")

    @router.get("/report", summary="Report as a page, PDF or picture", responses=PROBLEMS, response_class=Response)
    async def report(
        asked: Asked,
        as_: ReportFormat = "html",
        picture: WhichPicture = "intervals",
        by: Segments = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Decision with its rule, plan, health, each metric as a row with its interval, guardrails, days and segments,
        and what is needed to compute it again. Page and PDF say the same."""
        inquiry = inquiries.about(actor, asked)
        async with inquiries.turn(actor, inquiry.environment):
            documents = await _documents(inquiry, by)
            content = await asyncio.to_thread(_rendered, documents, as_, picture)
        if as_ == "html":
            return Response(content, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})
        if as_ == "pdf":
            return _file(content, "application/pdf", f"{inquiry.experiment.key}.pdf")
        return Response(content, media_type="image/png")

    @router.get("/results/export", summary="Results as a file", responses=PROBLEMS, response_class=Response)
    async def export_results(
        asked: Asked, as_: FileFormat = "csv", actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """One line per metric and variation."""
        inquiry = inquiries.about(actor, asked)
        async with inquiries.turn(actor, inquiry.environment):
            analysis = await inquiry.analyst.analyse(inquiry.experiment, inquiry.environment, inquiry.time)
            lines = await asyncio.to_thread(lambda: RESULT_FILE.lines(result_document(analysis)))
            columns = RESULT_FILE.columns
            name = inquiry.experiment.key
            if as_ == "csv":
                content = await asyncio.to_thread(as_csv, columns, lines)
                return _file(content, "text/csv; charset=utf-8", f"{name}.csv")
            content = await asyncio.to_thread(as_parquet, columns, lines)
            return _file(content, "application/vnd.apache.parquet", f"{name}.parquet")

    return router


def _rendered(documents: Documents, form: ReportForm, picture: Picture) -> bytes:
    content: bytes = import_module("analytics.reports.renditions").rendered(documents, form, picture)
    return content


async def _documents(inquiry: Inquiry, by: str | None) -> Documents:
    analyst = SegmentAnalyst(inquiry.reader, inquiry.analyst)
    of = (inquiry.experiment, inquiry.environment, inquiry.time)

    async def segmented() -> SegmentedDocument | None:
        if by is None:
            return None
        found = await analyst.by_segment(*of, by)
        return await asyncio.to_thread(segmented_document, found)

    analysis, daily, segments = await asyncio.gather(inquiry.analyst.analyse(*of), analyst.over_time(*of), segmented())
    return await asyncio.to_thread(lambda: Documents(result_document(analysis), daily_document(daily), segments))


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
