"""An event's line: what is written is what is read, and what is no event is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from messages.events import TIMESTAMP_MAX, TIMESTAMP_MIN, Attributes, ExposureLine, MetricLine

EXPOSURE = {"event_id": "e", "timestamp": TIMESTAMP_MIN, "user_key": "u", "flag": "f", "variation": "on"}
METRIC = {"event_id": "e", "timestamp": TIMESTAMP_MAX, "user_key": "u", "metric": "purchase"}


def test_what_is_written_is_read_with_its_attributes_as_they_stand() -> None:
    exposure = ExposureLine[Attributes](
        event_id="e", timestamp=TIMESTAMP_MIN, user_key="u", flag="f", variation="on", context={"a": [1, {"b": None}]}
    )
    line = msgspec.json.encode(exposure)
    read = msgspec.json.decode(line, type=ExposureLine[msgspec.Raw])
    assert bytes(read.context) == b'{"a":[1,{"b":null}]}'
    assert msgspec.json.encode(read) == line


@pytest.mark.parametrize("value", [0, -1.5, 1e300, None])
def test_a_metric_may_have_any_finite_value_or_none(value: float | None) -> None:
    line = msgspec.json.encode(METRIC | {"value": value})
    assert msgspec.json.decode(line, type=MetricLine[msgspec.Raw]).value == value


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"event_id": ""}, id="an empty id"),
        pytest.param({"event_id": "e" * 129}, id="a long id"),
        pytest.param({"user_key": ""}, id="nobody"),
        pytest.param({"user_key": "u" * 513}, id="a long user key"),
        pytest.param({"timestamp": TIMESTAMP_MIN - 1}, id="before the table's first day"),
        pytest.param({"timestamp": TIMESTAMP_MAX + 1}, id="after the table's last day"),
        pytest.param({"flag": ""}, id="no flag"),
        pytest.param({"variation": None}, id="no variation"),
        pytest.param({"config_version": -1}, id="a version below 0"),
        pytest.param({"context": {"a": [[[[[[1]]]]]]}}, id="attributes too deep"),
        pytest.param({"context": {"": 1}}, id="an attribute without a name"),
    ],
)
def test_what_is_no_exposure_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(EXPOSURE | change), type=ExposureLine[Attributes])
