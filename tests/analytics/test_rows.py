"""Bytes of a batch become columns; what is no event becomes a rejected line."""

from __future__ import annotations

import msgspec
import pytest
from analytics.loading.rows import Block, Kind, Origin, decode_into
from analytics.loading.storage import block_token
from analytics.warehouse.tables import EXPOSURE_COLUMNS, ORDER_COLUMN
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = Origin("o", "p", "e", "k", 1_767_607_200_000, 7)
EXPOSURE = {
    "event_id": "e1",
    "timestamp": 1_767_607_200_000,
    "user_key": "u1",
    "flag": "f",
    "variation": "on",
    "experiment": "x",
    "config_version": 3,
    "context": {"country": "US"},
}
METRIC = {"event_id": "m1", "timestamp": 1_767_607_200_000, "user_key": "u1", "metric": "purchase", "value": 2}


def decoded(kind: Kind, *events: object) -> tuple[Block, list[str]]:
    block = Block.empty(kind)
    lines = [each if isinstance(each, bytes) else msgspec.json.encode(each) for each in events]
    rejected = decode_into(block, b"\n".join(lines), ORIGIN)
    return block, [each.detail for each in rejected]


def row(block: Block, number: int) -> dict[str, object]:
    return {name: values[number] for name, (_, values) in block.typed_columns(0, len(block)).items()}


def test_an_exposure_fills_every_column() -> None:
    block, rejected = decoded("exposure", EXPOSURE)

    assert rejected == []
    assert row(block, 0) == {
        "organization_id": "o",
        "project_id": "p",
        "environment_id": "e",
        "sdk_key_id": "k",
        "flag": "f",
        "variation": "on",
        "experiment": "x",
        "experiments": b"",
        "unit_key": "",
        "user_key": "u1",
        "event_id": "e1",
        "config_version": 3,
        "override": False,
        "split": "",
        "context": b'{"country":"US"}',
        "occurred_at": 1_767_607_200_000,
        "received_at": 1_767_607_200_000,
        "first_wins": 2**64 - 1 - (1_767_607_200_000 * 2**21 + 7 * 2**14),
    }
    assert list(row(block, 0)) == [*EXPOSURE_COLUMNS, ORDER_COLUMN]


def test_what_may_be_absent_has_an_empty_value() -> None:
    block, _ = decoded("exposure", {**EXPOSURE, "experiment": None, "config_version": None, "context": None})
    metrics, _ = decoded("metric", {key: METRIC[key] for key in METRIC if key != "value"})

    assert (row(block, 0)["experiment"], row(block, 0)["config_version"], row(block, 0)["context"]) == ("", 0, b"{}")
    assert (row(metrics, 0)["value"], row(metrics, 0)["properties"]) == (None, b"{}")


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": ""},
        {"event_id": None},
        {"event_id": "x" * 2000},
        {"user_key": 5},
        {"timestamp": "2026-01-05T10:00:00Z"},
        {"timestamp": 0},
        {"timestamp": 10**15},
        {"value": "2"},
        {"value": True},
        {"properties": "none"},
    ],
    ids=[
        "empty id",
        "no id",
        "long id",
        "user_key is a number",
        "timestamp is a text",
        "timestamp is zero",
        "timestamp is too late",
        "value is a text",
        "value is a bool",
        "properties are a text",
    ],
)
def test_an_event_of_a_wrong_form_is_rejected_alone(changes: dict[str, object]) -> None:
    block, rejected = decoded("metric", METRIC, METRIC | changes, {**METRIC, "event_id": "m3"})

    assert len(rejected) == 1
    assert [row(block, number)["event_id"] for number in range(len(block))] == ["m1", "m3"]


@given(st.binary(max_size=200).filter(lambda data: b"\n" not in data and data.strip()))
def test_any_bytes_are_rejected_and_kept_as_they_came(data: bytes) -> None:
    block = Block.empty("metric")
    rejected = decode_into(block, data, ORIGIN)

    assert len(block) == 0
    assert [each.raw for each in rejected] == [data]


def test_each_row_knows_its_line() -> None:
    block, _ = decoded("metric", METRIC, b"torn", {**METRIC, "event_id": "m2"})
    decode_into(block, msgspec.json.encode({**METRIC, "event_id": "m3"}), ORIGIN)

    found = [msgspec.json.decode(block.source(number)[1])["event_id"] for number in range(len(block))]
    assert found == ["m1", "m2", "m3"]


def test_a_token_stands_for_one_set_of_rows() -> None:
    first, _ = decoded("metric", METRIC)
    again, _ = decoded("metric", METRIC)
    other, _ = decoded("metric", METRIC | {"value": 3})
    elsewhere = Block.empty("metric")
    decode_into(elsewhere, msgspec.json.encode(METRIC), Origin("o", "p", "e2", "k", 1_767_607_200_000, 7))

    assert block_token(first) == block_token(again)
    assert len({block_token(each) for each in (first, other, elsewhere)}) == 3
