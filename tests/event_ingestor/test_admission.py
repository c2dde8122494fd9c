"""Which events are taken, in which form, and why the others are not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from event_ingestor.admission.events import DAY_MS, AdmissionRules, Window, admit
from messages.events import EVENT_BYTES_MAX, TIMESTAMP_MAX, TIMESTAMP_MIN

from tests.event_ingestor.events import NOW, RULES, codes, exposure, judged, lines_of, metric, usage, usage_of


def test_an_exposure_travels_on_with_its_time_as_a_number() -> None:
    assert lines_of(judged(exposure(timestamp="2026-01-05T12:00:00.123+02:00"))) == [
        {
            "event_id": "e-1",
            "timestamp": NOW + 123,
            "user_key": "u1",
            "flag": "new-checkout",
            "variation": "on",
            "experiment": "checkout-test",
            "experiments": None,
            "unit_key": "",
            "config_version": 17,
            "override": False,
            "split": "",
            "context": {"country": "US"},
        }
    ]


def test_a_metric_event_travels_on_with_its_value_as_a_float() -> None:
    admission = judged(metric(value=5))
    assert admission.metrics == (
        b'{"event_id":"e-2","timestamp":1767607200000,"user_key":"u1","metric":"purchase","value":5.0,'
        b'"properties":{"currency":"EUR"}}\n'
    )
    assert (admission.exposure_count, admission.metric_count, admission.accepted) == (0, 1, 1)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (exposure(experiment=..., config_version=..., context=...), {"experiment": "", "config_version": 0}),
        (exposure(experiment=None, config_version=None, context=None), {"experiment": "", "context": {}}),
        (exposure(experiment=""), {"experiment": ""}),
        (exposure(experiment=..., experiments=[]), {"experiment": "", "experiments": []}),
        (exposure(experiments=None), {"experiments": None}),
        (
            exposure(experiments=[{"key": "checkout-test", "phase": 2}, {"key": "watching", "other": "x"}]),
            {"experiments": [{"key": "checkout-test", "phase": 2}, {"key": "watching", "phase": 1}]},
        ),
        (exposure(experiment=..., override=True), {"override": True, "experiments": []}),
        (exposure(override=None), {"override": False, "experiments": None}),
        (exposure(unit_key="acme"), {"unit_key": "acme"}),
        (exposure(unit_key=None), {"unit_key": ""}),
        (metric(value=..., properties=...), {"value": None, "properties": {}}),
        (metric(value=-0.0), {"value": 0.0}),
        (metric(value=-(10**15)), {"value": -1e15}),
        (metric(user_key=123), {"user_key": "123"}),
        (metric(user_key=123.0), {"user_key": "123"}),
        (metric(user_key=-7), {"user_key": "-7"}),
        (metric(user_key=2**53 - 1), {"user_key": "9007199254740991"}),
        (metric(user_key="ключ 🙂"), {"user_key": "ключ 🙂"}),
        (metric(timestamp=NOW - 5), {"timestamp": NOW - 5}),
        (metric(timestamp=NOW + 0.6), {"timestamp": NOW + 1}),
        (metric(timestamp="2026-01-05 10:00:00z"), {"timestamp": NOW}),
        (metric(unknown={"deep": [1]}), {"value": 12.5}),
        (usage(timestamp="2026-01-05T10:00:59.9Z"), {"timestamp": NOW}),
        (usage_of(other=1), {"counts": [{"count": 1, "reason": "STATIC", "flag": "f", "variation": "on"}]}),
        (
            usage_of(flag="Gone", reason="ERROR", error="FLAG_NOT_FOUND", variation="", bulk=False, sdk=""),
            {"counts": [{"count": 1, "reason": "ERROR", "flag": "Gone", "error": "FLAG_NOT_FOUND"}]},
        ),
        (metric(properties={"a": [1, None, {"b": True}]}), {"properties": {"a": [1, None, {"b": True}]}}),
        (metric(properties={"text": 'a\n"\\u0000'}), {"properties": {"text": 'a\n"\\u0000'}}),
    ],
    ids=[
        "exposure without what may be absent",
        "exposure with nulls",
        "empty experiment",
        "no experiments",
        "experiments not said",
        "phases of experiments",
        "an override",
        "a null override",
        "a unit key",
        "a null unit key",
        "metric without what may be absent",
        "negative zero",
        "large integer",
        "user_key is a number",
        "user_key is a whole float",
        "user_key is negative",
        "user_key is the largest integer",
        "user_key beyond ASCII",
        "earlier timestamp",
        "timestamp is rounded",
        "timestamp is a text",
        "unknown field",
        "usage is of a minute",
        "unknown field of a count",
        "usage of a flag that is not there",
        "nested properties",
        "escapes in properties",
    ],
)
def test_what_may_be_left_out_or_written_otherwise(event: dict[str, Any], expected: dict[str, Any]) -> None:
    (line,) = lines_of(judged(event))
    assert {name: line[name] for name in expected} == expected


DEEP: Any = [[[[[1]]]]]

REFUSED: list[tuple[str, Any]] = [
    ("wrong_type", 7),
    ("wrong_type", None),
    ("wrong_type", [metric()]),
    ("missing_field", {}),
    ("missing_field", exposure(type=...)),
    ("unknown_type", exposure(type="conversion")),
    ("unknown_type", exposure(type=None)),
    ("unknown_type", exposure(type=["metric"])),
    *[
        ("missing_field", exposure(**{name: ...}))
        for name in ("event_id", "timestamp", "user_key", "flag", "variation")
    ],
    ("missing_field", metric(metric=...)),
    *[("wrong_type", exposure(**{name: 5})) for name in ("event_id", "flag", "variation", "experiment", "context")],
    *[("wrong_type", exposure(**{name: None})) for name in ("event_id", "timestamp", "user_key", "flag", "variation")],
    ("wrong_type", exposure(experiments="checkout-test")),
    ("wrong_type", exposure(experiments=["checkout-test"])),
    ("wrong_type", exposure(experiments=[{"key": 5}])),
    ("wrong_type", exposure(experiments=[{"key": "checkout-test", "phase": 1.5}])),
    ("wrong_type", exposure(unit_key=5)),
    ("wrong_type", exposure(override=1)),
    ("override_in_experiment", exposure(override=True)),
    ("override_in_experiment", exposure(experiment=..., experiments=[{"key": "watching"}], override=True)),
    ("missing_field", exposure(experiments=[{"phase": 1}])),
    ("out_of_range", exposure(experiments=[{"key": "checkout-test", "phase": 0}])),
    ("out_of_range", exposure(experiments=[{"key": "checkout-test", "phase": 2**31}])),
    ("empty_field", exposure(experiments=[{"key": ""}])),
    ("too_long", exposure(experiments=[{"key": "e" * 129}])),
    ("too_long", exposure(experiments=[{"key": f"e{number}"} for number in range(51)])),
    ("too_long", exposure(unit_key="u" * 513)),
    ("invalid_key", exposure(experiments=[{"key": "checkout-test"}, {"key": "Ünı"}])),
    ("experiment_repeated", exposure(experiments=[{"key": "checkout-test"}, {"key": "checkout-test", "phase": 2}])),
    ("experiment_not_listed", exposure(experiments=[])),
    ("experiment_not_listed", exposure(experiments=[{"key": "other"}])),
    ("nul_character", exposure(unit_key="a\0b")),
    ("lone_surrogate", exposure(experiments=[{"key": "checkout-test", "other": "\ud800"}])),
    ("wrong_type", exposure(config_version="17")),
    ("wrong_type", exposure(config_version=17.5)),
    ("wrong_type", exposure(context=[])),
    ("wrong_type", metric(value="12.5")),
    ("wrong_type", metric(value=True)),
    ("wrong_type", metric(value=None)),
    ("wrong_type", metric(properties="x")),
    ("wrong_type", metric(user_key=True)),
    ("wrong_type", metric(user_key=1.5)),
    ("wrong_type", metric(user_key=2**53)),
    ("wrong_type", metric(user_key=-(2**53))),
    ("wrong_type", metric(timestamp=True)),
    ("out_of_range", exposure(config_version=-1)),
    ("out_of_range", exposure(config_version=2**63)),
    ("out_of_range", metric(properties={"n": 2**63})),
    ("out_of_range", metric(value=1.0000001e15)),
    ("out_of_range", metric(value=-(10**16))),
    ("out_of_range", metric(value=1e200)),
    ("empty_field", metric(event_id="")),
    ("empty_field", metric(user_key="")),
    ("empty_field", exposure(variation="")),
    ("too_long", metric(event_id="e" * 129)),
    ("too_long", metric(user_key="u" * 513)),
    ("too_long", metric(metric="m" * 129)),
    ("too_long", metric(properties={"n" * 257: 1})),
    ("too_long", metric(properties={"": 1})),
    ("invalid_event_id", metric(event_id="two words")),
    ("invalid_event_id", metric(event_id="é")),
    ("invalid_event_id", metric(event_id="a\n")),
    ("invalid_key", exposure(flag="New Checkout")),
    ("invalid_key", exposure(flag="-a")),
    ("invalid_key", exposure(experiment="Ünı")),
    ("invalid_timestamp", metric(timestamp="yesterday")),
    ("invalid_timestamp", metric(timestamp="")),
    ("invalid_timestamp", metric(timestamp="2026-01-05")),
    ("invalid_timestamp", metric(timestamp="2026-01-05T10:00:00")),
    ("invalid_timestamp", metric(timestamp="2026-02-30T10:00:00Z")),
    ("invalid_timestamp", metric(timestamp="1767607200000")),
    ("timestamp_too_old", metric(timestamp="0001-01-01T00:00:00+05:00")),
    ("timestamp_too_old", metric(timestamp=NOW // 1000)),
    ("timestamp_too_old", metric(timestamp=-1e300)),
    ("timestamp_too_new", metric(timestamp="9999-12-31T23:59:59-05:00")),
    ("timestamp_too_new", metric(timestamp=10**40)),
    ("not_finite", metric(value=float("nan"))),
    ("not_finite", metric(value=float("inf"))),
    ("not_finite", metric(properties={"a": [float("-inf")]})),
    ("not_finite", metric(timestamp=float("nan"))),
    ("not_finite", metric(user_key=float("inf"))),
    ("not_finite", metric(other=float("nan"))),
    ("nul_character", metric(user_key="a\0b")),
    ("nul_character", metric(properties={"a\0": 1})),
    ("nul_character", exposure(context={"a": [{"b": "\0"}]})),
    ("lone_surrogate", metric(user_key="\ud800")),
    ("lone_surrogate", metric(properties={"a": ["\udfff"]})),
    ("lone_surrogate", metric(properties={"\ud800x": 1})),
    ("lone_surrogate", metric(other="\ud800")),
    ("nested_too_deep", metric(properties={"a": [DEEP]})),
    ("nested_too_deep", exposure(context={"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}})),
    ("missing_field", usage(counts=...)),
    ("missing_field", usage_of(count=...)),
    ("wrong_type", usage(counts={})),
    ("wrong_type", usage(counts=[7])),
    ("wrong_type", usage_of(count="1")),
    ("wrong_type", usage_of(bulk=None)),
    ("empty_field", usage(counts=[])),
    ("empty_field", usage_of(flag="")),
    ("out_of_range", usage_of(count=0)),
    ("out_of_range", usage_of(count=10**12 + 1)),
    ("too_long", usage_of(flag="f" * 129)),
    ("too_long", usage_of(sdk="s" * 65)),
    ("too_long", usage(counts=[{"count": 1}] * 501)),
    ("unknown_value", usage_of(reason="LUCK")),
    ("unknown_value", usage_of(reason="ERROR", error="LUCK")),
    ("error_without_reason", usage_of(error="GENERAL")),
    ("error_without_reason", usage_of(reason="ERROR")),
    ("invalid_key", usage_of(flag="me@example.org", reason="ERROR", error="FLAG_NOT_FOUND")),
    ("invalid_sdk", usage_of(sdk="né")),
    ("nul_character", usage_of(variation="a\0")),
    ("lone_surrogate", usage_of(variation="\ud800")),
    ("timestamp_too_old", usage(timestamp=NOW - DAY_MS - 1)),
    ("event_too_large", usage(counts=[{"flag": "f", "variation": "v" * 128, "reason": "STATIC", "count": 1}] * 400)),
    ("event_too_large", metric(properties={"a": "x" * EVENT_BYTES_MAX})),
]


@pytest.mark.parametrize(("code", "event"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_event_is_named_and_never_costs_its_neighbours(code: str, event: Any) -> None:
    admission = judged(exposure(), event, metric())
    assert codes(admission) == [(1, code)]
    assert lines_of(admission) == lines_of(judged(exposure(), metric()))
    assert "LUCK" not in admission.rejected[0].detail
    assert admission.rejected[0].detail


HALVES = ["\ud800", "\udfff", "a\ud83d", "\udc00\ud800"]
WITHOUT_TYPE = [{name: value for name, value in event.items() if name != "type"} for event in (exposure(), metric())]


@pytest.mark.parametrize("half", HALVES, ids=ascii)
@pytest.mark.parametrize("name", [*WITHOUT_TYPE[0], *WITHOUT_TYPE[1], "other"])
def test_half_a_character_in_any_field_harms_that_event_alone(name: str, half: str) -> None:
    make = exposure if name in WITHOUT_TYPE[0] else metric
    inside = name in ("context", "properties", "other")
    values = [{half: 1}, {"a": half}, {"a": [{"b": half}]}, {"a": [{half: 1}]}] if inside else [half]
    for value in values:
        admission = judged(exposure(), make(**{name: value}), metric(), make(**{half: 1}))
        expected = "wrong_type" if name == "value" else "lone_surrogate"
        assert codes(admission) == [(1, expected), (3, "lone_surrogate")]
        assert (admission.exposure_count, admission.metric_count) == (1, 1)
        assert all(each.detail.encode() for each in admission.rejected)


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("invalid_utf8", b'{"type":"metric","user_key":"\xff"}'),
        ("invalid_utf8", b'{"type":"metric","user_key":"\xed\xa0\x80"}'),
        ("invalid_json", b'{"type":"metric","user_key":"a\tb\n"}'),
        ("invalid_json", b'{"type":"metric","user_key":"\\x"}'),
        ("not_finite", b'{"type":"metric","event_id":"a","timestamp":0,"user_key":"u","metric":"m","value":1e999}'),
        ("not_finite", b'{"type":"metric","event_id":"a","timestamp":0,"user_key":"u","metric":"m","value":%s}'
         % (b"9" * 5000)),
        ("nested_too_deep", b'{"type":"metric","properties":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}"),
    ],
    ids=[
        "a byte that is no UTF-8", "a surrogate", "control characters", "an unknown escape", "infinity",
        "5000 digits", "20000 objects deep",
    ],
)  # fmt: skip
def test_bytes_that_no_encoder_would_write(code: str, raw: bytes) -> None:
    good = json.dumps(metric()).encode()
    admission = admit(b"[" + good + b", " + raw + b" ," + good + b"]", RULES)
    assert codes(admission) == [(1, code)]
    assert admission.metric_count == 2


@pytest.mark.parametrize(
    "filling", ['"' + "x" * 2_000_000 + '"', "[" + "[1]," * 200_000 + "1]", "[" + "1," * 500_000 + "1e999]"]
)
def test_a_huge_event_costs_itself_alone(filling: str) -> None:
    good = json.dumps(metric())
    huge = json.dumps(metric(properties={"a": "?"})).replace('"?"', filling)
    for other in (good, "{}"):
        admission = admit(f"[{good},{huge},{other},{good}]".encode(), RULES)
        assert codes(admission)[0] == (1, "event_too_large")
        assert admission.metric_count == 2 + (other == good)


def test_a_detail_never_repeats_what_was_sent() -> None:
    secret = "alice@example.org"
    admission = judged(
        *[metric(**{name: [secret]}) for name in ("event_id", "user_key", "timestamp", "metric", "value", "type")],
        metric(timestamp=secret),
        metric(event_id=secret + " "),
        exposure(flag=secret),
        metric(properties={secret: float("nan")}),
        metric(properties={secret + "\0": 1}),
        metric(**{secret: float("nan")}),
    )
    assert len(admission.rejected) == 12
    assert all(secret not in each.detail for each in admission.rejected)


def test_of_a_repeated_field_the_last_counts() -> None:
    text = json.dumps(metric(properties=...))[:-1] + ', "value": 3, "value": 4}'
    (line,) = lines_of(admit(f"[{text}]".encode(), RULES))
    assert line["value"] == 4.0


@pytest.mark.parametrize(
    ("offset", "code"), [(-DAY_MS, None), (-DAY_MS - 1, "timestamp_too_old"), (60, None), (61, "timestamp_too_new")]
)
def test_the_window_of_times_is_inclusive(offset: int, code: str | None) -> None:
    rules = AdmissionRules(NOW, Window(age_max=DAY_MS, ahead_max=60))
    assert codes(judged(metric(timestamp=NOW + offset), rules=rules)) == ([(0, code)] if code else [])


def test_seconds_in_place_of_milliseconds_are_recognised() -> None:
    (rejection,) = judged(metric(timestamp=NOW // 1000)).rejected
    assert "milliseconds" in rejection.detail


def test_rejections_come_in_the_order_of_the_events() -> None:
    assert codes(judged(metric(event_id="a b"), metric(value=None), metric(), metric(flag=1, event_id="é"))) == [
        (0, "invalid_event_id"),
        (1, "wrong_type"),
        (3, "invalid_event_id"),
    ]


def test_an_event_of_exactly_the_limit_is_taken() -> None:
    size = len(judged(metric(properties={"a": ""})).metrics) - 1
    at_limit = metric(properties={"a": "x" * (EVENT_BYTES_MAX - size)})
    over = metric(properties={"a": "x" * (EVENT_BYTES_MAX - size + 1)})
    assert codes(judged(at_limit, over)) == [(1, "event_too_large")]


def test_lines_hold_no_line_break_of_their_own() -> None:
    pretty = json.dumps([metric(properties={"a": "x\ny", "b": {"c": [1, 2]}})], indent=2).encode()
    admission = admit(pretty, RULES)
    assert admission.metrics.count(b"\n") == 1
    assert msgspec.json.decode(admission.metrics)["properties"] == {"a": "x\ny", "b": {"c": [1, 2]}}


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        (TIMESTAMP_MIN - 1, "timestamp_too_old"),
        (TIMESTAMP_MIN, ""),
        (TIMESTAMP_MAX, ""),
        (TIMESTAMP_MAX + 1, "timestamp_too_new"),
    ],
)
def test_no_window_reaches_beyond_what_the_table_keeps(timestamp: int, code: str) -> None:
    wide = AdmissionRules(NOW, Window(age_max=300 * 365 * DAY_MS, ahead_max=300 * 365 * DAY_MS))
    assert codes(judged(metric(timestamp=timestamp), rules=wide)) == ([(0, code)] if code else [])
