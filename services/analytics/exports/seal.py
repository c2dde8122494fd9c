"""Credentials at rest: AES-256-GCM, bound to the export they belong to, under a key that has an id."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from service_kit.settings import SECRET_BYTES_MIN

_NONCE_BYTES = 12


class NoSuchKey(Exception):
    """The credentials were sealed with a secret that this process was not given."""


@dataclass(frozen=True, slots=True)
class SealedText:
    """An encrypted text and the id of its key. `text` is base64 of nonce and ciphertext."""

    key_id: str
    text: str


class Sealer:
    """Encryption of credentials.

    `secrets`: texts of 32 bytes or more separated by commas; the first one seals, all of them open. Empty: neither.

    Raises ValueError for a secret that is too short.
    """

    def __init__(self, secrets: str) -> None:
        self._keys: dict[str, AESGCM] = {}
        for secret in filter(None, (each.strip() for each in secrets.split(","))):
            if len(secret.encode()) < SECRET_BYTES_MIN:
                raise ValueError(f"each secret must have at least {SECRET_BYTES_MIN} bytes")
            self._keys[_derived(secret, b"key id")[:4].hex()] = AESGCM(_derived(secret, b"key"))

    @property
    def key_id(self) -> str:
        """The id of the key that seals, empty without one."""
        return next(iter(self._keys), "")

    def seal(self, plain: bytes, owner: str) -> SealedText:
        """Raises NoSuchKey without a secret. `owner` must be given again to open."""
        if not self._keys:
            raise NoSuchKey("no secret is set")
        nonce = os.urandom(_NONCE_BYTES)
        text = base64.b64encode(nonce + self._keys[self.key_id].encrypt(nonce, plain, owner.encode()))
        return SealedText(self.key_id, text.decode())

    def open(self, sealed: SealedText, owner: str) -> bytes:
        """Raises NoSuchKey for a key that is not there and for text that was not sealed for `owner`."""
        if sealed.key_id not in self._keys:
            raise NoSuchKey(f"no secret with the key id {sealed.key_id} is set")
        data = base64.b64decode(sealed.text)
        try:
            return self._keys[sealed.key_id].decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode())
        except InvalidTag:
            raise NoSuchKey("the credentials were not sealed for this export") from None


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"verdict export " + purpose).derive(secret.encode())
