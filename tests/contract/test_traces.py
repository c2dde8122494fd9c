"""No operation that does something is without a trace: it is in the audit log, or stands here with the reason why not.

That the log really has it is shown by doing each: control_plane/test_traces.py and integration/test_acts.py in tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.apps import apps

TESTS = Path(__file__).resolve().parents[1]
SHOWN_BY = {"control plane": "control_plane/test_traces.py", "analytics": "integration/test_acts.py"}
"""Where all operations of a service are done, and the log is looked at."""
NO_TRACE = {
    ("edge", "POST", "/ofrep/v1/evaluate/flags"): "evaluates; what it served is an exposure",
    ("edge", "POST", "/ofrep/v1/evaluate/flags/{key}"): "evaluates; what it served is an exposure",
    ("edge", "POST", "/v1/evaluate"): "evaluates; what it served is an exposure",
    ("edge", "POST", "/v1/experiments/{key}/assign"): "evaluates; what it served is an exposure",
    ("edge", "POST", "/v1/segments/evaluate"): "tells memberships; nothing is served",
    ("edge", "POST", "/v1/events"): "passes on to the ingestor what applications send by an SDK key",
    ("ingestor", "POST", "/v1/events"): "applications send events by an SDK key; nobody in person does",
    ("ingestor", "POST", "/v1/otlp/metrics"): "the same",
}


def test_each_operation_has_a_trace_or_a_reason() -> None:
    found = {
        (service, method.upper(), path)
        for service, app in apps().items()
        if service not in SHOWN_BY
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if method not in ("get", "head")
    }
    assert found == NO_TRACE.keys()


@pytest.mark.parametrize("test", SHOWN_BY.values())
def test_what_shows_it_is_there(test: str) -> None:
    text = (TESTS / test).read_text(encoding="utf-8")
    assert "openapi()" in text
