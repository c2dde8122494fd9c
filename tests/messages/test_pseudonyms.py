"""Pseudonyms: the same for the same text in an environment, unlike everywhere else, and never to change."""

from __future__ import annotations

import hashlib
import hmac

from messages.pseudonyms import Pseudonyms

SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"


def test_a_pseudonym_is_an_hmac_under_a_key_of_the_environment() -> None:
    key = hmac.new(SECRET.encode(), b"verdict/pseudonyms/v1\0env-1", hashlib.sha256).digest()
    expected = hmac.new(key, "änna".encode(), hashlib.sha256).hexdigest()
    assert Pseudonyms(SECRET, "env-1").of("änna") == expected


def test_rows_that_are_stored_stay_found() -> None:
    assert Pseudonyms(SECRET, "env-1").of("anna") == "049e5334e6c1ea615f81b28f0292b62928a3477765675cd6e727e2b4cb47904c"


def test_another_environment_secret_or_text_has_another() -> None:
    found = {
        Pseudonyms(SECRET, "env-1").of("anna"),
        Pseudonyms(SECRET, "env-2").of("anna"),
        Pseudonyms(SECRET + "x", "env-1").of("anna"),
        Pseudonyms(SECRET, "env-1").of("Anna"),
    }
    assert len(found) == 4


def test_one_object_can_be_asked_again_and_again() -> None:
    pseudonyms = Pseudonyms(SECRET, "env-1")
    assert pseudonyms.of("anna") == pseudonyms.of("anna")
    assert pseudonyms.of("bert") == Pseudonyms(SECRET, "env-1").of("bert")
