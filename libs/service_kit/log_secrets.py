"""What no line of the log tells: the secrets of the settings by their value, and what keys, tokens and addresses with a
password look like. Code doesn't log them; this is for texts of others, as exceptions of drivers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

HIDDEN = "***"
_LENGTH_MIN = 6
"""A shorter secret is a word that lines have for other reasons."""
_LOOKS = re.compile(
    r"""(?P<before>://)[^/\s@"'\\]+(?=@)"""
    r"""|(?P<key>sdk-(?:server|client)-)[A-Za-z0-9_-]{16,}"""
    r"""|(?P<token>\bv[st]_)[A-Za-z0-9_-]{16,}"""
    r"""|(?P<scheme>\b(?:Bearer|Basic)\s+)[^\s"'\\,]+"""
    r"""|(?P<jwt>)\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"""
    r"""|(?P<name>\b(?:client_key|access_token|refresh_token|token|password|secret|code|state)=)[^&\s"'\\]+""",
    re.IGNORECASE,
)
_SIGNS = ("://", "=", "sdk-", "SDK-", "vt_", "vs_", "VT_", "VS_", "eyJ", "earer", "EARER", "asic", "ASIC")
"""One of them stands in whatever fits the pattern."""
_held: tuple[str, ...] = ()


def hold(secrets: Iterable[str]) -> None:
    """From now on these are told by nobody: as they are, and as JSON writes them. Of an address it is the password, or
    the user where it has none, which is a token then."""
    global _held  # noqa: PLW0603 - of a process, as its log is
    found = {form for secret in secrets for each in _parts(secret) for form in (each, _as_json(each))}
    known = {*_held, *(each for each in found if len(each) >= _LENGTH_MIN)}
    # The longest first: one may begin as another does.
    _held = tuple(sorted(known, key=lambda each: (-len(each), each)))


def forget() -> None:
    """Nothing is held any more."""
    global _held  # noqa: PLW0603 - the same
    _held = ()


def conceal(text: str) -> str:
    for each in _held:
        if each in text:
            text = text.replace(each, HIDDEN)
    # Most lines have none of these, and looking for the pattern takes ten times as long.
    return _LOOKS.sub(_hidden, text) if any(sign in text for sign in _SIGNS) else text


def _hidden(found: re.Match[str]) -> str:
    return next((each for each in found.groups() if each), "") + HIDDEN


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _parts(secret: str) -> Iterable[str]:
    if "://" not in secret:
        return (secret,)
    told = []
    for address in secret.split(","):
        try:
            parts = urlsplit(address.strip())
            told.append(parts.password or parts.username or "")
        except ValueError:
            told.append(address)
    return (*told, *map(unquote, told))
