"""Which of all flags client keys see."""

from __future__ import annotations

from collections.abc import Mapping

from bucketing.flagset import Flag


class Visible:
    """The keys of flags that clients see, or don't, without a walk through all flags."""

    __slots__ = ("_flags", "_visible")

    def __init__(self, flags: Mapping[str, Flag], visible: bool) -> None:
        self._flags = flags
        self._visible = visible

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._flags and self._flags[key].client_visible is self._visible
