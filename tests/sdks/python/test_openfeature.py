"""OpenFeature's own client over the provider: types, contexts, events, tracking; and what OpenTelemetry is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient
from feature_flag_platform.openfeature import FeatureFlagProvider, InMemoryProvider, telemetry
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode, GeneralError, ProviderFatalError
from openfeature.track import TrackingEventDetails
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.semconv._incubating.attributes import feature_flag_attributes
from opentelemetry.semconv.attributes import error_attributes

from tests.sdks.python.documents import EVERYTHING, boolean
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

SECONDS = 20
ANN = EvaluationContext("ann", {"country": "NO", "since": datetime(2026, 1, 1, tzinfo=UTC)})


@pytest.fixture
def own(edge: ScriptedEdge) -> Iterator[FeatureFlagClient]:
    with client_of(edge) as client:
        yield client


@pytest.fixture
def asked(own: FeatureFlagClient) -> Iterator[OpenFeatureClient]:
    api.set_provider_and_wait(FeatureFlagProvider(own))
    yield api.get_client()
    api.clear_providers()


def test_the_five_types(asked: OpenFeatureClient) -> None:
    assert asked.get_boolean_value("plain", False, ANN) is True
    assert asked.get_string_value("text", "", ANN) == "hello"
    assert asked.get_integer_value("limit", 0, ANN) == 7
    assert asked.get_float_value("ratio", 0.0, ANN) == 1.0
    assert asked.get_float_value("limit", 0.0, ANN) == 7.0
    assert asked.get_object_value("theme", {}, ANN) == {"dark": [1, 2.5, None]}


def test_a_detail_has_metadata_and_an_error_its_code(asked: OpenFeatureClient) -> None:
    found = asked.get_boolean_details("ruled", False, ANN)
    assert (found.value, found.variant, found.reason) == (True, "on", "TARGETING_MATCH")
    assert found.flag_metadata["owner"] == "shop"
    assert found.flag_metadata["contextId"] == "ann"
    assert found.flag_metadata["flagSetId"] == "scripted/test"
    wrong = asked.get_string_details("plain", "default", ANN)
    assert (wrong.value, wrong.error_code) == ("default", ErrorCode.TYPE_MISMATCH)
    assert asked.get_boolean_details("nothing", True, ANN).error_code is ErrorCode.FLAG_NOT_FOUND


def test_exposures_and_tracking_go_through_the_provider(edge: ScriptedEdge, asked: OpenFeatureClient) -> None:
    asked.get_boolean_value("tested", False, ANN)
    asked.track("purchase", ANN, TrackingEventDetails(12.5, {"currency": "EUR"}))
    asked.track("visit", ANN)
    api.shutdown()
    (exposure,) = edge.get("events?type=exposure")
    assert (exposure["user_key"], exposure["experiment"]) == ("ann", "test")
    purchase, visit = edge.get("events?type=metric")
    assert (purchase["metric"], purchase["value"], purchase["properties"]) == ("purchase", 12.5, {"currency": "EUR"})
    assert (visit["metric"], "value" in visit, "properties" in visit) == ("visit", False, False)


def test_a_change_names_the_flags(edge: ScriptedEdge, asked: OpenFeatureClient) -> None:
    told: list[EventDetails] = []
    asked.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.append)
    edge.put("document", EVERYTHING | {"version": 2, "flags": EVERYTHING["flags"] | {"plain": boolean(enabled=False)}})
    until_blocking(lambda: told)
    assert told[0].flags_changed == ["plain"]
    assert asked.get_boolean_value("plain", True, ANN) is False


def test_stale_and_ready_again_are_events(
    edge: ScriptedEdge, asked: OpenFeatureClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge.put("settings", {"heartbeat": 0.02})
    told: list[ProviderEvent] = []
    for event in (ProviderEvent.PROVIDER_STALE, ProviderEvent.PROVIDER_READY):
        asked.add_handler(event, lambda _, event=event: told.append(event))  # type: ignore[misc]
    monkeypatch.setattr("feature_flag_platform.runtime.STALE_SECONDS", 0.0)
    edge.post("streams", {"endpoint": "stream", "do": "end"})
    until_blocking(lambda: ProviderEvent.PROVIDER_STALE in told)
    monkeypatch.undo()
    edge.post("streams", {"endpoint": "stream", "do": "end"})
    until_blocking(lambda: told[-1] is ProviderEvent.PROVIDER_READY)


def test_a_refused_key_is_fatal(edge: ScriptedEdge) -> None:
    with client_of(edge, env_key="srv_unknown") as client, pytest.raises(ProviderFatalError, match="unknown"):
        FeatureFlagProvider(client).initialize(EvaluationContext())
    edge.put("behaviour", {"all": "silent"})
    with client_of(edge, start_wait=0) as client, pytest.raises(GeneralError):
        FeatureFlagProvider(client, ready_seconds=0.01).initialize(EvaluationContext())


def test_a_key_that_is_refused_later_is_an_error_event(edge: ScriptedEdge, asked: OpenFeatureClient) -> None:
    told: list[EventDetails] = []
    asked.add_handler(ProviderEvent.PROVIDER_ERROR, told.append)
    edge.put("behaviour", {"all": {"kind": "status", "status": 401, "code": "sdk_key_invalid"}})
    edge.post("streams", {"endpoint": "stream", "do": "end"})
    until_blocking(lambda: told)
    assert told[0].error_code is ErrorCode.GENERAL
    assert asked.get_boolean_value("plain", False, ANN)


def test_evaluations_are_log_events_of_opentelemetry(asked: OpenFeatureClient) -> None:
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    asked.add_hooks([telemetry.EvaluationEventsHook(provider.get_logger("tests"))])
    asked.get_boolean_value("plain", False, ANN)
    asked.get_string_value("plain", "default", ANN)
    first, second = (each.log_record for each in exporter.get_finished_logs())
    assert first.event_name == second.event_name == "feature_flag.evaluation"
    assert dict(first.attributes or {}) == {
        "feature_flag.key": "plain",
        "feature_flag.result.variant": "on",
        "feature_flag.result.reason": "static",
        "feature_flag.provider.name": "feature-flag-platform",
        "feature_flag.context.id": "ann",
        "feature_flag.set.id": "scripted/test",
        "feature_flag.version": "1",
    }
    wrong = dict(second.attributes or {})
    assert (wrong["error.type"], wrong["feature_flag.result.value"]) == ("type_mismatch", "default")
    assert wrong["feature_flag.result.reason"] == "error"
    assert wrong["error.message"]
    provider.shutdown()


def test_the_names_of_attributes_are_those_of_the_conventions() -> None:
    known = {
        value
        for module in (feature_flag_attributes, error_attributes)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    } | {"error.message"}
    assert {value for name, value in vars(telemetry).items() if name.isupper() and name != "EVENT"} <= known


def in_memory() -> InMemoryProvider:
    provider = InMemoryProvider().flag("new-checkout", on=True).serve("on", when={"country": "NO"}).otherwise("off")
    return provider.flag("color", red="#f00", blue="#00f").serve("blue", to="bob").otherwise("red")


CASES: dict[str, tuple[str, Any, str, Any]] = {
    "rule": ("new-checkout", False, "ann", True),
    "target": ("color", "", "bob", "#00f"),
    "otherwise": ("color", "", "ann", "#f00"),
    "another-type": ("color", False, "ann", False),
    "unknown": ("nothing", "blue", "ann", "blue"),
}


@pytest.mark.parametrize("case", CASES)
def test_flags_in_memory_are_evaluated_by_the_engine(case: str) -> None:
    flag, default, user, expected = CASES[case]
    api.set_provider_and_wait(in_memory())
    client, context = api.get_client(), EvaluationContext(user, {"country": "NO"})
    ask = client.get_boolean_value if default.__class__ is bool else client.get_string_value
    assert ask(flag, default, context) == expected
    api.clear_providers()


def test_rules_in_memory() -> None:
    provider = InMemoryProvider()
    provider.flag("adult").serve("on", when={"age": {"gte": 18, "lt": 99}, "country": ["NO", "SE"]}).otherwise("off")
    context = EvaluationContext("u", {"age": 18, "country": "SE"})
    assert provider.resolve_boolean_details("adult", False, context).value is True
    assert provider.resolve_boolean_details("adult", False, EvaluationContext("u", {"age": 17})).value is False
    provider.flag("split").otherwise(on=0.5, off=99.5)
    assert provider.resolve_boolean_details("split", True, context).reason == "SPLIT"
    provider.flag("done").off()
    assert provider.resolve_boolean_details("done", True, context).reason == "DISABLED"
    provider.flag("limit", low=1, high=2)
    assert provider.resolve_float_details("limit", 0.0, context).value == 1.0
    provider.track("bought", context, TrackingEventDetails(2.0, {"a": 1}))
    assert provider.tracked == [("bought", "u", 2.0, {"a": 1})]


WRONG: dict[str, Any] = {
    "no-flag": lambda p: InMemoryProvider().serve("on", when={"a": 1}),
    "no-variation": lambda p: p.flag("f").otherwise("blue"),
    "no-condition": lambda p: p.flag("f").serve("on"),
    "no-operator": lambda p: p.flag("f").serve("on", when={"a": {"is_telepathic": 1}}),
    "not-hundred": lambda p: p.flag("f").otherwise(on=50),
    "two-types": lambda p: p.flag("f", a=1, b="x"),
    "no-type": lambda p: p.flag("f", a=object()),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_said_in_memory_is_told_at_once(case: str) -> None:
    provider = in_memory()
    with pytest.raises(ValueError, match=r"^f: |say first"):
        WRONG[case](provider)
    assert provider.resolve_string_details("color", "").value == "#f00"
