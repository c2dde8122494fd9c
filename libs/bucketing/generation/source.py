"""The text of one generated function, and the objects it is bound to."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from bucketing.attributes import lookup
from bucketing.hashing import bucket_of, unit_key
from bucketing.operators import EXPRESSION_NAMES

Probe = Callable[[str, Any], Any]
"""Told the path of each step and its value while a traced function runs; gives the value back."""

PARAMETERS = "context, now, programs, memo"

_NAMES: dict[str, Any] = {
    **EXPRESSION_NAMES,
    "bucket_of": bucket_of,
    "lookup": lookup,
    "unit_key": unit_key,
}


@lru_cache(maxsize=4096)
def _code(text: str) -> CodeType:
    """Of the one function in the text."""
    (code,) = (each for each in compile(text, "<generated>", "exec").co_consts if isinstance(each, CodeType))
    return code


class Source:
    """Lines of a function `(context, now, programs, memo)`, with constants as defaults of further parameters, which
    take a fifth of the memory of closures.

    `traced` functions tell a probe each step's value. They are written by the same statements; the only
    difference is that `probe` wraps an expression.
    """

    def __init__(self, traced: bool = False) -> None:
        self.traced = traced
        self._lines: list[str] = []
        self._depth = 1
        self._constants: list[Any] = []
        self._names_by_identity: dict[int, str] = {}
        self._locals = 0

    def constant(self, value: Any) -> str:
        """The name under which `value` stands in the function."""
        name = self._names_by_identity.get(id(value))
        if name is None:
            name = f"c{len(self._constants)}"
            self._constants.append(value)
            self._names_by_identity[id(value)] = name
        return name

    def local(self) -> str:
        """A new name of a local variable."""
        self._locals += 1
        return f"l{self._locals}"

    def line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def open(self, head: str) -> None:
        """Begin a block: `if …:` or `while 1:`."""
        self.line(head)
        self._depth += 1

    def close(self) -> None:
        self._depth -= 1

    def probe(self, path: str, expression: str) -> str:
        """The expression, whose value a traced function reports under `path`."""
        return f"probe({self.constant(path)}, {expression})" if self.traced else expression

    def function(self, probe: Probe | None = None) -> Callable[..., Any]:
        """The function, compiled and bound."""
        bound = "".join(f", c{index}=None" for index in range(len(self._constants)))
        body = "\n".join(self._lines)
        # The text holds no configured value.
        code = _code(f"def run({PARAMETERS}, probe=None{bound}):\n{body}\n")
        return FunctionType(code, _NAMES, "run", (probe, *self._constants))
