"""`GET /v1/experiments/{experiment}/report` and the results as a file."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from service_kit.api_docs import PAGE_POLICY
from service_kit.requests import new_router

from analytics.access import Actor, Authenticator
from analytics.reports.figures import as_pdf, as_png, figures
from analytics.reports.page import report_page
from analytics.results.documents import RESULT_FILE, ResultDocument, result_document
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, Inquiry
from analytics.results.segment_documents import DailyDocument, daily_document
from analytics.results.segments import SegmentAnalyst
from analytics.tables.files import as_csv, as_parquet

Picture = Literal["intervals", "lift_over_time", "daily_units"]
_PICTURES: tuple[Picture, ...] = ("intervals", "lift_over_time", "daily_units")
ReportFormat = Annotated[Literal["html", "pdf", "png"], Query(alias="format")]
WhichPicture = Annotated[Picture, Query(description="Which picture, for png")]
FileFormat = Annotated[Literal["csv", "parquet"], Query(alias="format")]


def build_router(*, authenticator: Authenticator, inquiries: Inquiries) -> APIRouter:
    router = new_router("reports", authenticator.actor, prefix="/v1/experiments/{experiment}")

    @router.get("/report", summary="Report as a page, PDF or picture", responses=PROBLEMS, response_class=Response)
    async def report(
        asked: Asked,
        as_: ReportFormat = "html",
        picture: WhichPicture = "intervals",
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Summary, decision, metrics, health, and pictures of intervals, lift over time and daily units."""
        inquiry = inquiries.about(actor, asked)
        async with inquiries.turn(actor, inquiry.environment):
            results, over_time = await _documents(inquiry)
            if as_ == "html":
                page = await asyncio.to_thread(report_page, results, over_time)
                return Response(page, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})
            drawn = await asyncio.to_thread(figures, results, over_time)
            if as_ == "pdf":
                content = await asyncio.to_thread(as_pdf, drawn, inquiry.experiment.name)
                return _file(content, "application/pdf", f"{inquiry.experiment.key}.pdf")
            content = await asyncio.to_thread(as_png, drawn[_PICTURES.index(picture)])
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


async def _documents(inquiry: Inquiry) -> tuple[ResultDocument, DailyDocument]:
    segments = SegmentAnalyst(inquiry.reader, inquiry.analyst)
    of = (inquiry.experiment, inquiry.environment, inquiry.time)
    analysis, daily = await asyncio.gather(inquiry.analyst.analyse(*of), segments.over_time(*of))
    return await asyncio.to_thread(lambda: (result_document(analysis), daily_document(daily)))


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
