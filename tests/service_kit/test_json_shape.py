"""What is too much is refused by its bytes: nothing is made of them."""

from __future__ import annotations

import json

import pytest
from service_kit.json_text import DEPTH_MAX, ELEMENTS_MAX, decode_json
from service_kit.problems import InvalidInput

EMPTY_LISTS = b"[" + b",".join([b"[]"] * 690_000) + b"]"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(EMPTY_LISTS, "too_many_values", id="empty lists"),
        pytest.param(b"[" + b"{}," * 690_000 + b"{}]", "too_many_values", id="empty objects"),
        pytest.param(b'["' + b'","' * 690_000 + b'"]', "too_many_values", id="empty texts"),
        pytest.param(b"[" * 2_000_000, "too_many_values", id="opened only"),
        pytest.param(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "too_deep", id="deep"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep", id="deep objects"),
    ],
)
def test_too_much_is_refused_before_anything_is_built(body: bytes, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(*_: object, **__: object) -> None:
        pytest.fail("it was built")

    monkeypatch.setattr("service_kit.json_text.json.loads", loads)
    with pytest.raises(InvalidInput) as refused:
        decode_json(body)
    assert refused.value.errors[0].code == code


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(list(range(ELEMENTS_MAX - 1)), id="as many as may be"),
        pytest.param([",[{" * 300_000, '"[{\\' * 100_000], id="brackets in texts"),
        pytest.param([[]] * 500, id="many brackets, not deep"),
    ],
)
def test_what_only_looks_like_much_is_taken(value: object) -> None:
    assert decode_json(json.dumps(value).encode()) == value
