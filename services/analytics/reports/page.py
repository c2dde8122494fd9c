"""The report as one HTML page that needs nothing else: no script, no file, no host."""

from __future__ import annotations

from html import escape

from analytics.reports.figures import as_svg, figures
from analytics.results.documents import ResultDocument
from analytics.results.metric_documents import MetricDocument, MetricVariation
from analytics.results.segment_documents import DailyDocument

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2430;max-width:860px;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}table{border-collapse:collapse;width:100%;margin:1rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #e3e7ee}td.n,th.n{text-align:right}
.muted{color:#5f6b7a}.problem{color:#a82a27}.warning{color:#9a5b00}svg{max-width:100%;height:auto}
@media print{body{margin:0}}
"""


def report_page(results: ResultDocument, over_time: DailyDocument) -> str:
    """The whole page. Every text of the documents is escaped."""
    experiment = results.experiment
    pictures = "".join(f"<figure>{as_svg(figure)}</figure>" for figure in figures(results, over_time))
    where = f"{experiment.project} / {experiment.environment} / {experiment.flag}"
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(experiment.name)}</title>"
        f"<style>{_STYLE}</style></head><body>"
        f"<h1>{escape(experiment.name)}</h1>"
        f"<p class=muted>{escape(where)} · {escape(experiment.status)} · computed {escape(results.computed_at)}"
        f" · engine {escape(results.engine_version)}</p>"
        f"<p>{escape(results.summary)}</p>"
        f"{_decisions(results)}{_metrics(results)}{pictures}{_health(results)}</body></html>"
    )


def _decisions(results: ResultDocument) -> str:
    lines = [
        f"<li><b>{escape(each.variation)}: {escape(each.verdict.replace('_', ' '))}.</b> "
        f"{escape(' '.join(each.reasons))}</li>"
        for each in results.decisions
    ]
    return f"<h2>Decision</h2><ul>{''.join(lines)}</ul>" if lines else ""


def _metrics(results: ResultDocument) -> str:
    rows = [_row(metric, variation) for metric in results.metrics for variation in metric.variations]
    head = (
        "<tr><th>metric<th>variation<th class=n>units<th class=n>mean<th class=n>lift<th class=n>interval"
        "<th class=n>p<th>method</tr>"
    )
    return f"<h2>Metrics</h2><table>{head}{''.join(rows)}</table>"


def _row(metric: MetricDocument, variation: MetricVariation) -> str:
    comparison = variation.comparison
    lift = comparison.lift if comparison else None
    interval = ""
    if lift is not None and lift.lower is not None and lift.upper is not None:
        interval = f"{lift.lower:+.2%} to {lift.upper:+.2%}"
    cells = [
        f"<td>{escape(metric.name)}</td><td>{escape(variation.variation)}</td>",
        f"<td class=n>{variation.units:,}</td>",
        f"<td class=n>{_number(variation.mean, '.5g')}</td>",
        f"<td class=n>{_number(lift.estimate if lift else None, '+.2%')}</td><td class=n>{interval}</td>",
        f"<td class=n>{_number(comparison.p_value if comparison else None, '.4g')}</td>",
        f"<td>{escape(comparison.reading.method if comparison else '')}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _health(results: ResultDocument) -> str:
    rows = [
        f"<tr><td>{escape(each.name.replace('_', ' '))}</td><td class={each.state}>{escape(each.state)}</td>"
        f"<td>{escape(each.finding)}</td></tr>"
        for each in results.health
    ]
    return f"<h2>Health</h2><table>{''.join(rows)}</table>"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
