"""Which of all flags client keys see."""

from __future__ import annotations

from collections.abc import Mapping

from bucketing.flagset import Flag


class ClientVisible:
    """The keys of flags that clients see, without a walk through all flags."""

    __slots__ = ("_flags",)

    def __init__(self, flags: Mapping[str, Flag]) -> None:
        self._flags = flags

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._flags and self._flags[key].client_visible
