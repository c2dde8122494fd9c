"""Where a person returns to after signing in: a path of this very site, however it is written."""

from __future__ import annotations

import re
from urllib.parse import unquote

from control_plane.people.single_sign_on.errors import SignInFailed

_LENGTH_MAX = 1024
_DECODED_AT_MOST = 3
# ASCII alone. Browsers drop spaces and control characters, and turn backslashes round.
_PATH = re.compile(r"/[!-\[\]-~]*")


def local_target(given: str | None) -> str:
    """The path that was asked for, or `/`. Raises `SignInFailed` for what may lead elsewhere, also when a proxy or a
    page decodes it once more than it should."""
    target = given or "/"
    if len(target) > _LENGTH_MAX or not _PATH.fullmatch(target):
        raise SignInFailed("bad_target")
    path = re.split("[?#]", target, maxsplit=1)[0]
    for _ in range(_DECODED_AT_MOST):
        if _leads_away(path):
            raise SignInFailed("bad_target")
        decoded = unquote(path)
        if decoded == path:
            return target
        path = decoded
    raise SignInFailed("bad_target")


def _leads_away(path: str) -> bool:
    return path.startswith("//") or any(letter == "\\" or letter < " " or letter == "\x7f" for letter in path)
