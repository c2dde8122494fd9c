"""What an environment hides is hidden in both event types alike, and only there."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from event_ingestor.admission.events import AdmissionRules
from event_ingestor.admission.privacy import Privacy
from messages.pseudonyms import Pseudonyms

from tests.event_ingestor.events import NOW, exposure, judged, lines_of, metric

SECRET = "a secret of the tests"
STANDINS = Pseudonyms(SECRET, "e1")


def hidden(text: str) -> str:
    return STANDINS.of(text)


def stored(*events: dict[str, Any], hash_user_keys: bool = False, marked: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    rules = AdmissionRules(NOW, privacy=Privacy(STANDINS, hash_user_keys=hash_user_keys, attributes=marked))
    return lines_of(judged(*events, rules=rules))


def test_a_standin_is_an_hmac_under_a_key_of_the_environment() -> None:
    key = hmac.digest(SECRET.encode(), b"verdict/pseudonyms/v1\0e1", "sha256")
    assert hidden("u1") == hmac.new(key, b"u1", hashlib.sha256).hexdigest()
    assert Pseudonyms(SECRET, "e2").of("u1") != hidden("u1")
    assert Pseudonyms("another secret", "e1").of("u1") != hidden("u1")


@pytest.mark.parametrize("user_key", ["123", 123, 123.0])
def test_both_event_types_store_the_same_standin_of_a_user(user_key: Any) -> None:
    events = stored(exposure(user_key=user_key), metric(user_key=user_key), hash_user_keys=True)
    assert [event["user_key"] for event in events] == [hidden("123")] * 2


@pytest.mark.parametrize(
    ("hash_user_keys", "marked", "expected"),
    [(True, (), hidden("acme")), (False, ("company",), hidden("acme")), (False, (), "acme")],
    ids=["user keys are hidden", "an attribute is hidden", "nothing is hidden"],
)
def test_a_unit_key_is_hidden_where_anything_is(hash_user_keys: bool, marked: tuple[str, ...], expected: str) -> None:
    (event,) = stored(exposure(unit_key="acme"), hash_user_keys=hash_user_keys, marked=marked)
    assert event["unit_key"] == expected
    (event,) = stored(exposure(), hash_user_keys=hash_user_keys, marked=marked)
    assert event["unit_key"] == ""


def test_the_user_key_is_hidden_in_the_attributes_too() -> None:
    attributes = {"targetingKey": "u1", "user_id": 7, "country": "US"}
    for event in stored(exposure(context=attributes), metric(properties=attributes), hash_user_keys=True):
        assert (event.get("context") or event["properties"]) == {
            "targetingKey": hidden("u1"),
            "user_id": hidden("7"),
            "country": "US",
        }


ATTRIBUTES = {
    "email": "a@example.org",
    "age": 31,
    "ratio": 0.5,
    "member": True,
    "none": None,
    "address": {"street": "A", "city": {"name": "B"}},
    "phones": ["1", {"home": "2"}],
    "people": [{"email": "x"}, {"email": "y", "name": "z"}],
    "a.b": "literal",
    "plain": "kept",
}


@pytest.mark.parametrize(
    ("marked", "changed"),
    [
        (("email",), {"email": hidden("a@example.org")}),
        (("age", "ratio", "member", "none"), {"age": hidden("31"), "ratio": hidden("0.5"), "member": hidden("true")}),
        (("address",), {"address": {"street": hidden("A"), "city": {"name": hidden("B")}}}),
        (("address.street",), {"address": {"street": hidden("A"), "city": {"name": "B"}}}),
        (("address.city",), {"address": {"street": "A", "city": {"name": hidden("B")}}}),
        (("address.city.name", "address.city"), {"address": {"street": "A", "city": {"name": hidden("B")}}}),
        (("address", "address.street"), {"address": {"street": hidden("A"), "city": {"name": hidden("B")}}}),
        (("phones",), {"phones": [hidden("1"), {"home": hidden("2")}]}),
        (("people.email",), {"people": [{"email": hidden("x")}, {"email": hidden("y"), "name": "z"}]}),
        (("a.b",), {"a.b": hidden("literal")}),
        (("absent", "address.absent", "email.x"), {}),
    ],
    ids=[
        "text",
        "every kind of value",
        "object",
        "member of an object",
        "object in an object",
        "member and its object",
        "object and its member",
        "list",
        "objects in a list",
        "name with a dot",
        "absent",
    ],
)
def test_marked_attributes_are_hidden_wherever_they_stand(marked: tuple[str, ...], changed: dict[str, Any]) -> None:
    first, second = stored(exposure(context=ATTRIBUTES), metric(properties=ATTRIBUTES), marked=marked)
    assert first["context"] == ATTRIBUTES | changed
    assert second["properties"] == ATTRIBUTES | changed
    assert (first["user_key"], second["user_key"]) == ("u1", "u1")


def test_an_array_of_numbers_may_outgrow_the_limit_by_being_hidden() -> None:
    rules = AdmissionRules(NOW, privacy=Privacy(STANDINS, hash_user_keys=False, attributes=["a"]))
    (rejection,) = judged(metric(properties={"a": [1] * 1000}), rules=rules).rejected
    assert rejection.code == "event_too_large"
