"""Reports of browsers are counted, some are logged, and whoever sends too much is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from control_plane.ui.csp_reports import (
    LOGGED_PER_MINUTE_MAX,
    PER_ADDRESS_PER_SECOND,
    REPORTS_AT_ONCE_MAX,
    CspReports,
    build_router,
)
from control_plane.ui.policy import REPORTS_PATH
from control_plane.ui.telemetry import PageTelemetry
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from service_kit.http import Shell
from service_kit.rate_limits import WINDOW_SECONDS
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app

BY_URI = {
    "csp-report": {
        "document-uri": "https://verdict.example.com/p/shop/flags?q=anna%40example.com",
        "effective-directive": "script-src-elem",
        "violated-directive": "script-src-elem",
        "blocked-uri": "https://elsewhere.example.com/x.js?secret=1",
    }
}
BY_ENDPOINT = {
    "type": "csp-violation",
    "body": {"effectiveDirective": "require-trusted-types-for", "documentURL": "https://verdict.example.com/"},
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return new_registry()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def client(registry: CollectorRegistry, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("reports", Shell(registry=registry), checks={})
    app.include_router(build_router(CspReports(PageTelemetry(registry), clock)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def sent(client: httpx.AsyncClient, document: Any, form: str = "application/csp-report") -> httpx.Response:
    text = document if isinstance(document, str) else json.dumps(document)
    return await client.post(REPORTS_PATH, content=text, headers={"Content-Type": form})


def counted(registry: CollectorRegistry, directive: str) -> float:
    return registry.get_sample_value("verdict_csp_reports_total", {"directive": directive}) or 0.0


async def test_both_forms_are_counted_by_their_directive(
    client: httpx.AsyncClient, registry: CollectorRegistry
) -> None:
    assert (await sent(client, BY_URI)).status_code == 204
    batch = [BY_ENDPOINT, {"type": "deprecation", "body": {}}, BY_ENDPOINT]
    assert (await sent(client, batch, "application/reports+json; charset=utf-8")).status_code == 204
    assert counted(registry, "script-src-elem") == 1
    assert counted(registry, "require-trusted-types-for") == 2


async def test_what_nobody_knows_makes_no_figure_of_its_own(
    client: httpx.AsyncClient, registry: CollectorRegistry
) -> None:
    for directive in ("made-up", {"an": "object"}, 7):
        await sent(client, {"csp-report": {"effective-directive": directive}})
    assert counted(registry, "other") == 3


@pytest.mark.parametrize(
    ("document", "form", "status"),
    [
        ("{", "application/csp-report", 400),
        ([], "application/csp-report", 400),
        ({"csp-report": "text"}, "application/csp-report", 400),
        ({}, "application/reports+json", 400),
        ([{"type": "other"}] * (REPORTS_AT_ONCE_MAX + 1), "application/reports+json", 400),
        (BY_URI, "application/json", 415),
        ({"csp-report": {"sample": "x" * 5000}}, "application/csp-report", 413),
    ],
    ids=["no JSON", "a list", "a text", "an object", "too many", "another form", "too large"],
)
async def test_what_is_no_report_is_refused(client: httpx.AsyncClient, document: Any, form: str, status: int) -> None:
    answer = await sent(client, document, form)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_an_address_is_limited_until_its_window_ends(client: httpx.AsyncClient, clock: ManualClock) -> None:
    for _ in range(PER_ADDRESS_PER_SECOND * WINDOW_SECONDS):
        assert (await sent(client, BY_URI)).status_code == 204
    refused = await sent(client, BY_URI)
    assert (refused.status_code, refused.json()["limit"]) == (429, "csp_reports_per_address")
    clock.advance(WINDOW_SECONDS)
    assert (await sent(client, BY_URI)).status_code == 204


def test_the_log_has_ten_of_a_minute_and_no_query(
    registry: CollectorRegistry, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr("control_plane.ui.csp_reports._log.warning", lambda _, **told: logged.append(told))
    reports = CspReports(PageTelemetry(registry), clock)
    for _ in range(LOGGED_PER_MINUTE_MAX + 5):
        reports.take(BY_URI["csp-report"])
    assert len(logged) == LOGGED_PER_MINUTE_MAX
    assert logged[0]["page"] == "https://verdict.example.com/p/shop/flags"
    assert logged[0]["blocked"] == "https://elsewhere.example.com/x.js"
    assert counted(registry, "script-src-elem") == LOGGED_PER_MINUTE_MAX + 5
    clock.advance(60)
    reports.take(BY_URI["csp-report"])
    assert len(logged) == LOGGED_PER_MINUTE_MAX + 1
