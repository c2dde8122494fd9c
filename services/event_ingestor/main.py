"""Composition root of the event ingestor: `event_ingestor`, configured by the environment alone."""

from __future__ import annotations

from functools import partial

from service_kit.clock import SystemClock
from service_kit.connections import LimitedProtocol, bound_protocol
from service_kit.logs import configure_logging
from service_kit.serving import serve
from service_kit.settings import load_settings
from service_kit.telemetry import new_registry
from service_kit.trace_export import begin_tracing
from service_kit.workers.supervisor import run_workers
from service_kit.workers.worker import Worker
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from event_ingestor.app import build_app
from event_ingestor.composition import Ingestor, connection_limits
from event_ingestor.settings import IngestorSettings


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    settings = load_settings(IngestorSettings)
    configure_logging("event_ingestor", settings.log_level)
    run_workers(settings.ingestor_workers, settings, partial(_serve, settings))


def _serve(settings: IngestorSettings, worker: Worker) -> None:
    registry = new_registry()
    begin_tracing("event-ingestor", registry)
    bus = JetStreamBus(BusConnection.of(settings), name="event_ingestor")
    ingestor = Ingestor(settings=settings, bus=bus, registry=registry, clock=SystemClock(), worker=worker)
    protocol = bound_protocol(LimitedProtocol, connection_limits(settings).shared(worker.levels))
    app = build_app(ingestor, registry, cors_origins=settings.ingestor_cors_origins)
    serve(app, settings, worker=worker, protocol=protocol, closing=ingestor.intake.tail.close)


if __name__ == "__main__":
    main()
