"""Secrets at rest: AES-256-GCM, bound to a context, under keys that can be changed.

A sealed secret is one byte of form, four of the key's id, twelve of nonce, and the ciphertext. The context is a text
that says whose secret it is (`webhook/<id>`): what was sealed for one row does not open in another.
"""

from __future__ import annotations

import os
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service_kit.setting_values import Checks, Secret
from service_kit.settings import SECRET_BYTES_MIN, LongSecret

_FORM = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(_FORM) + _KEY_ID_BYTES + _NONCE_BYTES


class CannotOpen(Exception):
    """What was to be opened was not sealed for this context by a key that is here; or not sealed at all."""


def _keys(text: str) -> list[str]:
    return [key for each in text.split(",") if (key := each.strip())]


def _usable(value: Secret) -> Secret:
    text = value.get_secret_value()
    keys = _keys(text)
    if text and len(keys) != text.count(",") + 1:
        raise ValueError("must be keys with commas between them, none of them empty")
    for number, key in enumerate(keys, 1):
        if len(key.encode()) < SECRET_BYTES_MIN:
            raise ValueError(
                f"key {number} must have at least {SECRET_BYTES_MIN} bytes; `openssl rand -base64 32` makes one"
            )
    if len(set(keys)) != len(keys):
        raise ValueError("names a key twice")
    return value


SealingKeys = Annotated[Secret, Checks(_usable)]
"""A setting: keys with commas between them; the first one seals, all of them open. Empty: none."""


class Sealer:
    """Seals with the first key and opens with each of them, so that a new key is put in front and an old one is taken
    away once nothing is sealed with it any more."""

    def __init__(self, *keys: str) -> None:
        """Raises ValueError without a key, and for one that is too short."""
        if not keys or any(len(key.encode()) < SECRET_BYTES_MIN for key in keys):
            raise ValueError(f"a sealer needs keys of at least {SECRET_BYTES_MIN} bytes")
        self._ciphers = {_derived(key, b"id")[:_KEY_ID_BYTES]: AESGCM(_derived(key, b"key")) for key in keys}
        self._first = next(iter(self._ciphers))

    @classmethod
    def of(cls, keys: SealingKeys, otherwise: LongSecret) -> Sealer:
        """By the setting; where it is empty, by a key made from another secret, enough for one machine."""
        return cls(*(_keys(keys.get_secret_value()) or [otherwise.get_secret_value()]))

    def seal(self, plain: bytes, context: str) -> bytes:
        """The same context must be given to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, plain, context.encode())
        return b"".join((_FORM, self._first, nonce, sealed))

    def open(self, sealed: bytes, context: str) -> bytes:
        """Raises `CannotOpen`."""
        key_id, nonce = sealed[1 : 1 + _KEY_ID_BYTES], sealed[1 + _KEY_ID_BYTES : _HEAD_BYTES]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != _FORM or cipher is None:
            raise CannotOpen("it was sealed with a key that is not set here")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise CannotOpen(f"it was not sealed for {context}") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it; else it wants to be sealed anew before its key goes."""
        return sealed[: _HEAD_BYTES - _NONCE_BYTES] == _FORM + self._first


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"verdict seal " + purpose).derive(key.encode())
