"""A loud event, tenant or library is bounded, and what was left out is said; others keep their lines."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pytest
from service_kit import log_volume
from service_kit.log_volume import INTERVAL_SECONDS, OF_EVENT_MAX, OF_HOLDER_MAX, Event, LogVolume
from service_kit.logs import configure_logging, end_logging, get_logger


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, level: int = logging.WARNING, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("loud", level, __file__, 1, message, None, None)
    made.fields = fields
    return made


def test_who_is_loud_leaves_others_their_lines() -> None:
    volume = LogVolume(Time())
    taken = [volume.takes(record("refused", environment="loud")) for _ in range(OF_HOLDER_MAX + 50)]
    assert taken == [True] * OF_HOLDER_MAX + [False] * 50
    assert volume.takes(record("refused", environment="quiet"))
    assert volume.takes(record("another event", environment="loud"))
    assert volume.takes(record("refused", logging.ERROR, environment="loud"))


def test_an_event_is_bounded_whoever_it_is_about_and_its_first_line_is_told_each_time() -> None:
    time = Time()
    volume = LogVolume(time)
    for _ in range(2):
        taken = [volume.takes(record("away", logging.ERROR, environment=str(each))) for each in range(OF_EVENT_MAX + 9)]
        assert (taken[0], sum(taken)) == (True, OF_EVENT_MAX)
        assert volume.over() == []
        time.now += INTERVAL_SECONDS
        assert volume.over() == [(Event("loud", "ERROR", "away"), 9)]
        assert volume.over() == []


def test_a_library_that_varies_its_messages_is_bounded_too() -> None:
    volume = LogVolume(Time())
    told = sum(volume.takes(record(f"connection {each} is lost")) for each in range(3_000))
    assert told == log_volume._EVENTS_MAX + OF_HOLDER_MAX
    assert volume.over(ending=True) == [(Event("loud", "WARNING", "others"), 3_000 - told)]


def test_what_was_left_out_is_said_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    before = log_volume.left_out_total.copy()
    configure_logging("tests")
    for _ in range(OF_HOLDER_MAX + 7):
        get_logger("loud").warning("refused", environment="e1")
    end_logging()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert Counter(line["message"] for line in lines) == {"refused": OF_HOLDER_MAX, "lines left out": 1}
    said = lines[-1]
    assert (said["lines"], said["of"], said["of_logger"], said["of_level"]) == (7, "refused", "loud", "WARNING")
    assert log_volume.left_out_total - before == {"WARNING": 7}


def test_a_long_text_is_told_by_its_ends(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("tests")
    get_logger("loud").error("long", reason="a" * 50_000 + "end")
    line = capsys.readouterr().err
    assert len(line) < 6_000
    assert json.loads(line)["reason"].endswith("aend")
