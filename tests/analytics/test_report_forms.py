"""The page and the PDF of a report: they say the same, need nothing else, and show any name as text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from analytics.reports.composition import (
    daily_units_drawing,
    intervals_drawing,
    lift_over_time_drawing,
    report_of,
)
from analytics.reports.content import Report, plain
from analytics.reports.documents import Documents
from analytics.reports.fonts import MISSING, shown
from analytics.reports.html_page import html_page
from analytics.reports.pdf_pages import as_pdf
from analytics.reports.png import as_png

from tests.analytics.report_cases import documents_of, texts_of
from tests.analytics.result_cases import PLANS
from tests.documents.pdf_text import read_pdf

NAMES = [
    "price in $ and $",
    "$\\frac{1$ {0} %s ${x}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a & b &lt;",
    "_hidden",
    "שיעור המרה",
    "نسبة الشراء",
    "購買率 🎉🚀",
    "e\u0301te\u0301 Ω ≤ ½",
    "\u202eedoc\u202c \x00\x1b[31m tab\there",
    "surrogate \ud800 alone",
    "long " * 60,
    "unbroken" * 60,
]
_VOID = {"meta", "col"}


class Page(HTMLParser):
    """The tags, attributes and texts of a page. Raises AssertionError where tags cross."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["style"], ["title"]):
            self.texts.append(data)


def packed(text: str) -> str:
    """Without blanks: lines are broken elsewhere in each form."""
    return re.sub(r"\s+", "", text)


def read_text(report: Report, content: bytes) -> str:
    """Of the PDF without the foot of each page."""
    found = read_pdf(content)
    return packed("".join("".join(page[:-2]) for page in found.pages))


def assert_both_say_all(report: Report) -> None:
    on_page = packed("".join(Page(html_page(report)).texts))
    on_paper = read_text(report, as_pdf(report))
    for text in texts_of(report):
        assert packed(text) in on_page
        assert packed(shown(text)) in on_paper


@pytest.mark.parametrize("plan", PLANS)
async def test_page_and_pdf_say_the_same(plan: str) -> None:
    assert_both_say_all(report_of(await documents_of(plan, by="country")))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{ascii(name)[1:20]}")
async def test_any_name_is_text(name: str) -> None:
    documents = await documents_of(metrics=1, name=name)
    report = report_of(documents)
    page = html_page(report)
    page.encode()

    assert_both_say_all(report)
    assert packed(plain(name)) in packed("".join(Page(page).texts))
    assert as_png(intervals_drawing(documents)).startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [1, 25, 100])
async def test_each_metric_has_its_rows_however_many_there_are(count: int) -> None:
    documents = await documents_of(metrics=count)
    report = report_of(documents)
    page = Page(html_page(report))
    paper = read_pdf(as_pdf(report))

    pictures = 2 * count + len(documents.over_time.metrics) + 2
    headings = [each.title for each in report.sections if each.blocks]
    assert page.tags["h2"] == len(headings)
    assert paper.titles == headings
    # One a row, one a metric over time, the new units, the progress.
    assert page.tags["svg"] == pictures
    assert page.tags["caption"] == page.tags["table"] == page.tags["thead"]
    written = [text for sheet in paper.pages for text in sheet]
    for number in range(count):
        assert f"metric_{number:03d}" in page.texts
        assert sum(f"metric_{number:03d}" in text for text in written) >= 2


async def test_words_of_a_cell_never_lie_over_the_next_one() -> None:
    """Columns have fixed shares, so what may not wrap runs out of its own: "deteriorated" lay over the margin."""
    page = html_page(report_of(await documents_of(by="country")))
    assert "table-layout:fixed" in page
    assert "white-space:nowrap" not in page


async def test_the_page_needs_nothing_and_is_told_to_who_does_not_see() -> None:
    page = Page(html_page(report_of(await documents_of(by="country"))))

    assert not page.tags.keys() & {"script", "link", "img", "iframe", "object", "form", "image", "use"}
    assert not [each for each in page.attributes if each[1].startswith("on") or each[1] in {"src", "href"}]
    assert ("html", "lang", "en") in page.attributes
    named = [value for tag, name, value in page.attributes if tag == "svg" and name == "aria-label"]
    assert len(named) == page.tags["svg"]
    assert all(named)
    assert sum(tag == "th" and name == "scope" for tag, name, _ in page.attributes) == page.tags["th"]


async def test_the_same_report_is_the_same_file() -> None:
    documents = await documents_of(metrics=3)
    assert as_pdf(report_of(documents)) == as_pdf(report_of(documents))
    assert html_page(report_of(documents)) == html_page(report_of(documents))


async def test_pictures_are_drawn_of_nothing_and_of_everything() -> None:
    documents = await documents_of(metrics=25)
    nothing = replace(documents.results, metrics=[], exposures_per_day=[])
    empty = Documents(nothing, replace(documents.over_time, metrics=[]))
    for each in (documents, empty):
        for drawing in (intervals_drawing(each), lift_over_time_drawing(each), daily_units_drawing(each)):
            assert as_png(drawing).startswith(b"\x89PNG")


def test_what_no_font_has_is_marked() -> None:
    assert shown("a \U0010fffd b") == f"a {MISSING} b"


def test_reports_leave_the_interactive_part_of_matplotlib_alone() -> None:
    asked = "import sys, analytics.reports.renditions; print('matplotlib.pyplot' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=120)
    assert ended.stdout.strip() == "False"
