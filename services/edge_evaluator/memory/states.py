"""States: the name of what a key can see at one moment, as event streams and `flagConfigEtag` carry it.

`17-0a1b2c3d4e5f.2`: the config version in which it was told, the digest of all that answers depend on, and how many
starts, ends and expiries have passed. Two moments are the same state when digest and number are; the version only says
which of two states is the later one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r'(?:W/)?"?(\d{1,18})(?:-([0-9a-f]{1,64}))?(?:\.(\d{1,9}))?"?')


class State(NamedTuple):
    version: int
    digest: str
    phase: int

    def __str__(self) -> str:
        return f"{self.version}-{self.digest}.{self.phase}"

    def same_as(self, other: State | None) -> bool:
        return other is not None and (self.digest, self.phase) == (other.digest, other.phase)

    def follows(self, told: State) -> bool:
        """Is this the state that was told, or a later one?"""
        return self.phase >= told.phase if self.digest == told.digest else self.version >= told.version


def state_of(text: str) -> State | None:
    """Reads a state, quoted or not; None for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    version, digest, phase = found.groups()
    return State(int(version), digest or "", int(phase or 0))
