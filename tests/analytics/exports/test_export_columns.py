"""The columns that the page on exports promises are those that are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from analytics.exports.datasets import DATASETS, EXPOSURES, METRIC_EVENTS, Dataset
from analytics.exports.destinations.snowflake_sink import column_types
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS

PAGE = (Path(__file__).resolve().parents[3] / "docs/exports.md").read_text()


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda each: each.name)
def test_the_page_has_each_column_with_its_type(dataset: Dataset) -> None:
    section = PAGE.split(f"### {dataset.name}\n")[1].split("\n### ")[0]
    listed = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    assert listed == [(field.name, str(field.type)) for field in dataset.schema]
    assert f"Key: {', '.join(f'`{name}`' for name in dataset.key)}." in section


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda each: each.name)
def test_each_column_has_a_type_in_snowflake(dataset: Dataset) -> None:
    assert [each.split()[0] for each in column_types(dataset)] == [name.upper() for name in dataset.schema.names]


@pytest.mark.parametrize(
    ("dataset", "stored"),
    [(EXPOSURES, EXPOSURE_COLUMNS), (METRIC_EVENTS, METRIC_COLUMNS)],
    ids=["exposures", "metrics"],
)
def test_each_stored_column_of_an_event_is_exported(dataset: Dataset, stored: dict[str, str]) -> None:
    assert set(dataset.schema.names) == set(stored)
