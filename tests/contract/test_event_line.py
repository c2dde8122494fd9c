"""The fields of an event are the same wherever they are named: line, request, table and documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from analytics.loading.rows import Block, Kind, Origin, decode_into
from analytics.warehouse.tables import (
    EXPOSURE_COLUMNS,
    EXPOSURE_TABLE,
    METRIC_COLUMNS,
    METRIC_TABLE,
    ORDER_COLUMN,
    USAGE_COLUMNS,
    USAGE_TABLE,
)
from event_ingestor.admission.event_types import ExposureEvent, MetricEvent, UsageEvent
from event_ingestor.admission.refusals import FIELDS
from event_ingestor.endpoints.event_schema import REQUEST_BODY
from messages.events import ExposureLine, MetricLine, UsageCount, UsageLine

from tests.event_ingestor.events import NOW, exposure, judged, metric, usage

ROOT = Path(__file__).resolve().parents[2]
LINES: dict[str, type] = {"exposure": ExposureLine, "metric": MetricLine, "usage": UsageLine}
SENT: dict[str, type] = {"exposure": ExposureEvent, "metric": MetricEvent, "usage": UsageEvent}
COLUMNS = {
    "exposure": (EXPOSURE_TABLE, EXPOSURE_COLUMNS),
    "metric": (METRIC_TABLE, METRIC_COLUMNS),
    "usage": (USAGE_TABLE, USAGE_COLUMNS),
}
KINDS = pytest.mark.parametrize("kind", ["exposure", "metric", "usage"])


def fields(kind: str) -> list[str]:
    return list(LINES[kind].__struct_fields__)  # type: ignore[attr-defined]


@KINDS
def test_what_is_sent_has_the_fields_of_the_line(kind: str) -> None:
    schemas = REQUEST_BODY["content"]["application/json"]["schema"]["oneOf"][0]["items"]["oneOf"]
    (schema,) = (each for each in schemas if each["properties"]["type"]["const"] == kind)
    assert list(SENT[kind].__struct_fields__) == fields(kind)  # type: ignore[attr-defined]
    assert list(schema["properties"]) == ["type", *fields(kind)]
    assert list(FIELDS[kind]) == ["type", *fields(kind)]
    required = [each.name for each in msgspec.structs.fields(SENT[kind]) if each.required]
    assert schema["required"] == ["type", *required]
    assert [name for name, field in FIELDS[kind].items() if field.required] == ["type", *required]


def test_the_document_names_each_field() -> None:
    sending = (ROOT / "docs/events.md").read_text().partition("## Answers")[0]
    events, _, usage_events = sending.partition("### Usage")
    for part, expected in (
        (events, {"type", *fields("exposure"), *fields("metric")}),
        (usage_events, {"timestamp", "counts", *UsageCount.__struct_fields__}),
    ):
        rows = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
        named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        assert set(named) == expected
        assert len(named) == len(set(named))


@KINDS
def test_the_table_has_a_column_for_each_field(kind: str) -> None:
    table, columns = COLUMNS[kind]
    assert created(table) == columns


def created(table: str) -> dict[str, str]:
    """The columns that the migrations leave a table with and that an event must bring, with what their types hold."""
    columns: dict[str, str] = {}
    for migration in sorted((ROOT / "services/analytics/warehouse/migrations").glob("*.sql")):
        text = re.sub(r"--.*", "", migration.read_text())
        found = re.search(rf"CREATE TABLE IF NOT EXISTS {table}\b.*?\n\((.*?)\n\)", text, re.DOTALL)
        lines = found[1].splitlines() if found else []
        for changes in re.findall(rf"ALTER TABLE {table}\b(.*?);", text, re.DOTALL):
            lines += re.findall(r"ADD COLUMN (?:IF NOT EXISTS )?(.*?)(?: DEFAULT .*?)?,?$", changes, re.MULTILINE)
        for line in lines:
            name, _, rest = line.strip().rstrip(",").partition(" ")
            if name and name not in ("INDEX", ORDER_COLUMN) and " DEFAULT " not in rest:
                kept = re.sub(r" CODEC\(.*\)$", "", rest)
                columns[name] = re.sub(r"LowCardinality\((\w+)\)", r"\1", kept)
    return columns


@pytest.mark.parametrize(
    "event",
    [exposure(), metric(), exposure(experiment=..., context=...), metric(value=...), usage()],
    ids=["exposure", "metric", "bare exposure", "metric without a value", "usage"],
)
def test_the_loader_reads_what_the_ingestor_writes(event: dict[str, Any]) -> None:
    kind: Kind = event["type"]
    admission = judged(event)
    written = {"exposure": admission.exposures, "metric": admission.metrics, "usage": admission.usage}[kind]
    block = Block.empty(kind)
    assert decode_into(block, written, Origin("o", "p", "e", "k", NOW, 1)) == []
    assert len(block) == 1
