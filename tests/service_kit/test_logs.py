"""Logs: one JSON object a line, in UTC, quiet about libraries."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest
from service_kit.logs import JsonFormatter, configure_logging, get_logger


def test_a_line_says_when_in_utc() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "said", None, None)
    line = json.loads(JsonFormatter("tests").format(record))
    told = datetime.fromisoformat(line["time"])
    assert told.utcoffset() == datetime.now(UTC).utcoffset()
    assert abs(told.timestamp() - record.created) < 0.002


def test_fields_of_a_message_stand_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("tests")
    get_logger("feed").info("config applied", version=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["service"], line["logger"], line["message"], line["version"]) == ("tests", "feed", "config applied", 3)


def test_libraries_tell_no_small_things(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("tests")
    for name in ("casbin.model", "httpx.client", "uvicorn.access"):
        logging.getLogger(name).info("a policy, an address")
    logging.getLogger("casbin.model").warning("worth a line")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["worth a line"]
