"""Credentials at rest: only the right secret opens them, only for the export they belong to."""

from __future__ import annotations

import base64

import pytest
from analytics.exports.seal import NoSuchKey, SealedText, Sealer

OLD, NEW = "old " * 10, "new " * 10
PLAIN = b'{"password":"hush"}'


def test_what_was_sealed_is_opened() -> None:
    sealed = Sealer(OLD).seal(PLAIN, "org/export")
    assert Sealer(OLD).open(sealed, "org/export") == PLAIN
    assert b"hush" not in base64.b64decode(sealed.text)
    assert Sealer(OLD).seal(PLAIN, "org/export").text != sealed.text


def test_a_new_secret_in_front_opens_the_old_and_seals_anew() -> None:
    old, both = Sealer(OLD), Sealer(f"{NEW},{OLD}")
    sealed = old.seal(PLAIN, "a")
    assert both.open(sealed, "a") == PLAIN
    assert both.seal(PLAIN, "a").key_id == Sealer(NEW).key_id != sealed.key_id


def test_no_other_export_and_no_other_text_opens() -> None:
    sealer = Sealer(OLD)
    sealed = sealer.seal(PLAIN, "org/export")
    data = bytearray(base64.b64decode(sealed.text))
    data[-1] ^= 1
    for wrong, owner in (
        (sealed, "org/other"),
        (SealedText(sealed.key_id, base64.b64encode(data).decode()), "org/export"),
        (SealedText("00000000", sealed.text), "org/export"),
    ):
        with pytest.raises(NoSuchKey):
            sealer.open(wrong, owner)
    with pytest.raises(NoSuchKey):
        Sealer(NEW).open(sealed, "org/export")


def test_without_a_secret_nothing_is_sealed() -> None:
    assert Sealer("").key_id == ""
    with pytest.raises(NoSuchKey):
        Sealer("").seal(PLAIN, "a")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(f"{OLD},short")
