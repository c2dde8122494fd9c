"""Names in files are text, whatever stands in them."""

from __future__ import annotations

import csv
import io

import pytest
from analytics.tables.files import as_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_a_formula_in_a_spreadsheet(start: str) -> None:
    content = as_csv({"name": str, "value": float}, [{"name": f"{start}1+1", "value": -1.5}]).decode()
    rows = list(csv.reader(io.StringIO(content, newline="")))
    shown = start.replace("\r", "\n")
    assert rows == [["name", "value"], [f"'{shown}1+1", "-1.5"]]


def test_no_line_of_a_file_begins_inside_a_text() -> None:
    content = as_csv({"name": str}, [{"name": "a\r=1+1"}, {"name": "b\r\n@c"}]).decode()
    assert content == 'name\n"a\n=1+1"\n"b\n@c"\n'
