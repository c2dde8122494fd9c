"""Operators, accounts and users of a NATS server that trusts an operator, as its tools would make them."""

from __future__ import annotations

import base64
import binascii
import json
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_KINDS = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
_SEED = 18 << 3
_NO_LIMITS = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)


class Identity:
    """A key pair and what it may be."""

    def __init__(self, kind: str) -> None:
        self._kind = _KINDS[kind]
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.name = _checked(bytes([self._kind]) + public)

    @property
    def seed(self) -> str:
        raw = self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return _checked(bytes([_SEED | self._kind >> 5, (self._kind & 31) << 3]) + raw)

    def token(self, subject: Identity, kind: str, **claims: Any) -> str:
        """What this identity says of `subject`."""
        body = {
            "iat": int(time.time()),
            "iss": self.name,
            "name": kind,
            "sub": subject.name,
            "jti": kind,
            "nats": {"type": kind, "version": 2, **claims},
        }
        text = ".".join(_encoded(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ed25519-nkey"}, body))
        return f"{text}.{_encoded(self.key.sign(text.encode()))}"


def trusting_server(folder: Path) -> tuple[str, Path]:
    """The configuration of a server that trusts an operator, and a file of credentials of one of its users."""
    operator, account, user = Identity("operator"), Identity("account"), Identity("user")
    account_token = operator.token(account, "account", limits={**_NO_LIMITS, "wildcards": True})
    credentials = folder / "user.creds"
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{account.token(user, 'user', subs=-1, data=-1, payload=-1)}\n"
        "------END NATS USER JWT------\n\n*** IMPORTANT ***\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )
    configuration = (
        f"operator: {operator.token(operator, 'operator')}\n"
        f"resolver: MEMORY\nresolver_preload: {{ {account.name}: {account_token} }}\n"
    )
    return configuration, credentials


def _checked(body: bytes) -> str:
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
