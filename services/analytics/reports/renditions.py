"""A report in the form that was asked for: what reads typefaces and draws, which takes a second and 60 MB to load.

Whoever serves loads this module when somebody first asks for a report.
"""

from __future__ import annotations

from collections.abc import Callable

from analytics.reports.composition import daily_units_drawing, intervals_drawing, lift_over_time_drawing, report_of
from analytics.reports.documents import Documents, Picture, ReportForm
from analytics.reports.drawings import Drawing
from analytics.reports.html_page import html_page
from analytics.reports.pdf_pages import as_pdf
from analytics.reports.png import as_png

_PICTURES: dict[Picture, Callable[[Documents], Drawing]] = {
    "intervals": intervals_drawing,
    "lift_over_time": lift_over_time_drawing,
    "daily_units": daily_units_drawing,
}


def rendered(documents: Documents, form: ReportForm, picture: Picture) -> bytes:
    """`picture`: which one, for png."""
    if form == "html":
        return html_page(report_of(documents)).encode()
    if form == "pdf":
        return as_pdf(report_of(documents))
    return as_png(_PICTURES[picture](documents))
