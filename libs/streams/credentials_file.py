"""A NATS credentials file: a token of a user, and the seed of the key that the server's challenge is signed with."""

from __future__ import annotations

import base64
import binascii
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Loaded by who has such a file alone: it takes memory.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_BLOCK = re.compile(r"-+BEGIN ([A-Z ]+)-+\s*(\S+)\s*-+END [A-Z ]+-+")
_TOKEN, _SEED = "NATS USER JWT", "USER NKEY SEED"
_SEED_START = b"S"
_SEED_BYTES = 32
_PREFIX_BYTES, _CHECKSUM_BYTES = 2, 2


class CredentialsUnusable(ValueError):
    """The file does not hold what it should; the message never quotes it."""


class CredentialsFile:
    """Read anew at each connection, so that it may be replaced while the service runs. Raises CredentialsUnusable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def token(self) -> bytes:
        return self._blocks()[_TOKEN].encode()

    def signature(self, challenge: str) -> bytes:
        """Of the server's challenge, in base 64."""
        return base64.b64encode(_key(self._blocks()[_SEED]).sign(challenge.encode()))

    def _blocks(self) -> dict[str, str]:
        try:
            text = self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialsUnusable(f"can't be read ({type(error).__name__})") from None
        blocks = dict(_BLOCK.findall(text))
        for title in (_TOKEN, _SEED):
            if title not in blocks:
                raise CredentialsUnusable(f"has no block {title!r}")
        return blocks


def _key(seed: str) -> Ed25519PrivateKey:
    """Of a seed in base 32: two bytes that say what it is for, 32 of the seed, a checksum of two."""
    try:
        raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    except binascii.Error:
        raise CredentialsUnusable("holds a seed that is not in base 32") from None
    body, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if (
        not seed.startswith(_SEED_START.decode())
        or len(body) != _PREFIX_BYTES + _SEED_BYTES
        or binascii.crc_hqx(body, 0).to_bytes(_CHECKSUM_BYTES, "little") != checksum
    ):
        raise CredentialsUnusable("holds a seed that is damaged")
    keys = import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    key: Ed25519PrivateKey = keys.Ed25519PrivateKey.from_private_bytes(body[_PREFIX_BYTES:])
    return key
