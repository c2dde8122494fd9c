"""Semantic versions: each becomes a text whose order, byte by byte, is the specification's precedence."""

from __future__ import annotations

from typing import cast

from bucketing.semver import VERSION_LENGTH_MAX, Version, parse_version

from analytics.warehouse.filters.parameters import Parameters

_NUMBER = "(0|[1-9][0-9]*)"
_IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = (
    rf"^[vV]?{_NUMBER}(?:\\.{_NUMBER}(?:\\.{_NUMBER})?)?(?:-({_IDENTIFIER}(?:\\.{_IDENTIFIER})*))?"
    r"(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$"
)
_SEPARATOR, _NUMERIC, _TEXTUAL, _RELEASE = "\x01", "a", "b", "c"
"""Below all that an identifier may have, so that the shorter of two lists comes first."""


def version_test(comparison: str, literal: str, parameters: Parameters) -> str:
    """`literal` is a version."""
    numbers = ", ".join(_sized(f"if(g[{index}] = '', '0', g[{index}])") for index in (1, 2, 3))
    identifier = f"if(match(t, '^[0-9]+$'), concat('{_NUMERIC}', {_sized('t')}), concat('{_TEXTUAL}', t))"
    tail = f"if(g[4] = '', ['{_RELEASE}'], arrayMap(t -> {identifier}, splitByChar('.', g[4])))"
    key = f"arrayStringConcat(arrayConcat([{numbers}], {tail}), '\\x01')"
    held = parameters.add(_key(literal), "String")
    groups = f"[extractGroups(item.2, '{_VERSION}')]"
    return (
        f"length(item.2) <= {VERSION_LENGTH_MAX} "
        f"AND arrayExists(g -> notEmpty(g) AND {key} {comparison} {held}, {groups})"
    )


def _sized(digits: str) -> str:
    return f"concat(leftPad(toString(length({digits})), 3, '0'), {digits})"


def _key(literal: str) -> str:
    major, minor, patch, tail = cast("Version", parse_version(literal))
    parts = [_sized_text(number) for number in (major, minor, patch)]
    for rank, number, text in tail:
        parts.append((_NUMERIC + _sized_text(number), _TEXTUAL + text, _RELEASE)[rank])
    return _SEPARATOR.join(parts)


def _sized_text(number: int) -> str:
    digits = str(number)
    return f"{len(digits):03d}{digits}"
