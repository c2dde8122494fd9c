"""Names in reports are text, whatever stands in them."""

from __future__ import annotations

import csv
import io

import pytest
from analytics.reports.figures import as_svg, legend_label
from analytics.tables.files import as_csv
from matplotlib.figure import Figure

NAMES = ["price in $ and $", "$\\frac{1$", "{0} %s ${x}", "<script>alert(1)</script>", "_hidden", "a & b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_any_name(name: str) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_title(name)
    axes.plot([1, 2], [1, 2], label=legend_label(name))
    axes.set_yticks([1, 2], [name, name])
    assert [each.get_text().strip() for each in axes.legend().get_texts()] == [name]
    assert "<script" not in as_svg(figure)
    assert not axes.title.get_parse_math()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_a_formula_in_a_spreadsheet(start: str) -> None:
    content = as_csv({"name": str, "value": float}, [{"name": f"{start}1+1", "value": -1.5}]).decode()
    rows = list(csv.reader(io.StringIO(content, newline="")))
    shown = start.replace("\r", "\n")
    assert rows == [["name", "value"], [f"'{shown}1+1", "-1.5"]]


def test_no_line_of_a_file_begins_inside_a_text() -> None:
    content = as_csv({"name": str}, [{"name": "a\r=1+1"}, {"name": "b\r\n@c"}]).decode()
    assert content == 'name\n"a\n=1+1"\n"b\n@c"\n'
