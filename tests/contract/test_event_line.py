"""The fields of an event are the same wherever they are named: line, request, message, table and documents."""

from __future__ import annotations

import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from analytics.loading.rows import Block, Kind, Origin, decode_into
from analytics.warehouse.tables import EXPOSURE_COLUMNS, EXPOSURE_TABLE, METRIC_COLUMNS, METRIC_TABLE
from event_ingestor.admission.event_types import ExposureEvent, MetricEvent
from event_ingestor.admission.refusals import FIELDS
from event_ingestor.endpoints.event_schema import REQUEST_BODY
from messages.events import TIMESTAMP_MAX, TIMESTAMP_MIN, ExposureLine, MetricLine

from tests.event_ingestor.events import NOW, exposure, judged, metric

ROOT = Path(__file__).resolve().parents[2]
LINES: dict[str, type] = {"exposure": ExposureLine, "metric": MetricLine}
SENT: dict[str, type] = {"exposure": ExposureEvent, "metric": MetricEvent}
COLUMNS = {"exposure": (EXPOSURE_TABLE, EXPOSURE_COLUMNS), "metric": (METRIC_TABLE, METRIC_COLUMNS)}
ORIGIN = ["organization_id", "project_id", "environment_id", "sdk_key_id"]
KINDS = pytest.mark.parametrize("kind", ["exposure", "metric"])


def fields(kind: str) -> list[str]:
    return list(LINES[kind].__struct_fields__)  # type: ignore[attr-defined]


def column_type(annotation: Any) -> str:
    """The ClickHouse type that keeps a field of the line."""
    if get_origin(annotation) is Annotated:
        return "DateTime64(3, 'UTC')" if _is_a_moment(annotation) else column_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        (inner,) = (each for each in get_args(annotation) if each is not NoneType)
        return "Nullable(Float64)" if inner is float else column_type(inner)
    if isinstance(annotation, TypeVar):
        return "String"
    return {str: "String", int: "UInt64"}[annotation]


def _is_a_moment(annotation: Any) -> bool:
    return any((each.ge, each.le) == (TIMESTAMP_MIN, TIMESTAMP_MAX) for each in annotation.__metadata__)


@KINDS
def test_the_message_speaks_of_the_same_fields(kind: str) -> None:
    text = (ROOT / "proto/verdict/v1/event.proto").read_text()
    found = re.search(rf"//\s+{kind}:\s+\{{(.*?)\}}", text)
    assert found is not None
    assert re.findall(r'"(\w+)"', found[1]) == fields(kind)


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
    named = [
        name for row in re.findall(r"^\| (`.*?) \|", sending, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert set(named) == {"type", *fields("exposure"), *fields("metric")}
    assert len(named) == len(set(named))


@KINDS
def test_the_table_has_a_column_for_each_field(kind: str) -> None:
    table, columns = COLUMNS[kind]
    hints = get_type_hints(LINES[kind], include_extras=True)
    wanted = {{"timestamp": "occurred_at"}.get(name, name): column_type(hints[name]) for name in fields(kind)}
    wanted |= dict.fromkeys(ORIGIN, "String") | {"received_at": "DateTime64(3, 'UTC')"}
    assert columns == wanted
    assert created(table) == wanted


def created(table: str) -> dict[str, str]:
    """The columns that the migrations leave a table with and that a row must bring, with what their types hold."""
    columns: dict[str, str] = {}
    for migration in sorted((ROOT / "services/analytics/warehouse/migrations").glob("*.sql")):
        text = re.sub(r"--.*", "", migration.read_text())
        altered = re.search(rf"ALTER TABLE {table}\b.*\bCOLUMN\b", text)
        assert altered is None, "this test reads what CREATE TABLE says; teach it this"
        found = re.search(rf"CREATE TABLE IF NOT EXISTS {table}\b.*?\n\((.*?)\n\)", text, re.DOTALL)
        for line in found[1].splitlines() if found else ():
            name, _, rest = line.strip().rstrip(",").partition(" ")
            if name and name != "INDEX" and " DEFAULT " not in rest:
                kept = re.sub(r" CODEC\(.*\)$", "", rest)
                columns[name] = re.sub(r"LowCardinality\((\w+)\)", r"\1", kept)
    return columns


@pytest.mark.parametrize("event", [exposure(), metric(), exposure(experiment=..., context=...), metric(value=...)])
def test_the_loader_reads_what_the_ingestor_writes(event: dict[str, Any]) -> None:
    kind: Kind = event["type"]
    admission = judged(event)
    written = admission.exposures if kind == "exposure" else admission.metrics
    block = Block.empty(kind)
    assert decode_into(block, written, Origin("o", "p", "e", "k", NOW, 1)) == []
    assert len(block) == 1
