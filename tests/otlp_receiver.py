"""A collector of traces in the test's own process: a real server, by OTLP over HTTP, that keeps what it is sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as the collector was told it; ids in hexadecimal, `parent_id` empty at the root."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[str, ...]
    attributes: dict[str, str]

    @property
    def told(self) -> tuple[str, str]:
        return self.service, self.name


@dataclass
class OtlpReceiver:
    """What has come. `status`: what senders are answered with."""

    url: str = ""
    status: int = 200
    spans: list[ReceivedSpan] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def of(self, trace_id: str) -> list[ReceivedSpan]:
        return [each for each in self.spans if each.trace_id == trace_id]

    def one(self, trace_id: str, service: str, name: str) -> ReceivedSpan:
        """The only one of this name. Raises ValueError."""
        (found,) = (each for each in self.of(trace_id) if each.told == (service, name))
        return found

    def take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {each.key: _text(each.value) for each in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                self.spans += [
                    ReceivedSpan(
                        service=service,
                        name=each.name,
                        trace_id=each.trace_id.hex(),
                        span_id=each.span_id.hex(),
                        parent_id=each.parent_span_id.hex(),
                        links=tuple(link.trace_id.hex() for link in each.links),
                        attributes={one.key: _text(one.value) for one in each.attributes},
                    )
                    for each in scope.spans
                ]


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    receiver = OtlpReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
            if receiver.status == 200:
                receiver.take(body)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _text(value: AnyValue) -> str:
    return str(getattr(value, value.WhichOneof("value") or "string_value"))
