"""PromQL that panels ask, each of the namespace that is chosen above the dashboard."""

from __future__ import annotations

IN = 'namespace=~"$namespace"'
WINDOW = "[$__rate_interval]"


def of(series: str, labels: str = "") -> str:
    return f"{series}{{{', '.join(each for each in (IN, labels) if each)}}}"


def rate(series: str, by: str = "", labels: str = "") -> str:
    """What happens a second, over all pods."""
    grouped = f" by ({by}) " if by else ""
    return f"sum{grouped}(rate({of(series, labels)}{WINDOW}))"


def quantile(share: float, histogram: str, by: str = "", labels: str = "") -> str:
    grouped = ", ".join(each for each in ("le", by) if each)
    return f"histogram_quantile({share}, sum by ({grouped}) (rate({of(histogram + '_bucket', labels)}{WINDOW})))"


def most(series: str, by: str = "", labels: str = "") -> str:
    grouped = f" by ({by}) " if by else ""
    return f"max{grouped}({of(series, labels)})"


def total(series: str, by: str = "", labels: str = "") -> str:
    grouped = f" by ({by}) " if by else ""
    return f"sum{grouped}({of(series, labels)})"


def spread(series: str, by: str) -> str:
    """How far pods are from each other."""
    return f"max by ({by}) ({of(series)}) - min by ({by}) ({of(series)})"


def slowest(component: str) -> str:
    """The routes whose p95 is the highest."""
    seconds = quantile(0.95, "verdict_http_request_duration_seconds", "route", f'component="{component}"')
    return f"topk(8, {seconds})"
