"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketing.flagset import Json


def patched(target: Json, patch: Json) -> Json:
    """The target after the patch: null removes a member, objects merge, anything else stands in its place.

    Neither is changed; what the patch leaves alone is shared with the result.
    """
    if not isinstance(patch, Mapping):
        return patch
    result: dict[str, Any] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), value)
    return result
