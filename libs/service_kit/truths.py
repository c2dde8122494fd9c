"""How people write yes and no where there is only text: in addresses and environment variables."""

from __future__ import annotations

_TRUTHS = dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True) | dict.fromkeys(
    ("0", "off", "f", "false", "n", "no"), False
)


def truth(text: str) -> bool | None:
    """None for what is neither."""
    return _TRUTHS.get(text.lower())
