"""The scripted edge does what docs/conformance.md says of it."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from edge_script.process import ScriptedEdge, scripted_edge

from tests.waiting import same, until_blocking

SECONDS = 20
FLAG = {
    "type": "boolean",
    "variations": {"on": True, "off": False},
    "off_variation": "off",
    "default": {"variation": "on"},
    "client_visible": True,
}
RULED = {**FLAG, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "off"}}], "client_visible": False}
DOCUMENT = {"flags": {"plain": FLAG, "ruled": RULED}, "segments": {"beta": {"included": ["ann"]}}}
EXPOSURE = {"type": "exposure", "event_id": "e1", "timestamp": 1, "user_key": "ann", "flag": "plain", "variation": "on"}


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedEdge]:
    with scripted_edge() as edge:
        yield edge


OPEN: list[http.client.HTTPConnection | http.client.HTTPResponse] = []
"""What a test has opened; closed after it."""


@pytest.fixture
def scripted(running: ScriptedEdge) -> ScriptedEdge:
    running.post("reset")
    running.put("document", DOCUMENT)
    return running


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def connection(scripted: ScriptedEdge, seconds: float = SECONDS) -> http.client.HTTPConnection:
    address = urlsplit(scripted.edge)
    OPEN.append(asking := http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds))
    return asking


def ask(
    scripted: ScriptedEdge, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
) -> Any:
    """Status, headers and body."""
    asking = connection(scripted)
    given = {"Authorization": f"Bearer {key or scripted.server_key}", **headers}
    asking.request(method, path, body if isinstance(body, bytes) or body is None else json.dumps(body), given)
    answer = asking.getresponse()
    told = answer.read()
    return answer.status, dict(answer.getheaders()), told


def stream(scripted: ScriptedEdge, last: str | None = None) -> http.client.HTTPResponse:
    asking = connection(scripted)
    headers = {"Authorization": f"Bearer {scripted.server_key}"} | ({} if last is None else {"Last-Event-ID": last})
    asking.request("GET", "/v1/stream", headers=headers)
    OPEN.append(reading := asking.getresponse())
    return reading


def event(reading: http.client.HTTPResponse) -> dict[str, str]:
    """The next one that has data."""
    fields: dict[str, str] = {}
    while line := reading.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
    return fields if "data" in fields else event(reading)


def test_a_document_is_served_with_an_etag(scripted: ScriptedEdge) -> None:
    status, headers, body = ask(scripted, "GET", "/v1/config")
    document = json.loads(body)
    assert status == 200
    assert document["version"] == 1
    assert document["flags"]["plain"]["version"] == 1
    assert ask(scripted, "GET", "/v1/config", **{"If-None-Match": headers["ETag"]})[0] == 304
    scripted.put("document", {"flags": {"plain": FLAG}})
    assert ask(scripted, "GET", "/v1/config", **{"If-None-Match": headers["ETag"]})[0] == 200


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("cli", "/v1/config", 403),
        ("cli", "/v1/stream", 403),
        ("wrong", "/v1/config", 401),
        ("cli", "/v1/environment", 200),
    ],
)
def test_keys_are_looked_at(scripted: ScriptedEdge, key: str, path: str, status: int) -> None:
    assert ask(scripted, "GET", path, key=scripted.client_key if key == "cli" else key)[0] == status


def test_the_stream_tells_a_snapshot_then_changes_and_resumes(scripted: ScriptedEdge) -> None:
    reading = stream(scripted)
    snapshot = event(reading)
    assert snapshot["event"] == "snapshot"
    scripted.put("document", {**DOCUMENT, "segments": {"beta": {"included": ["bob"]}}})
    change = event(reading)
    assert (change["event"], json.loads(change["data"])) == (
        "change",
        {
            "version": 2,
            "flags": {},
            "segments": {"beta": {"included": ["bob"]}},
            "experiments": {},
            "remote_configs": {},
            "versions": {"ruled": 2},
        },
    )
    assert event(stream(scripted, snapshot["id"])) == change
    assert event(stream(scripted, "0-unknown"))["event"] == "snapshot"


def test_a_broken_stream_breaks_as_it_is_told(scripted: ScriptedEdge) -> None:
    scripted.put("behaviour", {"stream": [{"kind": "half_event", "times": 1}, {"kind": "cut", "times": 1}, "html"]})
    whole = stream(scripted).read()
    assert whole.count(b"data: ") == 1
    assert not whole.endswith(b"\n\n")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        stream(scripted).read()
    assert stream(scripted).getheader("Content-Type") == "text/html"
    kinds = [each["behaviour"] for each in scripted.get("requests?endpoint=stream")]
    assert kinds == ["half_event", "cut", "html"]


def test_open_streams_do_what_they_are_told(scripted: ScriptedEdge) -> None:
    reading = stream(scripted)
    event(reading)
    scripted.post("streams", {"do": "say", "text": "event: change\ndata: lies\n\n"})
    assert event(reading)["data"] == "lies"
    scripted.post("streams", {"do": "end"})
    assert reading.read() == b""
    until_blocking(lambda: same(scripted.get("state")["streams"]["stream"], 0))


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_cut_answer_is_never_whole(scripted: ScriptedEdge, kind: str) -> None:
    scripted.put("behaviour", {"config": {"kind": kind, "times": 1}})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(scripted, "GET", "/v1/config")
    assert ask(scripted, "GET", "/v1/config")[0] == 200


def test_a_status_has_its_retry_after(scripted: ScriptedEdge) -> None:
    scripted.put("behaviour", {"all": {"kind": "status", "status": 429, "retry_after": 7}})
    status, headers, body = ask(scripted, "GET", "/v1/config")
    assert (status, headers["Retry-After"], json.loads(body)["code"]) == (429, "7", "too_many_requests")


def test_silence_is_silence(scripted: ScriptedEdge) -> None:
    scripted.put("behaviour", {"config": "silent"})
    asking = connection(scripted, 0.2)
    asking.request("GET", "/v1/config", headers={"Authorization": f"Bearer {scripted.server_key}"})
    with pytest.raises(TimeoutError):
        asking.getresponse()


def test_what_is_held_is_served_when_it_is_released(scripted: ScriptedEdge) -> None:
    scripted.put("behaviour", {"config": {"kind": "held", "times": 1}})
    held = connection(scripted)
    held.request("GET", "/v1/config", headers={"Authorization": f"Bearer {scripted.server_key}"})
    until_blocking(lambda: len(scripted.get("requests?endpoint=config")) == 1, SECONDS)
    assert ask(scripted, "GET", "/v1/config")[0] == 200
    assert [each["status"] for each in scripted.get("requests?endpoint=config")] == [0, 200]
    scripted.post("release")
    assert held.getresponse().status == 200


def test_an_older_document_is_the_one_before(scripted: ScriptedEdge) -> None:
    scripted.put("document", {"flags": {}})
    scripted.put("behaviour", {"config": {"kind": "older", "times": 1}})
    versions = [json.loads(ask(scripted, "GET", "/v1/config")[2])["version"] for _ in range(2)]
    assert versions == [1, 2]


def test_the_port_is_closed_black_and_open_again(scripted: ScriptedEdge) -> None:
    address = urlsplit(scripted.edge)
    place = (address.hostname or "", address.port or 0)
    scripted.put("port", {"state": "closed"})
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, SECONDS)
    scripted.put("port", {"state": "black_hole"})
    with pytest.raises(TimeoutError):
        socket.create_connection(place, 0.2)
    scripted.put("port", {"state": "open"})
    assert ask(scripted, "GET", "/v1/config")[0] == 200


def test_ofrep_answers_by_the_engine(scripted: ScriptedEdge) -> None:
    context = {"context": {"targetingKey": "ann"}}
    status, _, body = ask(scripted, "POST", "/ofrep/v1/evaluate/flags/ruled", context)
    assert (status, json.loads(body)["reason"]) == (200, "TARGETING_MATCH")
    assert ask(scripted, "POST", "/ofrep/v1/evaluate/flags/ruled", context, key=scripted.client_key)[0] == 404
    _, headers, body = ask(scripted, "POST", "/ofrep/v1/evaluate/flags", context, key=scripted.client_key)
    assert [each["key"] for each in json.loads(body)["flags"]] == ["plain"]
    unchanged = ask(
        scripted, "POST", "/ofrep/v1/evaluate/flags", context, scripted.client_key, **{"If-None-Match": headers["ETag"]}
    )
    assert unchanged[0] == 304


def test_what_nobody_can_evaluate_is_served_all_the_same(scripted: ScriptedEdge) -> None:
    odd = {
        **FLAG,
        "rules": [{"if": {"attribute": "a", "operator": "is_telepathic", "value": 1}, "then": {"variation": "on"}}],
    }
    scripted.put("document", {"flags": {"odd": odd, "plain": FLAG}})
    assert json.loads(ask(scripted, "GET", "/v1/config")[2])["flags"]["odd"]["rules"] == odd["rules"]
    assert json.loads(ask(scripted, "POST", "/ofrep/v1/evaluate/flags/odd")[2])["errorCode"] == "PARSE_ERROR"
    assert json.loads(ask(scripted, "POST", "/ofrep/v1/evaluate/flags/plain")[2])["value"] is True


def test_long_lists_come_in_chunks_named_by_their_digests(scripted: ScriptedEdge) -> None:
    keys = [f"user-{number}" for number in range(50)]
    scripted.put("document", {**DOCUMENT, "long_lists": {"beta": {"included": keys, "depth": 2}}})
    named = json.loads(ask(scripted, "GET", "/v1/config")[2])["segments"]["beta"]["long_list"]["chunks"]
    found: list[str] = []
    for each in named:
        status, headers, body = ask(scripted, "GET", f"/v1/segments/beta/chunks/{each['number']}")
        assert (status, hashlib.sha256(body).hexdigest()) == (200, each["digest"])
        assert each["digest"] in headers["ETag"]
        found += json.loads(body)["included"]
    assert sorted(found) == sorted(keys)


def test_events_are_taken_once_and_refused_with_a_code(scripted: ScriptedEdge) -> None:
    packed = gzip.compress(json.dumps([EXPOSURE, {**EXPOSURE, "event_id": ""}, {"type": "odd"}]).encode())
    for _ in range(2):
        status, _, body = ask(scripted, "POST", "/v1/events", packed, **{"Content-Encoding": "gzip"})
        assert (status, json.loads(body)["accepted"]) == (202, 1)
        assert [each["code"] for each in json.loads(body)["rejected"]] == ["wrong_type", "unknown_type"]
    assert scripted.get("events?type=exposure") == [EXPOSURE]
    assert [(each["events"], each["encoding"], each["status"]) for each in scripted.get("batches")] == [
        (3, "gzip", 202)
    ] * 2


def test_events_that_are_taken_and_not_answered_count_once(scripted: ScriptedEdge) -> None:
    scripted.put("behaviour", {"events": {"kind": "cut", "times": 1}})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(scripted, "POST", "/v1/events", [EXPOSURE])
    assert ask(scripted, "POST", "/v1/events", [EXPOSURE])[0] == 202
    assert len(scripted.get("events")) == 1
    assert [each["ids"] for each in scripted.get("batches")] == [["e1"], ["e1"]]


def test_a_scenario_is_played(tmp_path: Path) -> None:
    entries = [
        {"document": DOCUMENT},
        {"after_requests": {"config": 1}, "behaviour": {"config": {"kind": "status", "status": 500}}},
        {"after_requests": {"config": 1}, "behaviour": {"config": "ok"}},
    ]
    (tmp_path / "scenario.json").write_text(json.dumps(entries))
    with scripted_edge(str(tmp_path / "scenario.json")) as edge:
        until_blocking(lambda: same(edge.get("state")["version"], 1))
        assert ask(edge, "GET", "/v1/config")[0] == 200
        until_blocking(lambda: same(ask(edge, "GET", "/v1/config")[0], 500))
        until_blocking(lambda: same(ask(edge, "GET", "/v1/config")[0], 200))


@pytest.mark.parametrize(
    "entries", ["{}", '[{"after_requests": {"odd": 1}}]', '[{"behaviour": {"stream": "odd"}}]', "nothing"]
)
def test_a_scenario_that_is_none_is_told(tmp_path: Path, entries: str) -> None:
    (tmp_path / "scenario.json").write_text(entries)
    command = [sys.executable, "-m", "edge_script", str(tmp_path / "scenario.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("edge_script: ")
