"""What reaches a collector, by a real one; and that one which is away costs spans, counted, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from threading import Event

import pytest
from prometheus_client import CollectorRegistry
from service_kit import traces
from service_kit.trace_export import NotTraced, begin_tracing, is_asked_for

from tests.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.recorded_traces import some_traceparent
from tests.waiting import same, until_blocking

HERE = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": HERE}, True, id="endpoint"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": HERE}, True, id="endpoint-of-traces"),
        pytest.param({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": HERE}, False, id="endpoint-of-metrics"),
        pytest.param({"OTEL_TRACES_EXPORTER": "otlp"}, True, id="exporter"),
        pytest.param({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": HERE}, False, id="no-exporter"),
        pytest.param({"OTEL_SDK_DISABLED": "True", "OTEL_EXPORTER_OTLP_ENDPOINT": HERE}, False, id="disabled"),
    ],
)
def test_traces_are_asked_for_by_the_standard_variables(variables: dict[str, str], asked: bool) -> None:
    assert is_asked_for(variables) is asked


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"OTEL_TRACES_EXPORTER": "zipkin"}, id="OTEL_TRACES_EXPORTER"),
        pytest.param(
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, id="OTEL_EXPORTER_OTLP_PROTOCOL"
        ),
    ],
)
def test_what_can_not_be_done_is_said_and_costs_no_service(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotTraced, match=list(variables)[-1]):
        is_asked_for(variables)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    begin_tracing("tests", CollectorRegistry())
    assert not traces.traced()
    assert "nothing is traced" in caplog.text


def test_without_the_library_nothing_is_traced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.delitem(sys.modules, "service_kit.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    begin_tracing("tests", CollectorRegistry())
    assert not traces.traced()
    assert "nothing is traced" in caplog.text


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


Begin = Callable[..., CollectorRegistry]


@pytest.fixture
def begin(collector: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begins to trace, with variables besides."""

    def begun(**variables: str) -> CollectorRegistry:
        registry = CollectorRegistry()
        given = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "20", **variables}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        begin_tracing("tests", registry)
        return registry

    yield begun
    traces.close()


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(f"verdict_trace_spans_{name}", labels) or 0


def test_spans_reach_the_collector_with_their_parents_and_links(collector: OtlpReceiver, begin: Begin) -> None:
    registry = begin(OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=here")
    parent, other = some_traceparent(), some_traceparent()
    with traces.span("outer", kind="server", parent=parent, links=[other], attributes={"n": 1}), traces.part("inner"):
        pass
    until_blocking(lambda: same(len(collector.spans), 2))
    inner, outer = collector.spans
    assert (outer.service, outer.name, outer.attributes) == ("verdict-tests", "outer", {"n": "1"})
    assert (outer.trace_id, outer.parent_id) == tuple(parent.split("-")[1:3])
    assert (inner.trace_id, inner.parent_id) == (outer.trace_id, outer.span_id)
    assert outer.links == (other.split("-")[1],)
    until_blocking(lambda: same(counted(registry, "sent_total"), 2))
    assert counted(registry, "waiting") == 0


def test_a_service_is_called_as_its_operator_says(collector: OtlpReceiver, begin: Begin) -> None:
    begin(OTEL_SERVICE_NAME="our-flags")
    with traces.span("a"):
        pass
    until_blocking(lambda: same([each.service for each in collector.spans], ["our-flags"]))


def test_a_parent_decides_and_the_sampler_where_there_is_none(collector: OtlpReceiver, begin: Begin) -> None:
    begin(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0")
    for parent in ("", some_traceparent(sampled=False), some_traceparent()):
        with traces.span("a", parent=parent):
            assert traces.current_traceparent().endswith("-01" if parent.endswith("-01") else "-00")
    traces.close()
    assert [each.trace_id for each in collector.spans] == [parent.split("-")[1]]


def test_a_collector_that_refuses_costs_spans_that_are_counted(
    collector: OtlpReceiver, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    registry = begin()
    collector.status = 400
    for _ in range(2):
        before = counted(registry, "lost_total", reason="refused")
        with traces.span("lost"):
            pass
        until_blocking(lambda before=before: counted(registry, "lost_total", reason="refused") == before + 1)  # type: ignore[misc]
    collector.status = 200
    with traces.span("taken"):
        pass
    said = ["the collector of traces takes no spans", "the collector of traces takes spans again"]
    until_blocking(lambda: same([each.message.split(";")[0] for each in caplog.records if each.name == "traces"], said))


def test_no_more_spans_wait_than_there_is_room_for(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = begin(OTEL_BSP_MAX_QUEUE_SIZE="8", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="8", OTEL_BSP_SCHEDULE_DELAY="60000")
    library = import_module("service_kit.open_telemetry")
    answered, release = Event(), Event()

    def slow(exporter: object, spans: object) -> object:
        answered.set()
        release.wait(30)
        return library.SpanExportResult.SUCCESS

    monkeypatch.setattr(library.OTLPSpanExporter, "export", slow)
    for _ in range(8):
        with traces.span("waits"):
            pass
    answered.wait(30)
    for _ in range(5):
        with traces.span("is lost"):
            pass
    assert (counted(registry, "lost_total", reason="full"), counted(registry, "waiting")) == (5, 8)
    release.set()
    until_blocking(lambda: same(counted(registry, "waiting"), 0))


def test_a_collector_that_never_answers_keeps_no_process_from_ending(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    library = import_module("service_kit.open_telemetry")
    monkeypatch.setattr(library, "CLOSE_SECONDS", 0.05)
    release = Event()
    monkeypatch.setattr(library.OTLPSpanExporter, "export", lambda *_: release.wait(30))
    with traces.span("never told"):
        pass
    traces.close()
    assert not release.is_set()
    release.set()
