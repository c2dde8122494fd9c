"""Privacy rules: the user key and the attributes that an environment marks are stored only as pseudonyms.

Both event types go through the same two functions: the context of an exposure and the properties of a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json import dumps
from typing import Any

from bucketing import unit_key
from messages.pseudonyms import Pseudonyms

_USER_KEY_ATTRIBUTES = ("targetingKey", "user_id")


class Privacy:
    """The rules of one environment. Attributes are named as written or by a dotted path into objects."""

    def __init__(self, pseudonyms: Pseudonyms, *, hash_user_keys: bool, attributes: Sequence[str]) -> None:
        self._pseudonyms = pseudonyms
        self.hash_user_keys = hash_user_keys
        marked = [*attributes, *(_USER_KEY_ATTRIBUTES if hash_user_keys else ())]
        self._names = frozenset(marked)
        # A path inside another marked one is hidden with it, and must not become a stand-in of a stand-in.
        self._paths = [
            tuple(parts)
            for name in self._names
            if len(parts := name.split(".")) > 1
            and not any(".".join(parts[:end]) in self._names for end in range(1, len(parts)))
        ]

    @property
    def changes_anything(self) -> bool:
        return bool(self._names)

    def user_key(self, user_key: str) -> str:
        """The pseudonym of a user key, or the key itself where the environment stores keys."""
        return self._pseudonyms.of(user_key) if self.hash_user_keys else user_key

    def unit_key(self, unit_key: str) -> str:
        """The same for a randomised unit: nothing says which attribute it is of, so any marked one hides it."""
        return self._pseudonyms.of(unit_key) if unit_key and self.changes_anything else unit_key

    def attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A copy in which each scalar inside a marked attribute is replaced by its stand-in; names and null stay."""
        changed: dict[str, Any] = {
            name: self._hidden(value) if name in self._names else value for name, value in attributes.items()
        }
        for path in self._paths:
            changed = _at_path(changed, path, self._hidden)
        return changed

    def _hidden(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            return {name: self._hidden(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._hidden(each) for each in value]
        return self._pseudonyms.of(unit_key(value) or dumps(value))


def _at_path(value: Any, path: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """A copy with whatever stands at the path changed; in arrays the path goes on in each element."""
    if isinstance(value, list):
        return [_at_path(each, path, change) for each in value]
    if not path:
        return change(value)
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return value | {path[0]: _at_path(value[path[0]], path[1:], change)}
