"""Semantic versions (semver.org 2.0.0) as values that compare by precedence."""

from __future__ import annotations

import re
from functools import lru_cache

VERSION_LENGTH_MAX = 256

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"[vV]?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER})?)?"
    rf"(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)

Identifier = tuple[int, int, str]
Version = tuple[int, int, int, tuple[Identifier, ...]]
_RELEASE: tuple[Identifier, ...] = ((2, 0, ""),)


def _identifier(text: str) -> Identifier:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


@lru_cache(maxsize=4096)
def parse_short_version(text: str) -> Version | None:
    """`parse_version` for a text that is known to have at most 256 characters; remembers the latest 4,096."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    major, minor, patch, prerelease = match.groups()
    tail = _RELEASE if prerelease is None else tuple(map(_identifier, prerelease.split(".")))
    return int(major), int(minor or 0), int(patch or 0), tail


def parse_version(text: str) -> Version | None:
    """A value that orders as the specification's precedence, or None if `text` is no version.

    A leading v or V is allowed, missing minor and patch numbers are 0 (also before a pre-release), build
    metadata is checked and ignored. At most 256 characters, so no value costs more than that.
    """
    return parse_short_version(text) if len(text) <= VERSION_LENGTH_MAX else None
