"""Spans by OpenTelemetry's own SDK, sent by OTLP over HTTP. Loaded where traces are asked for, by name."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from prometheus_client import CollectorRegistry, Counter, Gauge

from service_kit.logs import get_logger
from service_kit.traces import Attributes, SpanRequest, TraceIds

WAITING_MAX = 2048
"""Spans that wait for the collector, unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise; any further are lost."""
CLOSE_SECONDS = 2.0
_KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_log = get_logger("traces")


class OpenTelemetryTracing:
    """Of one process. Samplers, limits, addresses and headers are OpenTelemetry's variables, which its SDK reads."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        """Raises ValueError for variables that can't be used."""
        # It says at every turn that the collector is away; we say it once, and count.
        logging.getLogger("opentelemetry").setLevel("CRITICAL")
        waiting = _Waiting(int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE") or WAITING_MAX), registry)
        self._provider = TracerProvider(resource=_resource(service), shutdown_on_exit=False)
        batches = BatchSpanProcessor(_CountedExporter(OTLPSpanExporter(), waiting), max_queue_size=waiting.most)
        self._provider.add_span_processor(_BoundedProcessor(batches, waiting))
        self._tracer = self._provider.get_tracer("verdict", version("verdict-platform"))

    def begin(self, request: SpanRequest) -> _Span:
        parent = None if request.parent is None else set_span_in_context(NonRecordingSpan(_context(request.parent)))
        return _Span(
            self._tracer.start_span(
                request.name,
                # An empty context, not the thread's own: what is current is `traces`' to say.
                context=Context() if parent is None else parent,
                kind=_KINDS[request.kind],
                attributes=dict(request.attributes),
                links=[Link(_context(each)) for each in request.links],
                start_time=request.begun_at,
            )
        )

    def close(self) -> None:
        """A collector that is away holds nobody up."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


class _Span:
    __slots__ = ("_ids", "_span")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._ids: TraceIds | None = None

    @property
    def ids(self) -> TraceIds:
        if self._ids is None:
            context = self._span.get_span_context()
            sampled = context.trace_flags.sampled
            self._ids = TraceIds(f"{context.trace_id:032x}", f"{context.span_id:016x}", sampled)
        return self._ids

    @property
    def recorded(self) -> bool:
        return self._span.is_recording()

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def put(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, reason: str) -> None:
        self._span.set_attribute("error.type", reason)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self._span.end()


class _Waiting:
    """How many spans wait for the collector, and what became of all others."""

    def __init__(self, most: int, registry: CollectorRegistry) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._waiting = 0
        self._away = False
        self._sent = Counter("verdict_trace_spans_sent_total", "Spans that the collector took", registry=registry)
        self._lost = Counter(
            "verdict_trace_spans_lost_total",
            "Spans that the collector never got: `full`, too many waited; `refused`, it was away or refused them",
            ["reason"],
            registry=registry,
        )
        for reason in ("full", "refused"):
            self._lost.labels(reason)
        Gauge(
            "verdict_trace_spans_waiting",
            "Spans that wait for the collector",
            registry=registry,
            multiprocess_mode="livesum",
        ).set_function(lambda: self._waiting)

    def enter(self) -> bool:
        """False where there is no room."""
        with self._lock:
            if self._waiting >= self.most:
                self._lost.labels("full").inc()
                return False
            self._waiting += 1
            return True

    def leave(self, spans: int) -> None:
        with self._lock:
            self._waiting -= spans

    def told(self, spans: int, *, taken: bool) -> None:
        if taken:
            self._sent.inc(spans)
        else:
            self._lost.labels("refused").inc(spans)
        if taken == self._away:
            self._away = not taken
            if taken:
                _log.info("the collector of traces takes spans again")
            else:
                _log.warning("the collector of traces takes no spans; they are lost and counted until it does")


class _BoundedProcessor(SpanProcessor):
    """Hands on what there is room for."""

    def __init__(self, batches: BatchSpanProcessor, waiting: _Waiting) -> None:
        self._batches = batches
        self._waiting = waiting

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled and self._waiting.enter():
            self._batches.on_end(span)

    def shutdown(self) -> None:
        self._batches.shutdown()  # type: ignore[no-untyped-call] # the SDK's own

    def force_flush(self, timeout_millis: int | None = None) -> bool:
        return self._batches.force_flush(timeout_millis)


class _CountedExporter(SpanExporter):
    def __init__(self, exporter: SpanExporter, waiting: _Waiting) -> None:
        self._exporter = exporter
        self._waiting = waiting

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        taken = False
        try:
            result = self._exporter.export(spans)
            taken = result is SpanExportResult.SUCCESS
            return result
        finally:
            self._waiting.leave(len(spans))
            self._waiting.told(len(spans), taken=taken)

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _resource(service: str) -> Resource:
    named = OTELResourceDetector().detect().attributes
    own = {SERVICE_NAME: f"verdict-{service}", SERVICE_VERSION: version("verdict-platform")}
    return Resource.create({name: value for name, value in own.items() if name not in named})


def _context(ids: TraceIds) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if ids.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(ids.trace_id, 16), int(ids.span_id, 16), is_remote=True, trace_flags=flags)
