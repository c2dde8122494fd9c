"""A config document as the edge sent it, kept up to date for the store: with fields that this engine doesn't know."""

from __future__ import annotations

from typing import Any

_TABLES = ("flags", "segments", "experiments", "remote_configs")


def with_change(document: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The document after a `change`; the one before stays as it is."""
    after = {**document, "version": change["version"]}
    for name in _TABLES:
        table = {**(document.get(name) or {}), **(change.get(name) or {})}
        after[name] = {key: entity for key, entity in table.items() if entity is not None}
    for key, version in (change.get("versions") or {}).items():
        for name in ("flags", "remote_configs"):
            entity = after[name].get(key)
            if isinstance(entity, dict) and key not in (change.get(name) or {}):
                after[name] = {**after[name], key: {**entity, "version": version}}
    return after
