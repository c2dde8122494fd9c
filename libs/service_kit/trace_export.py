"""Traces go to a collector by OTLP where the standard variables name one. They are OpenTelemetry's own, without `FF_`:

`OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`, or `OTEL_TRACES_EXPORTER=otlp`) turns it on, and
`OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none` off. OpenTelemetry is loaded where it is on, and nowhere else.
What can't be used costs the traces, never the service.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from prometheus_client import CollectorRegistry

from service_kit import traces
from service_kit.logs import get_logger

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_log = get_logger("traces")


class NotTraced(Exception):
    """The variables ask for what can't be done; the sentence names them."""


def begin_tracing(service: str, registry: CollectorRegistry) -> None:
    """In the process that serves, before it does; `service` is what it is called where OTEL_SERVICE_NAME says nothing.
    Ended by `traces.close`."""
    try:
        if is_asked_for(os.environ):
            traces.use(_open_telemetry(service, registry))
    except NotTraced as reason:
        _log.error("nothing is traced", reason=str(reason))


def is_asked_for(variables: Mapping[str, str]) -> bool:
    """Raises `NotTraced`."""
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter == "none" or (not exporter and not any(variables.get(each) for each in _ENDPOINTS)):
        return False
    if exporter not in ("", "otlp"):
        raise NotTraced(f"OTEL_TRACES_EXPORTER: otlp or none, not {exporter!r}")
    protocol = next((found for each in _PROTOCOLS if (found := variables.get(each))), _SPOKEN)
    if protocol != _SPOKEN:
        raise NotTraced(f"OTEL_EXPORTER_OTLP_PROTOCOL: {_SPOKEN}, not {protocol!r}")
    return True


def _open_telemetry(service: str, registry: CollectorRegistry) -> traces.Tracing:
    try:
        library: Any = import_module("service_kit.open_telemetry")
        tracing: traces.Tracing = library.OpenTelemetryTracing(service, registry)
    except ImportError as error:
        raise NotTraced(f"verdict-platform[tracing] is not installed ({error.name})") from None
    except ValueError as error:
        raise NotTraced(f"a variable of OpenTelemetry's can't be used: {error}") from None
    return tracing
