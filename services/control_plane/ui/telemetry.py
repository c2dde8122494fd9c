"""Telemetry of the pages."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

DIRECTIVES = frozenset(
    {
        "base-uri",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "require-trusted-types-for",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "worker-src",
    }
)


class PageTelemetry:
    """What browsers refused to do on our pages, by the directive that forbids it; `other` is none that we know."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.reports = Counter(
            "verdict_csp_reports_total",
            "Reports of browsers that a page broke its content security policy",
            ["directive"],
            registry=registry,
        )

    def count(self, directive: str) -> None:
        self.reports.labels(directive if directive in DIRECTIVES else "other").inc()
