"""What is held becomes the newest again after whatever happens on the way, and evaluations go on meanwhile."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient, Mode, Source, State
from feature_flag_platform.configuration import endpoints, follower
from feature_flag_platform.configuration.holder import Holder
from feature_flag_platform.evaluation.usage_counts import UsageCounts
from feature_flag_platform.evaluation.views import View
from feature_flag_platform.notices import Notices
from feature_flag_platform.options import LOGGER

from tests.sdks.python.documents import EVERYTHING, boolean
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

CHANGED = EVERYTHING | {"version": 2, "flags": EVERYTHING["flags"] | {"plain": boolean(enabled=False)}}
BROKEN_OPERATOR = boolean(
    rules=[{"if": {"attribute": "a", "operator": "is_telepathic", "value": 1}, "then": {"variation": "off"}}]
)


def streams(edge: ScriptedEdge) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = edge.get("requests?endpoint=stream")
    return found


def follows(client: FeatureFlagClient) -> bool:
    return client.status().mode is Mode.STREAM and client.status().confirmed_at is not None


def test_a_start_reads_the_configuration_once(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        assert client.is_enabled("plain", "u")
        status = client.status()
        assert (status.state, status.source, status.version) == (State.READY, Source.EDGE, 1)
        until_blocking(lambda: follows(client))
        assert streams(edge)[0]["headers"]["last-event-id"]
        assert len(edge.get("requests?endpoint=config")) == 1


def test_changes_come_by_the_stream(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        until_blocking(lambda: follows(client))
        edge.put("document", CHANGED)
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        assert client.status().version == 2
        assert len(edge.get("requests?endpoint=config")) == 1


ON_THE_WAY: dict[str, list[dict[str, Any]]] = {
    "error": [{"kind": "status", "status": 500, "times": 2}],
    "unavailable": [{"kind": "status", "status": 503, "retry_after": 0, "times": 2}],
    "page": [{"kind": "html", "times": 1}],
    "garbage": [{"kind": "garbage", "times": 1}],
    "redirect": [{"kind": "redirect", "location": "http://127.0.0.1:9/", "times": 1}],
    "reset": [{"kind": "reset", "times": 2}],
    "cut": [{"kind": "cut", "times": 1}],
    "half": [{"kind": "half_event", "times": 1}],
    "silent": [{"kind": "silent", "times": 1}],
    "buffered": [{"kind": "buffered", "times": 1}],
    "mute": [{"kind": "mute", "times": 1}],
}


@pytest.mark.parametrize("case", ON_THE_WAY)
def test_a_stream_that_fails_is_opened_again(edge: ScriptedEdge, case: str) -> None:
    edge.put("behaviour", {"stream": ON_THE_WAY[case]})
    with client_of(edge, silence=0.2) as client:
        until_blocking(lambda: len(streams(edge)) > sum(each["times"] for each in ON_THE_WAY[case]))
        edge.put("settings", {"heartbeat": 0.05})
        edge.put("document", CHANGED)
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        assert client.variation("text", "u", "") == "hello"


@pytest.mark.parametrize("kind", ["html", "garbage", "reset", "cut", "silent"])
def test_a_configuration_that_fails_comes_by_the_stream(
    edge: ScriptedEdge, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge.put("behaviour", {"config": kind})
    monkeypatch.setattr("feature_flag_platform.configuration.edge.CONFIG_SECONDS", 0.2)
    with client_of(edge) as client:
        assert client.is_enabled("plain", "u")


def test_an_edge_that_goes_and_comes_back_is_followed_again(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        until_blocking(lambda: follows(client))
        edge.put("port", {"state": "closed"})
        until_blocking(lambda: client.status().last_error is not None)
        assert client.is_enabled("plain", "u")
        edge.put("document", CHANGED)
        edge.put("port", {"state": "open"})
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        until_blocking(lambda: client.status().last_error is None)


def test_nothing_that_is_older_is_taken(edge: ScriptedEdge) -> None:
    newer = EVERYTHING | {"version": 9, "flags": {"plain": boolean(enabled=False)}}
    with client_of(edge, bootstrap=newer) as client:
        until_blocking(lambda: streams(edge) and "older" in (client.status().last_error or ""))
        assert (client.status().version, client.status().source) == (9, Source.BOOTSTRAP)
        assert not client.is_enabled("plain", "u")
        edge.put("document", EVERYTHING | {"version": 10})
        until_blocking(lambda: client.is_enabled("plain", "u"))
        until_blocking(lambda: client.status().last_error is None)


def test_a_change_that_does_not_follow_is_not_applied(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        until_blocking(lambda: follows(client))
        change = 'id: 1-made-up\nevent: change\ndata: {"version": 0, "flags": {"plain": null}}\n\n'
        edge.post("streams", {"endpoint": "stream", "do": "say", "text": change})
        until_blocking(lambda: len(streams(edge)) > 1 and follows(client))
        assert "last-event-id" not in streams(edge)[1]["headers"]
        assert client.is_enabled("plain", "u")


def test_what_cannot_be_evaluated_leaves_what_was_good(edge: ScriptedEdge, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(edge) as client:
        until_blocking(lambda: follows(client))
        flags = EVERYTHING["flags"] | {"plain": BROKEN_OPERATOR, "new": BROKEN_OPERATOR, "odd": 7, "fine": boolean()}
        edge.put("document", EVERYTHING | {"version": 2, "flags": flags})
        until_blocking(lambda: client.status().version == 2)
        assert client.detail("plain", "u").reason == "STATIC"
        assert client.detail("new", "u").error_code == "PARSE_ERROR"
        assert client.detail("odd", "u").error_code == "PARSE_ERROR"
        assert client.is_enabled("fine", "u")
        told = [each.getMessage() for each in caplog.records if "can't be used" in each.getMessage()]
        assert len([each for each in told if "'plain'" in each]) == 1


def test_a_refused_key_says_why_once_and_asks_no_more(edge: ScriptedEdge, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(edge, env_key=edge.client_key) as client:
        assert client.status().state is State.REFUSED
        until_blocking(lambda: not any(each.name == "feature-flags-configuration" for each in threading.enumerate()))
        assert len(edge.get("requests?endpoint=config")) == 1
        errors = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
        assert len(errors) == 1
        assert "client key" in errors[0]
        assert "@feature-flag-platform/web" in errors[0]
        assert client.detail("plain", "u").error_code == "PROVIDER_NOT_READY"


def test_a_key_that_is_revoked_goes_on_with_what_is_held(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        until_blocking(lambda: follows(client))
        edge.put("behaviour", {"all": {"kind": "status", "status": 401, "code": "sdk_key_invalid"}})
        edge.post("streams", {"endpoint": "stream", "do": "end"})
        until_blocking(lambda: client.status().state is State.REFUSED)
        assert client.is_enabled("plain", "u")
        client.track_metric("bought", 1.0, "u")
        client.flush(20)
        until_blocking(lambda: (client.status().events.dropped or {}).get("refused", 0) > 0)


def test_where_streams_cannot_pass_the_configuration_is_polled(
    edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "STREAM_AGAIN_SECONDS", 1.0)
    edge.put("behaviour", {"stream": [{"kind": "html", "times": 4}, "ok"]})
    with client_of(edge, poll_interval=0.05) as client:
        until_blocking(lambda: client.status().mode is Mode.POLL)
        edge.put("document", CHANGED)
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        until_blocking(lambda: follows(client))


def test_one_stream_that_fails_is_enough_while_it_polls(edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "STREAM_AGAIN_SECONDS", 0.2)
    edge.put("behaviour", {"stream": "html"})
    with client_of(edge, poll_interval=0.02) as client:
        until_blocking(lambda: len(streams(edge)) >= 6)
        asked = [each["endpoint"] for each in edge.get("requests") if each["endpoint"] in ("config", "stream")]
        assert client.is_enabled("plain", "u")
    fourth = [at for at, each in enumerate(asked) if each == "stream"][3]
    assert "stream stream" not in " ".join(asked[fourth:])


def test_polling_always_opens_no_stream(edge: ScriptedEdge) -> None:
    with client_of(edge, polling="always", poll_interval=0.02) as client:
        edge.put("document", CHANGED)
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        until_blocking(lambda: any(each["status"] == 304 for each in edge.get("requests?endpoint=config")))
        assert streams(edge) == []


def test_the_next_endpoint_serves_and_the_first_is_tried_again(
    edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "FIRST_AGAIN_SECONDS", 0.05)
    edge.put("settings", {"heartbeat": 0.02})
    gone = "http://127.0.0.1:9"
    with client_of(edge, endpoint=[gone, f"{edge.edge}/"]) as client:
        assert client.ready(30)
        until_blocking(lambda: follows(client))
        assert client.status().endpoint == edge.edge
    with client_of(edge, endpoint=[edge.edge, gone]) as client:
        until_blocking(lambda: follows(client))
        edge.put("port", {"state": "closed"})
        until_blocking(lambda: client.status().endpoint == gone)
        edge.put("port", {"state": "open"})
        until_blocking(lambda: client.status().endpoint == edge.edge and follows(client))


def test_what_is_not_confirmed_for_a_minute_is_stale(edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feature_flag_platform.runtime.STALE_SECONDS", 0.0)
    with client_of(edge) as client:
        until_blocking(lambda: client.status().state is State.STALE)
        assert client.is_enabled("plain", "u")


def test_answers_tell_the_age_of_what_is_not_confirmed() -> None:
    views: list[View] = []
    held = Holder(UsageCounts(), Notices(LOGGER), None, lambda view, _: views.append(view))
    held.take(EVERYTHING, Source.EDGE)
    held.confirm()
    assert views[-1].decide("plain", {}, 0).detail.metadata["ageSeconds"] == 0
    assert held.confirmed is not None
    held.confirmed -= 100
    held.show_age()
    assert views[-1].decide("plain", {}, 0).detail.metadata["ageSeconds"] >= 100
    held.confirm()
    assert views[-1].decide("plain", {}, 0).detail.metadata["ageSeconds"] == 0


def test_a_constructor_waits_no_longer_than_it_was_told(edge: ScriptedEdge) -> None:
    edge.put("behaviour", {"all": "silent"})
    with client_of(edge, start_wait=0.05) as client:
        assert client.status().state is State.STARTING
        assert client.detail("plain", "u", False).error_code == "PROVIDER_NOT_READY"
        assert not client.ready(0.01)
        edge.post("reset")
        edge.put("document", EVERYTHING)


def test_a_closed_client_has_no_thread_and_still_evaluates(edge: ScriptedEdge) -> None:
    # Those of a client that was just closed end by themselves.
    until_blocking(lambda: not any(each.name.startswith("feature-flags-") for each in threading.enumerate()))
    before = set(threading.enumerate())
    client = FeatureFlagClient(edge.server_key, edge.edge, start_wait=30)
    assert len(set(threading.enumerate()) - before) == 2
    assert client.close()
    assert set(threading.enumerate()) == before
    assert client.is_enabled("plain", "u")
    assert client.status().state is State.CLOSED
    assert client.close()
    with FeatureFlagClient(edge.server_key, edge.edge, start_wait=0):
        pass
    until_blocking(lambda: set(threading.enumerate()) == before)
