"""Secrets at rest: who can open what, and what a wrong setting is told."""

from __future__ import annotations

import re

import pytest
from service_kit.sealing import CannotOpen, Sealer, SealingKeys
from service_kit.setting_values import Secret, read_value

OLD, NEW = "o" * 32, "n" * 32
PLAIN, CONTEXT = b"whsec_secret", "webhook/1"


def test_what_was_sealed_opens_in_its_context() -> None:
    sealer = Sealer(OLD)
    sealed = sealer.seal(PLAIN, CONTEXT)
    assert PLAIN not in sealed
    assert sealer.seal(PLAIN, CONTEXT) != sealed
    assert Sealer(OLD).open(sealed, CONTEXT) == PLAIN


def test_it_opens_nowhere_else() -> None:
    with pytest.raises(CannotOpen, match="webhook/2"):
        Sealer(OLD).open(Sealer(OLD).seal(PLAIN, CONTEXT), "webhook/2")


def test_a_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    sealed = Sealer(OLD).seal(PLAIN, CONTEXT)
    both = Sealer(NEW, OLD)
    assert both.open(sealed, CONTEXT) == PLAIN
    assert not both.is_current(sealed)
    anew = both.seal(PLAIN, CONTEXT)
    assert both.is_current(anew)
    assert Sealer(NEW).open(anew, CONTEXT) == PLAIN
    with pytest.raises(CannotOpen, match="not set here"):
        Sealer(NEW).open(sealed, CONTEXT)


@pytest.mark.parametrize("at", range(0, 45, 4))
def test_a_changed_byte_opens_nothing(at: int) -> None:
    sealed = bytearray(Sealer(OLD).seal(PLAIN, CONTEXT))
    sealed[at % len(sealed)] ^= 1
    with pytest.raises(CannotOpen):
        Sealer(OLD).open(bytes(sealed), CONTEXT)


@pytest.mark.parametrize("length", [0, 1, 5, 17, 18, 32])
def test_a_part_opens_nothing(length: int) -> None:
    with pytest.raises(CannotOpen):
        Sealer(OLD).open(Sealer(OLD).seal(PLAIN, CONTEXT)[:length], CONTEXT)


def test_without_keys_another_secret_serves() -> None:
    secret = Secret("s" * 32)
    sealed = Sealer.of(Secret(""), secret).seal(PLAIN, CONTEXT)
    assert Sealer.of(Secret(f"{NEW}, {'s' * 32}"), secret).open(sealed, CONTEXT) == PLAIN
    with pytest.raises(CannotOpen):
        Sealer.of(Secret(NEW), secret).open(sealed, CONTEXT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("short", "key 1 must have at least 32 bytes; `openssl rand -base64 32` makes one"),
        (f"{NEW},short", "key 2 must have"),
        (f"{NEW},,{OLD}", "none of them empty"),
        (f"{NEW},{NEW}", "names a key twice"),
    ],
)
def test_a_bad_setting_is_told_without_its_value(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        read_value(SealingKeys, text)
    assert NEW not in str(refused.value)


def test_good_settings_pass() -> None:
    for text in ("", NEW, f"{NEW}, {OLD}"):
        assert read_value(SealingKeys, text).get_secret_value() == text


def test_no_sealer_is_made_of_nothing() -> None:
    for keys in ((), ("short",)):
        with pytest.raises(ValueError, match="32 bytes"):
            Sealer(*keys)
