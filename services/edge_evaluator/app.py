"""The edge's HTTP surface: the operations of one app."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.http import Shell, Uploads
from service_kit.plain_app import PlainApp

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.assignments import assignment_operations
from edge_evaluator.endpoints.config import config_operations
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.endpoints.events import event_operations
from edge_evaluator.endpoints.flagd import flagd_operations
from edge_evaluator.endpoints.flags import flag_operations
from edge_evaluator.endpoints.manifest import manifest_operations
from edge_evaluator.endpoints.ofrep import ofrep_operations
from edge_evaluator.endpoints.ofrep_paths import OfrepPaths
from edge_evaluator.endpoints.ofrep_route import refused
from edge_evaluator.endpoints.remote_configs import remote_config_operations
from edge_evaluator.endpoints.segments import chunk_operations, segment_operations
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.event_relay import BODY_BYTES_MAX, EVENTS_PATH, EventRelay
from edge_evaluator.flagd_export.exports import FlagdExports

EVENT_BODIES = Uploads(re.compile(EVENTS_PATH), BODY_BYTES_MAX, method="POST")
TRACED_PATHS = frozenset((EVENTS_PATH,))
"""Most evaluations are answered without an app around them, in fewer microseconds than a span takes; so none is one."""
BROWSER_ACCESS = CorsPolicy(
    methods=("GET", "POST", "OPTIONS"),
    headers=(
        "Authorization",
        "X-API-Key",
        "If-None-Match",
        "Content-Type",
        "Content-Encoding",
        "Last-Event-ID",
        "Verdict-SDK",
        "traceparent",
        "tracestate",
    ),
    exposed=("ETag", "Retry-After", "Verdict-Config-Age", "X-Request-Id"),
    setting="FF_EDGE_CORS_ORIGINS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How answers are written. `public_url`: the address in answers, empty for the one each request came to;
    `events_url`: that of the ingestor, empty where SDKs shall send events here."""

    limits: ContextLimits
    pages: Pages
    public_url: str
    events_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeParts:
    """What requests are served from."""

    admission: Admission
    evaluator: Evaluator
    open_streams: OpenStreams
    relay: EventRelay
    exports: FlagdExports


def build_app(parts: EdgeParts, options: HttpOptions, shell: Shell) -> PlainApp:
    admission, evaluator, limits = parts.admission, parts.evaluator, options.limits
    memory = admission.memory

    async def configuration() -> str | None:
        return None if memory.ready else f"nothing to answer from, and no usable snapshot: {memory.lack}"

    app = PlainApp(
        "Verdict edge evaluator",
        shell,
        [
            *ofrep_operations(
                admission=admission,
                evaluator=evaluator,
                open_streams=parts.open_streams,
                limits=limits,
                public_url=options.public_url,
            ),
            *flag_operations(admission=admission, evaluator=evaluator, limits=limits),
            *remote_config_operations(admission=admission, evaluator=evaluator, limits=limits),
            *assignment_operations(admission=admission, evaluator=evaluator, limits=limits),
            *segment_operations(admission=admission, evaluator=evaluator, limits=limits),
            *chunk_operations(admission=admission),
            *config_operations(admission=admission, open_streams=parts.open_streams, events_url=options.events_url),
            *event_operations(admission=admission, relay=parts.relay),
            *flagd_operations(admission=admission, exports=parts.exports),
            *manifest_operations(admission=admission),
        ],
        checks={"configuration": configuration},
        refusal=refused,
    )
    app.add_middleware(OfrepPaths)
    allow_browsers(app, options.pages)
    return app
