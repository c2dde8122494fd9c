"""One trace across services: a change from its request to what the edge serves, an event from its sender to its row."""

from __future__ import annotations

import json
import time
from secrets import token_hex

import httpx

from tests.otlp_receiver import OtlpReceiver, ReceivedSpan
from tests.waiting import same, until_blocking

from .conftest import Tenant

FLAG = {
    "key": "traced",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
RELAY, EDGE, LOADER = "verdict-relay", "verdict-edge", "verdict-analytics-loader"
CONTROL_PLANE, INGESTOR = "verdict-control-plane", "verdict-event-ingestor"


def traceparent(trace_id: str, flags: str = "01") -> str:
    return f"00-{trace_id}-{token_hex(8)}-{flags}"


def arrived(collector: OtlpReceiver, trace_id: str, *told: tuple[str, str]) -> list[ReceivedSpan]:
    """All of a trace, once these have come."""
    until_blocking(
        lambda: same({*told} - {each.told for each in collector.of(trace_id)}, set(), beside=collector.of(trace_id))
    )
    return collector.of(trace_id)


def test_a_change_is_one_trace_from_its_request_to_the_edge(tenant: Tenant, collector: OtlpReceiver) -> None:
    trace_id = token_hex(16)
    parent = traceparent(trace_id)
    path = f"/api/v1/projects/{tenant.project}/flags"
    answer = tenant.api.post(path, json=FLAG, headers={"traceparent": parent, "X-Request-Id": "traced-change"})
    assert answer.status_code == 201, answer.text
    route = "POST /api/v1/projects/{project}/flags"
    spans = arrived(collector, trace_id, (CONTROL_PLANE, route), (RELAY, "config publish"), (EDGE, "config apply"))
    request = collector.one(trace_id, CONTROL_PLANE, route)
    publish = collector.one(trace_id, RELAY, "config publish")
    apply = collector.one(trace_id, EDGE, "config apply")
    assert (request.parent_id, publish.parent_id, apply.parent_id) == (
        parent.split("-")[2],
        request.span_id,
        publish.span_id,
    )
    assert request.attributes["verdict.request_id"] == "traced-change"
    assert request.attributes["http.response.status_code"] == "201"
    version = str(answer.json()["environment_versions"]["production"])
    assert [each.attributes["verdict.version"] for each in (publish, apply)] == [version, version]
    statements = {each.name for each in spans if each.attributes.get("db.system.name") == "postgresql"}
    assert {"INSERT INTO audit_entries", "COMMIT"} <= statements
    lines = [
        json.loads(line) for line in tenant.services.edge.log.read_bytes().splitlines() if trace_id.encode() in line
    ]
    assert [(each["message"], each["span_id"]) for each in lines] == [("config applied", apply.span_id)]


def test_an_event_is_one_trace_from_its_sender_to_its_row(tenant: Tenant, collector: OtlpReceiver) -> None:
    trace_id = token_hex(16)
    event = {
        "type": "metric",
        "event_id": token_hex(8),
        "timestamp": round(time.time() * 1000),
        "user_key": "somebody-of-their-own",
        "metric": "bought",
        "properties": {"country": "Atlantis"},
    }
    headers = {"Authorization": f"Bearer {tenant.server_key}", "traceparent": traceparent(trace_id)}
    with httpx.Client(base_url=tenant.services.edge.url, headers=headers) as edge:
        until_blocking(lambda: edge.post("/v1/events", json=[event]).json().get("accepted") == 1)
    insert = "INSERT INTO events_metric"
    arrived(collector, trace_id, (EDGE, "POST /v1/events"), (INGESTOR, "POST /v1/events"), (LOADER, "events insert"))
    arrived(collector, trace_id, (INGESTOR, "events publish"), (LOADER, insert))
    chain = [
        collector.one(trace_id, EDGE, "POST /v1/events"),
        collector.one(trace_id, INGESTOR, "POST /v1/events"),
        collector.one(trace_id, INGESTOR, "events publish"),
        collector.one(trace_id, LOADER, "events insert"),
        collector.one(trace_id, LOADER, insert),
    ]
    assert [each.parent_id for each in chain[1:]] == [each.span_id for each in chain[:-1]]


def test_what_is_not_sampled_is_told_to_nobody(tenant: Tenant, collector: OtlpReceiver) -> None:
    quiet, loud = token_hex(16), token_hex(16)
    path = f"/api/v1/projects/{tenant.project}/flags"
    for number, (trace_id, flags) in enumerate(((quiet, "00"), (loud, "01"))):
        headers = {"traceparent": traceparent(trace_id, flags)}
        answer = tenant.api.post(path, json=FLAG | {"key": f"traced-{number}"}, headers=headers)
        assert answer.status_code == 201, answer.text
    arrived(collector, loud, (RELAY, "config publish"), (EDGE, "config apply"))
    assert collector.of(quiet) == []


def test_spans_hold_no_key_no_person_and_no_context(tenant: Tenant, collector: OtlpReceiver) -> None:
    trace_id = token_hex(16)
    headers = {"traceparent": traceparent(trace_id), "Authorization": f"Bearer {tenant.server_key}"}
    rule = {
        "id": "some",
        "if": {"attribute": "country", "operator": "eq", "value": "Atlantis"},
        "then": {"variation": "on"},
    }
    tenant.api.headers["traceparent"] = headers["traceparent"]
    tenant.create("flags", FLAG | {"key": "spied"})
    tenant.change("flags/spied/environments/production", {"enabled": True, "rules": [rule]})
    tenant.override("somebody-of-their-own", "spied", "on")
    credentials = tenant.services.credentials
    sign_in = {"email": credentials.admin_email, "password": credentials.admin_password}
    assert tenant.api.post("/api/v1/auth/login", json=sign_in).status_code == 200
    tenant.wait_for_edge()
    with httpx.Client(base_url=tenant.services.edge.url, headers=headers) as edge:
        asked = {"context": {"targetingKey": "somebody-of-their-own", "country": "Atlantis"}}
        assert edge.post("/ofrep/v1/evaluate/flags/spied", json=asked).status_code == 200
    arrived(collector, trace_id, (CONTROL_PLANE, "POST /api/v1/auth/login"), (EDGE, "config apply"))
    told = b"".join(collector.bodies)
    secrets = [tenant.server_key, tenant.api.headers["Authorization"].split()[1], *sign_in.values()]
    private = ["somebody-of-their-own", "Atlantis"]
    assert [each for each in (*secrets, *private) if each.encode() in told] == []
