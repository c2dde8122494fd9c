"""The digest of a set of config entries: equal exactly when two holders have the same bytes per subject.

It is the sum modulo 2^256 of SHA-256(subject, 0, payload) over all live entries, so one changed entry changes
it by a subtraction and an addition, whatever the size of the set (an additive multiset hash after Bellare and
Micciancio, "A new paradigm for collision-free hashing", 1997). It guards against loss and corruption; who may
write to the stream is a matter of the bus's permissions.
"""

from __future__ import annotations

import hashlib

_MODULUS = 1 << 256


def entry_digest(subject: str, payload: bytes) -> int:
    return int.from_bytes(hashlib.sha256(subject.encode() + b"\0" + payload).digest(), "big")


def combined(total: int, *, added: int = 0, removed: int = 0) -> int:
    """`total` with one entry's digest added and another's taken away."""
    return (total + added - removed) % _MODULUS


def digest_bytes(total: int) -> bytes:
    """The 32 bytes that stand in a manifest."""
    return total.to_bytes(32, "big")
