"""How the value of an attribute is read before it is tested."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bucketing.semver import VERSION_LENGTH_MAX


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A way to read a present value `{v}`, whose class is `{k}`.

    `guard` says whether it can be read at all, `read` is what is tested then; None can't be tested, either.
    """

    guard: str = ""
    read: str = "{v}"

    @property
    def converts(self) -> bool:
        """Is something else tested than the value itself?"""
        return self.read != "{v}"

    def value(self, variable: str, kind: str) -> str:
        """What is tested of a variable's value, None if it can't be."""
        read = self.read.format(v=variable)
        return f"{read} if {self.guard.format(v=variable, k=kind)} else None" if self.guard else read


@lru_cache(maxsize=256)
def scalar(reading: Reading, expression: str) -> str:
    """A text over `{v}`, `{k}` and `{c}`: can the value be read, and does what is read pass `expression`?"""
    parts = [reading.guard] if reading.guard else []
    if reading.converts:
        parts.append(f"(w := {reading.read}) is not None")
        expression = expression.replace("{v}", "w")
    return " and ".join([*parts, expression])


ANYTHING = Reading()
TEXT = Reading("{k} is str")
NUMBER = Reading("({k} is int or {k} is float)")
VERSION = Reading(f"{{k}} is str and len({{v}}) <= {VERSION_LENGTH_MAX}", "parse_short_version({v})")
INSTANT = Reading(read="parse_instant({v})")
