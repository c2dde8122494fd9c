"""What a library offers to others, as lines of text: names; and signatures and fields where others build on them."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

LIBRARIES = ("actors", "bucketing", "feature_flag_platform", "messages", "service_kit", "stats", "streams")
_ORDINARY = set(dir(object)) | {"__post_init__", "__dataclass_fields__", "__dataclass_params__", "__slots__"}


def surface(library: str) -> str:
    """One line a name. A library with `__all__` offers that, whole; of another each module offers what it defines."""
    package = importlib.import_module(library)
    if hasattr(package, "__all__"):
        lines = [*_lines(package)]
    else:
        lines = [f"{module.__name__}.{name}" for module in _modules(package) for name in offered(module)]
    return "".join(f"{line}\n" for line in lines)


def offered(module: ModuleType) -> list[str]:
    """Names that others may import from the module, in order."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and name not in imported
        if getattr(value, "__module__", module.__name__) == module.__name__
        if not isinstance(value, ModuleType) and type(value).__module__ != "__future__"
    )


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not any(part.startswith("_") for part in found.name.split(".")) and ".generated" not in found.name:
            yield importlib.import_module(found.name)


def _lines(module: ModuleType) -> Iterator[str]:
    for name in offered(module):
        value = getattr(module, name)
        at = f"{module.__name__}.{name}"
        if inspect.isclass(value):
            yield f"class {at}{_bases(value)}{_signature(value)}"
            yield from (f"  {line}" for line in _members(value))
        elif callable(value) and hasattr(value, "__name__"):
            yield f"{at}{_signature(value)}"
        else:
            yield at


def _members(kind: type) -> Iterator[str]:
    for name, value in sorted(vars(kind).items()):
        if name.startswith("_") or name in _ORDINARY:
            continue
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        yield f"{name}{_signature(plain)}" if inspect.isfunction(plain) else name


def _bases(kind: type) -> str:
    names = [base.__name__ for base in kind.__bases__ if base is not object]
    return f"[{', '.join(names)}]" if names else ""


def _signature(value: Any) -> str:
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(value)))
    except (TypeError, ValueError):
        return ""
