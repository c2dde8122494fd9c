"""What a generated function has read of its context so far."""

from __future__ import annotations

from collections.abc import Iterable

from bucketing.attributes import TARGETING_KEY
from bucketing.generation.source import Source

UNIT = "unit"
"""The variable of the targeting key's unit."""


class Reads:
    """Writes the reading of attributes, and remembers what stands in a local variable already.

    A branch inherits what was read before it; what is read within a branch stays unknown outside.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._variables: dict[str, str] = {}
        self._unit_read = False

    def branch(self) -> Reads:
        """For statements that control may skip."""
        branch = Reads(self._source)
        branch._variables = dict(self._variables)
        branch._unit_read = self._unit_read
        return branch

    def forget_since(self, branch: Reads) -> None:
        """Know only what was known when `branch` was made: control may have skipped the rest."""
        self._variables = dict(branch._variables)
        self._unit_read = branch._unit_read

    def variable(self, name: str) -> str | None:
        """The variable that holds an attribute, if it was fetched."""
        return self._variables.get(name)

    def attribute(self, name: str) -> str:
        """The expression that reads an attribute (None: missing or null)."""
        constant = self._source.constant(name)
        if "." in name:
            return f"lookup(context, {constant}, {self._source.constant(tuple(name.split('.')))})"
        return f"get({constant})"

    def fetch(self, names: Iterable[str]) -> None:
        """Write the reading of attributes into variables, for all that follows."""
        for name in names:
            if name not in self._variables:
                variable = self._source.local()
                self._source.line(f"{variable} = {self.attribute(name)}")
                self._variables[name] = variable

    def targeting_key(self) -> str:
        """Write the reading of the targeting key's unit (None: no unit), for all that follows."""
        if not self._unit_read:
            self._source.line(f"{UNIT} = get({self._source.constant(TARGETING_KEY)})")
            self._source.line(f"if {UNIT}.__class__ is not str: {UNIT} = unit_key({UNIT})")
            self._unit_read = True
        return UNIT
