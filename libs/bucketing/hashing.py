"""Bucketing `sha256-10000-v1`: the bucket of a unit, one of 10,000.

`bucket = unsigned big-endian integer of SHA-256(UTF-8(salt + key + unit)) mod 10000`. `key` is the flag's
key for a rollout, the experiment's key for an assignment, and `traffic:<experiment>`, `layer:<layer>` and
`holdout:<holdout>` for the three other questions an experiment asks; a colon can't stand in a key, so no two
questions share a hash.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from bucketing import native
from bucketing.flagset import BUCKET_COUNT, Json

UNIT_INTEGER_LIMIT = 2**53
_from_bytes = int.from_bytes


def _replace_surrogates(error: UnicodeError) -> tuple[bytes, int]:
    """Encode what UTF-8 can't: pairs become their character, lone surrogates U+FFFD, as JSON readers in
    other languages do."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    surrogates = error.object[error.start : error.end]
    text = surrogates.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.encode(), error.end


TEXT_ERRORS = "bucketing.replace_surrogates"
codecs.register_error(TEXT_ERRORS, _replace_surrogates)


def text_bytes(text: str) -> bytes:
    """UTF-8 of any text, also of one with surrogates."""
    return text.encode("utf-8", TEXT_ERRORS)


Begin = Any
"""Salt and key in the form that `bucket_of` wants."""


def python_start(salt: str, key: str) -> Callable[[], Any]:
    """The copying of a SHA-256 that has read salt and key: cheaper than to begin a new one for every unit."""
    return sha256(text_bytes(salt + key)).copy


def python_bucket(begin: Callable[[], Any], unit: str) -> int:
    """The bucket (0 to 9999) of a unit, in Python."""
    state = begin()
    try:
        state.update(unit.encode())
    except UnicodeEncodeError:
        state.update(text_bytes(unit))
    return _from_bytes(state.digest(), "big") % BUCKET_COUNT


def native_start(salt: str, key: str) -> bytes:
    """What the functions in C read before the unit."""
    return text_bytes(salt + key)


start: Callable[[str, str], Begin] = python_start if native.BUILT is None else native_start
bucket_of: Callable[[Begin, str], int] = python_bucket if native.BUILT is None else native.BUILT.bucket
"""`bucket_of(start(salt, key), unit)` is the bucket: in C where it was compiled, in Python elsewhere."""


def bucket(salt: str, key: str, unit: str) -> int:
    """The bucket (0 to 9999) of `unit`; total: any three texts have one, the empty ones too."""
    return bucket_of(start(salt, key), unit)


def unit_key(value: Json) -> str | None:
    """The text that stands for a unit, or None if `value` can't be one.

    A string is its own key; a number without a fraction whose magnitude is below 2^53 has its decimal
    digits, so 123, 123.0 and "123" are one unit.
    """
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is float and value.is_integer():
        value = int(value)
        kind = int
    if kind is int and -UNIT_INTEGER_LIMIT < value < UNIT_INTEGER_LIMIT:
        return str(value)
    return None
