"""What a client tells: exposures once, metric events, usage; in batches, again with the same ids, never blocking."""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient
from feature_flag_platform.events import exposures
from feature_flag_platform.events.batches import BATCH_BYTES_MAX, EVENT_BYTES_MAX, pack
from feature_flag_platform.version import SDK

from tests.sdks.python.documents import EVERYTHING, document
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

SECONDS = 20
ANN = {"key": "ann", "attributes": {"country": "NO", "plan": "gold", "company": 7}}


def told(edge: ScriptedEdge, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = edge.get(f"events?type={kind}")
    return found


def dropped(client: FeatureFlagClient) -> dict[str, int]:
    return dict(client.status().events.dropped or {})


def test_an_exposure_says_what_was_served_and_to_whom(edge: ScriptedEdge) -> None:
    edge.put("environment", {"exposure_attributes": ["company"]})
    with client_of(edge) as client:
        client.is_enabled("reported", ANN)
        client.variation("tested", ANN)
        assert client.flush(SECONDS)
    reported, tested = told(edge, "exposure")
    assert reported["user_key"] == "ann"
    assert (reported["flag"], reported["variation"], reported["experiments"]) == ("reported", "on", [])
    assert reported["context"] == {"country": "NO", "plan": "gold", "company": 7}
    assert "experiment" not in reported
    assert (tested["experiment"], tested["experiments"]) == ("test", [{"key": "test", "phase": 2}])
    assert tested["context"] == {"company": 7}
    assert isinstance(tested["config_version"], int)
    assert tested["event_id"][14] == "7"


def test_an_exposure_is_told_once_in_ten_minutes(edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_of(edge) as client:
        for _ in range(3):
            client.is_enabled("reported", "ann")
        client.is_enabled("reported", "bob")
        client.flush(SECONDS)
        assert len(told(edge, "exposure")) == 2
        monkeypatch.setattr(exposures, "WINDOW_SECONDS", 0.0)
        client.is_enabled("reported", "ann")
        client.flush(SECONDS)
        assert len(told(edge, "exposure")) == 3


def test_what_is_remembered_of_exposures_is_bounded(edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposures, "REMEMBERED_MAX", 4)
    with client_of(edge) as client:
        for name in ("a", "b", "c", "d", "e", "d", "a"):
            client.is_enabled("reported", name)
        client.flush(SECONDS)
        assert Counter(each["user_key"] for each in told(edge, "exposure")) == {"a": 2, "b": 1, "c": 1, "d": 1, "e": 1}


NONE_OF: dict[str, Any] = {
    "plain": lambda c: c.is_enabled("plain", "ann"),
    "all-flags": lambda c: c.all_flags("ann"),
    "explain": lambda c: c.explain("reported", "ann"),
    "error": lambda c: c.detail("broken", "ann"),
    "mismatch": lambda c: c.variation("reported", "ann", "text"),
    "without-key": lambda c: c.is_enabled("reported", {"country": "NO"}),
    "config-without-experiment": lambda c: c.config("page", "ann", None),
}


@pytest.mark.parametrize("case", NONE_OF)
def test_what_is_no_exposure(edge: ScriptedEdge, case: str) -> None:
    with client_of(edge, usage=False) as client:
        NONE_OF[case](client)
        assert client.flush(SECONDS)
        assert client.status().events.sent == 0


def test_a_remote_config_is_exposed_while_an_experiment_is_under_way(edge: ScriptedEdge) -> None:
    everything = [{"key": "a", "weight": 100}]
    over = {"start_at": 0, "stop_at": 1, "mode": "assigns", "traffic": 100, "variations": everything}
    tables = {
        "remote_configs": {"page": {"value": {}}, "done": {"value": {}}},
        "experiments": {
            "small": over | {"flag": "page", "stop_at": None, "traffic": 0},
            "gone": over | {"flag": "done"},
        },
    }
    edge.put("document", document(version=2, **tables))
    with client_of(edge) as client:
        client.config("page", "ann", None)
        client.config("done", "ann", None)
        client.flush(SECONDS)
        assert [(each["flag"], each["experiments"]) for each in told(edge, "exposure")] == [("page", [])]
        assert client.detail("page", "ann").metadata["reportExposures"] is True


@pytest.mark.parametrize(("exposing", "count"), [("manual", 1), ("off", 0)], ids=["manual", "off"])
def test_exposures_on_request_alone(edge: ScriptedEdge, exposing: Any, count: int) -> None:
    with client_of(edge, exposures=exposing) as client:
        client.is_enabled("reported", "ann")
        client.track_exposure("plain", "bob")
        client.track_exposure("broken", "bob")
        client.flush(SECONDS)
        assert [each["flag"] for each in told(edge, "exposure")] == ["plain"] * count


def test_a_metric_event_has_value_and_properties(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        client.track_metric("conversion", 1.0, "ann")
        client.track_metric("visit", None, ANN, {"page": "start", "odd": object(), "parts": (1, 2)})
        client.track_metric("price", Decimal("1.5"), "ann")  # type: ignore[arg-type]
        client.flush(SECONDS)
    conversion, visit, price = told(edge, "metric")
    assert (conversion["metric"], conversion["value"], conversion["user_key"]) == ("conversion", 1.0, "ann")
    assert "value" not in visit
    assert visit["properties"] == {"page": "start", "parts": [1, 2]}
    assert price["value"] == 1.5


NO_METRICS: dict[str, tuple[Any, Any, Any]] = {
    "nan": ("m", math.nan, "ann"),
    "infinite": ("m", math.inf, "ann"),
    "truth": ("m", True, "ann"),
    "text": ("m", "1", "ann"),
    "nobody": ("m", 1.0, None),
    "no-name": ("", 1.0, "ann"),
}


@pytest.mark.parametrize("case", NO_METRICS)
def test_what_can_be_no_metric_event_is_dropped_counted_and_warned_of(
    edge: ScriptedEdge, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, value, user = NO_METRICS[case]
    with client_of(edge) as client:
        client.track_metric(name, value, user)
        client.track_metric(name, value, user)
        assert dropped(client) == {"invalid": 2}
        assert len([each for each in caplog.records if "metric event" in each.getMessage()]) == 1


def test_private_attributes_and_hashed_keys(edge: ScriptedEdge) -> None:
    options = {"private_attributes": ["plan"], "hash_keys_with": "pepper"}
    edge.put("environment", {"exposure_attributes": ["plan.name", "country"]})
    with client_of(edge, **options) as client:
        client.is_enabled("reported", ANN)
        client.track_metric("m", 1, ANN, {"plan": "gold", "page": 1})
        client.flush(SECONDS)
    hashed = hmac.new(b"pepper", b"ann", hashlib.sha256).hexdigest()
    (exposure,), (metric,) = told(edge, "exposure"), told(edge, "metric")
    assert exposure["user_key"] == metric["user_key"] == hashed
    assert exposure["context"] == {"country": "NO"}
    assert metric["properties"] == {"page": 1}
    assert "ann" not in str(edge.get("events"))


def test_usage_counts_how_evaluations_ended(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        for _ in range(1000):
            client.is_enabled("plain", "ann")
        client.is_enabled("nothing", "ann")
        client.variation("text", "ann", 1)
        client.all_flags("ann")
        client.flush(SECONDS)
        client.is_enabled("plain", "ann")
        client.flush(SECONDS)
    first, second = told(edge, "usage")
    counts = {(each["flag"], each.get("error"), each.get("bulk")): each for each in first["counts"]}
    plain = {"flag": "plain", "variation": "on", "reason": "STATIC", "sdk": SDK, "count": 1000}
    assert counts["plain", None, None] == plain
    assert counts["nothing", "FLAG_NOT_FOUND", None]["count"] == 1
    assert counts["text", "TYPE_MISMATCH", None]["reason"] == "ERROR"
    assert counts["plain", None, True]["count"] == 1
    assert [(each["flag"], each["count"]) for each in second["counts"]] == [("plain", 1)]


def test_usage_of_many_threads_is_exact(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        threads = [
            threading.Thread(target=lambda: [client.is_enabled("plain", "ann") for _ in range(2000)]) for _ in range(8)
        ]
        for each in threads:
            each.start()
        client.flush(SECONDS)
        for each in threads:
            each.join()
        client.flush(SECONDS)
    assert sum(each["count"] for event in told(edge, "usage") for each in event["counts"]) == 16_000


def test_a_full_queue_drops_the_newest(edge: ScriptedEdge) -> None:
    edge.put("behaviour", {"events": "silent"})
    with client_of(edge, queue_size=3, usage=False) as client:
        for number in range(5):
            client.track_metric(f"m{number}", None, "ann")
        assert dropped(client) == {"queue_full": 2}
        edge.put("behaviour", {"events": "ok"})


AGAIN: dict[str, Any] = {
    "error": {"kind": "status", "status": 500, "times": 2},
    "too-many": {"kind": "status", "status": 429, "retry_after": 0, "times": 2},
    "unavailable": {"kind": "status", "status": 503, "retry_after": 0, "times": 2},
    "reset": {"kind": "reset", "times": 2},
    "cut": {"kind": "cut", "times": 2},
}


@pytest.mark.parametrize("case", AGAIN)
def test_a_batch_is_sent_again_with_the_same_ids(edge: ScriptedEdge, case: str) -> None:
    edge.put("behaviour", {"events": [AGAIN[case], "ok"]})
    with client_of(edge, usage=False) as client:
        client.track_metric("m", 1.0, "ann")
        assert client.flush(SECONDS)
        assert client.status().events.sent == 1
    batches = edge.get("batches")
    assert len(batches) >= 2
    assert len({tuple(each["ids"]) for each in batches}) == 1
    assert len(told(edge, "metric")) == 1


def test_after_any_other_answer_a_batch_is_forgotten(edge: ScriptedEdge, caplog: pytest.LogCaptureFixture) -> None:
    edge.put("behaviour", {"events": [{"kind": "status", "status": 413, "times": 1}, "ok"]})
    with client_of(edge, usage=False) as client:
        client.track_metric("m", 1.0, "ann")
        assert client.flush(SECONDS)
        assert dropped(client) == {"rejected": 1}
        client.track_metric("m", 1.0, "u" * 600)
        assert client.flush(SECONDS)
        assert dropped(client) == {"rejected": 1, "invalid": 1}
    assert any("413" in each.getMessage() for each in caplog.records)


def test_batches_are_packed_and_bounded(edge: ScriptedEdge) -> None:
    with client_of(edge, usage=False, batch_size=50, flush_interval=0.02) as client:
        for number in range(120):
            client.track_metric("m", number, "ann")
        until_blocking(lambda: client.status().events.sent == 120)
    batches = edge.get("batches")
    assert max(each["events"] for each in batches) <= 50
    assert any(each["encoding"] == "gzip" for each in batches)


def test_a_batch_has_a_size_and_passes_over_what_is_too_large() -> None:
    large = {"properties": {"text": "x" * (EVENT_BYTES_MAX - 100)}}
    batch = pack([large] * 60)
    assert (batch.events, batch.too_large) == (BATCH_BYTES_MAX // (EVENT_BYTES_MAX - 72), 0)
    assert pack([{"text": "x" * EVENT_BYTES_MAX}, {"a": 1}])[2:] == (1, 1)


def test_events_go_where_the_environment_says(edge: ScriptedEdge) -> None:
    edge.put("environment", {"events_url": f"{edge.edge}/"})
    with client_of(edge, usage=False) as client:
        client.track_metric("m", 1.0, "ann")
        assert client.flush(SECONDS)
    with client_of(edge, usage=False, events_endpoint="http://127.0.0.1:9") as client:
        client.track_metric("elsewhere", 1.0, "ann")
        assert not client.flush(0.1)
        assert client.status().events.queued == 1


def test_closing_sends_what_is_left_and_counts_what_could_not_be_sent(edge: ScriptedEdge) -> None:
    with client_of(edge, usage=False) as client:
        client.track_metric("m", 1.0, "ann")
        assert client.close(SECONDS)
        assert client.status().events.sent == 1
        client.track_metric("m", 1.0, "ann")
        assert dropped(client) == {"closed": 1}
    edge.put("behaviour", {"events": {"kind": "status", "status": 503}})
    with client_of(edge, usage=False) as client:
        client.track_metric("m", 1.0, "ann")
        assert not client.close(0.05)
        until_blocking(lambda: dropped(client) == {"closed": 1})


def test_an_offline_client_sends_nothing(edge: ScriptedEdge) -> None:
    with client_of(edge, offline=True, bootstrap=EVERYTHING) as client:
        assert client.is_enabled("reported", "ann")
        client.track_metric("m", 1.0, "ann")
        assert client.flush(1)
        assert (client.status().events.queued, dropped(client)) == (0, {"offline": 1})
    assert edge.get("requests") == []
