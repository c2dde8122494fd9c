"""What the benchmark wants of every server: how it is had, how it is started, and that it speaks OFREP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bucketing.flagset import Flag, Segment


class NotToBeHad(Exception):
    """Why a server is not measured."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What each server holds: the same flags, in its own words."""

    flags: tuple[Flag, ...]
    segments: Mapping[str, Segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerServer:
    """`obtain` gives the path of its program, or raises NotToBeHad. `command` writes into a folder what it holds and
    returns how it is started on a port."""

    name: str
    obtain: Callable[[], Path]
    command: Callable[[Path, Path, int, Holding], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
