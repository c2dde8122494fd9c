"""What browsers report of the content security policy: counted all, logged some. Anybody may send anything here, so
little of it is believed and nothing kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from service_kit.clock import Clock
from service_kit.json_text import decode_json
from service_kit.logs import get_logger
from service_kit.origins import address_of
from service_kit.problems import BadRequest, TooLarge, TooManyRequests, UnsupportedMedia, problem_responses
from service_kit.rate_limits import RateLimit
from service_kit.requests import new_router
from service_kit.workers.shared_counts import WorkerCounts

from control_plane.ui.policy import REPORTS_PATH
from control_plane.ui.telemetry import PageTelemetry

PER_ADDRESS_PER_SECOND = 2
REPORTS_AT_ONCE_MAX = 20
LOGGED_PER_MINUTE_MAX = 10
_TEXT_LENGTH_MAX = 200
_BY_URI = "application/csp-report"
_BY_ENDPOINT = "application/reports+json"
_REFUSALS = problem_responses(BadRequest, TooLarge, UnsupportedMedia, TooManyRequests)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A report as `report-uri` sends it, or up to 20 as `report-to` does; 4 KiB together.",
        "content": {_BY_URI: {"schema": {"type": "object"}}, _BY_ENDPOINT: {"schema": {"type": "array"}}},
    }
}
_log = get_logger("ui")


class CspReports:
    """Takes reports in. `counts`: of the worker, where there are several."""

    def __init__(self, telemetry: PageTelemetry, clock: Clock, counts: WorkerCounts | None = None) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._limit = RateLimit("csp_reports_per_address", PER_ADDRESS_PER_SECOND, clock, counts)
        self._minute = -1
        self._logged = 0

    def admit(self, request: Request) -> None:
        """By the address. Raises `TooManyRequests`."""
        if not self._limit.allowance(address_of(request)).take():
            raise self._limit.refusal("too many reports from this address")

    def take(self, report: Mapping[str, Any]) -> None:
        """One report, as either way of sending names its parts."""
        said = report.get("effectiveDirective") or report.get("effective-directive") or report.get("violated-directive")
        directive = _text(said).partition(" ")[0]
        self._telemetry.count(directive)
        minute = self._clock.now() // 60_000
        if minute != self._minute:
            self._minute, self._logged = minute, 0
        self._logged += 1
        if self._logged <= LOGGED_PER_MINUTE_MAX:
            _log.warning(
                "a page broke its content security policy",
                directive=directive,
                blocked=_bare(report.get("blockedURL") or report.get("blocked-uri")),
                page=_bare(report.get("documentURL") or report.get("document-uri")),
                source=_bare(report.get("sourceFile") or report.get("source-file")),
                line=_text(report.get("lineNumber") or report.get("line-number")),
            )


def build_router(reports: CspReports) -> APIRouter:
    router = new_router("access")

    @router.post(REPORTS_PATH, status_code=204, responses=_REFUSALS, openapi_extra=_BODY)
    async def report_csp_violations(request: Request) -> Response:
        """What a browser refused to do on a page of the admin UI. Browsers send it by themselves, signed in or not;
        it is counted (`verdict_csp_reports_total`), and ten of a minute are logged."""
        reports.admit(request)
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if form not in (_BY_URI, _BY_ENDPOINT):
            raise UnsupportedMedia(f"the body is read as {_BY_URI} or {_BY_ENDPOINT}")
        for report in _reports(form, decode_json(await request.body())):
            reports.take(report)
        return Response(status_code=204)

    return router


def _reports(form: str, document: Any) -> Iterator[Mapping[str, Any]]:
    """Raises `BadRequest` for what is no report; other kinds of report are passed over."""
    if form == _BY_URI:
        report = document.get("csp-report") if isinstance(document, dict) else None
        if not isinstance(report, dict):
            raise BadRequest('the body is an object with the report as "csp-report"')
        yield report
        return
    if not isinstance(document, list) or len(document) > REPORTS_AT_ONCE_MAX:
        raise BadRequest(f"the body is a list of up to {REPORTS_AT_ONCE_MAX} reports")
    for each in document:
        body = each.get("body") if isinstance(each, dict) and each.get("type") == "csp-violation" else None
        if isinstance(body, dict):
            yield body


def _text(value: object) -> str:
    return str(value)[:_TEXT_LENGTH_MAX] if isinstance(value, str | int) else ""


def _bare(value: object) -> str:
    """Without the query and the fragment, in which somebody's data may stand."""
    text = value if isinstance(value, str) else ""
    try:
        address = urlsplit(text)
    except ValueError:
        return ""
    return _text(f"{address.scheme}://{address.netloc}{address.path}" if address.netloc else address.path)
