"""What evaluations answer: values of the type that was asked for, or the default with a code; they never raise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from feature_flag_platform import FeatureFlagClient

from tests.sdks.python.documents import EVERYTHING
from tests.sdks.python.running_client import NOWHERE, offline


class Raising:
    """A user that can't be read."""

    @property
    def key(self) -> str:
        raise RuntimeError("no key today")


Ask = Callable[[FeatureFlagClient], Any]


@pytest.fixture(scope="module")
def client() -> FeatureFlagClient:
    return offline(EVERYTHING)


VALUES: dict[str, tuple[Ask, Any]] = {
    "enabled": (lambda c: c.is_enabled("plain", "u"), True),
    "not-enabled": (lambda c: c.is_enabled("off", "u"), False),
    "enabled-of-text": (lambda c: c.is_enabled("text", "u"), False),
    "enabled-of-unknown": (lambda c: c.is_enabled("nothing", "u"), False),
    "off-is-not-the-default": (lambda c: c.boolean("off", "u", True), False),
    "default-of-unknown": (lambda c: c.variation("nothing", "u", "blue"), "blue"),
    "default-of-broken": (lambda c: c.variation("broken", "u", True), True),
    "no-default": (lambda c: c.variation("text", "u"), "hello"),
    "no-default-of-unknown": (lambda c: c.variation("nothing", "u"), None),
    "text": (lambda c: c.variation("text", "u", ""), "hello"),
    "integer": (lambda c: c.variation("limit", "u", 0), 7),
    "number": (lambda c: c.variation("ratio", "u", 0.0), 1.0),
    "object": (lambda c: c.variation("theme", "u", {}), {"dark": [1, 2.5, None]}),
    "typed-string": (lambda c: c.string("text", "u", ""), "hello"),
    "typed-integer": (lambda c: c.integer("limit", "u", 0), 7),
    "typed-number": (lambda c: c.number("ratio", "u", 0), 1.0),
    "number-of-integer": (lambda c: c.number("limit", "u", 0.0), 7.0),
    "integer-of-number": (lambda c: c.integer("ratio", "u", 3), 3),
    "object-of-text": (lambda c: c.object("text", "u", {"a": 1}), {"a": 1}),
    "boolean-is-no-integer": (lambda c: c.variation("plain", "u", 0), 0),
    "integer-is-no-boolean": (lambda c: c.variation("limit", "u", False), False),
    "a-default-of-no-type": (lambda c: c.variation("limit", "u", math), math),
    "config": (lambda c: c.config("page", "u", None), {"columns": 2}),
    "config-of-flag": (lambda c: c.config("theme", "u", "default"), "default"),
    "config-of-unknown": (lambda c: c.config("nothing", "u", "default"), "default"),
    "config-as-flag": (lambda c: c.object("page", "u", None), {"columns": 2}),
}


@pytest.mark.parametrize("case", VALUES)
def test_the_value(client: FeatureFlagClient, case: str) -> None:
    ask, expected = VALUES[case]
    found = ask(client)
    assert found == expected
    assert found.__class__ is expected.__class__


ERRORS = {
    "nothing": "FLAG_NOT_FOUND",
    "broken": "PARSE_ERROR",
    "half": "TARGETING_KEY_MISSING",
    "text": "TYPE_MISMATCH",
}


@pytest.mark.parametrize("flag", ERRORS)
def test_an_error_has_a_code_and_the_default(client: FeatureFlagClient, flag: str) -> None:
    detail = client.detail(flag, {"attributes": {}}, True)
    assert (detail.value, detail.variant, detail.reason, detail.error_code) == (True, None, "ERROR", ERRORS[flag])
    assert detail.error_message


def test_a_context_that_is_none_is_invalid(client: FeatureFlagClient) -> None:
    assert client.detail("half", ["u"]).error_code == "INVALID_CONTEXT"


def test_a_user_that_raises_is_an_error(client: FeatureFlagClient) -> None:
    assert not client.is_enabled("plain", Raising())
    assert client.detail("plain", Raising(), "blue").value == "blue"
    assert client.detail("plain", Raising()).error_code == "GENERAL"
    assert client.all_flags(Raising()) == {}
    assert client.explain("plain", Raising())["decision"]["error_code"] == "GENERAL"
    client.track_metric("m", 1.0, Raising())
    client.track_exposure("plain", Raising())


@pytest.mark.parametrize("flag", [None, 7, ["f"], {"a": 1}, b"f"], ids=repr)
def test_a_key_that_is_none_is_not_found(client: FeatureFlagClient, flag: Any) -> None:
    assert client.variation(flag, "u", "blue") == "blue"
    assert client.detail(flag, "u").error_code in ("FLAG_NOT_FOUND", "GENERAL")


def test_nothing_held_is_an_error_and_raises_nothing() -> None:
    client = FeatureFlagClient("srv_of_tests", NOWHERE, offline=True)
    assert client.detail("plain", "u", False).error_code == "PROVIDER_NOT_READY"
    assert client.config("page", "u", 1) == 1
    assert client.all_flags("u") == {}
    assert client.explain("plain", "u")["decision"]["errorCode"] == "PROVIDER_NOT_READY"
    assert not client.ready(0)


def test_a_detail_says_how_it_came_about(client: FeatureFlagClient) -> None:
    detail = client.detail("ruled", {"key": "u", "attributes": {"country": "NO"}})
    assert (detail.value, detail.variant, detail.reason) == (True, "on", "TARGETING_MATCH")
    assert detail.metadata == {"owner": "shop", "version": "0", "ageSeconds": 0}
    tested = client.detail("tested", "u")
    assert tested.experiment == "test"
    assert [(each.key, each.phase) for each in tested.experiments] == [("test", 2)]
    assert tested.metadata["experiments"] == "test:2"
    split = client.detail("by-company", {"key": "u", "attributes": {"company": 12.0}})
    assert (split.metadata["split"], split.metadata["unitKey"]) == ("$default", "12")


def test_a_value_that_is_changed_changes_nobody_elses(client: FeatureFlagClient) -> None:
    client.object("theme", "u", {})["dark"].append(9)
    client.detail("theme", "u").value["dark"].clear()
    client.all_flags("u")["theme"].value["dark"].clear()
    client.config("page", "u", None)["columns"] = 7
    assert client.object("theme", "u", {}) == {"dark": [1, 2.5, None]}
    assert client.config("page", "u", None) == {"columns": 2}


def test_all_flags_are_those_that_are_held(client: FeatureFlagClient) -> None:
    found = client.all_flags("u")
    assert found.keys() == EVERYTHING["flags"].keys() | EVERYTHING["remote_configs"].keys()
    assert {key: each.value for key, each in found.items()} == {key: client.variation(key, "u") for key in found}


def test_an_explanation_is_the_engines(client: FeatureFlagClient) -> None:
    told = client.explain("ruled", {"targetingKey": "u", "country": "NO"})
    assert told["decision"]["variation"] == "on"
    assert [step["step"] for step in told["steps"]] == ["enabled", "rule", "default"]
