"""The grammars of addresses by RFC 3987, built when the first address is looked at.

jsonschema builds 38 of them when it is imported. That takes two seconds, and our schemas have no such address.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

_NAME = "rfc3987_syntax"


def build_late() -> None:
    """From now on."""
    if _NAME in sys.modules:
        return
    late = ModuleType(_NAME)

    def is_valid_syntax(term: str, value: str) -> bool:
        if sys.modules.get(_NAME) is late:
            del sys.modules[_NAME]
        return bool(import_module(_NAME).is_valid_syntax(term, value))

    vars(late)["is_valid_syntax"] = is_valid_syntax
    sys.modules[_NAME] = late
