"""What a role gave before rights were published, for environments that a control plane of before has published.

For upgrades alone. To be deleted in version 0.3: by then every environment says what each of its people may.
"""

from __future__ import annotations

_READ = frozenset({"results:read", "exposures:read"})
_WRITE = _READ | {"experiment:update"}
_ADMINISTER = _WRITE | {"export:manage", "data:erase"}
_RIGHTS = {
    "viewer": _READ,
    "analyst": _WRITE,
    "editor": _WRITE,
    "developer": _WRITE,
    "admin": _ADMINISTER,
    "administrator": _ADMINISTER,
    "owner": _ADMINISTER,
}


def rights_before(role: str) -> frozenset[str]:
    """Of the rights that are asked here."""
    return _RIGHTS.get(role, frozenset())
