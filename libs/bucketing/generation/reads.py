"""What a generated function has read of its context so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bucketing.attributes import TARGETING_KEY
from bucketing.generation.source import Source
from bucketing.readings import Reading

UNIT = "unit"
"""The variable of the targeting key's unit."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """The variables of an attribute that is asked often.

    `elements`: the value if it is an array, else None. `readings`: expressions of what several tests read of it.
    """

    value: str
    kind: str
    elements: str
    readings: dict[Reading, tuple[str, str]] = field(default_factory=dict)


class Reads:
    """Writes the reading of attributes, and remembers what stands in a local variable already.

    A branch inherits what was read before it; what is read within a branch stays unknown outside.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._variables: dict[str, str] = {}
        self._attributes: dict[str, Attribute] = {}
        self._unit_read = False

    def branch(self) -> Reads:
        """For statements that control may skip."""
        branch = Reads(self._source)
        branch._variables = dict(self._variables)
        branch._attributes = self._attributes
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

    def prepared(self, name: str) -> Attribute | None:
        """The variables of an attribute, if it was prepared."""
        return self._attributes.get(name)

    def prepare(self, asked: Iterable[tuple[str, Reading]]) -> None:
        """Write the reading of attributes that are asked more than once, each time in a certain way.

        What has to be converted is converted when it is first needed. Call where control always passes.
        """
        times = Counter(asked)
        for name, total in Counter(name for name, _ in times.elements()).items():
            if total > 1:
                self._attributes[name] = self._prepared(
                    name, [reading for (of, reading), count in times.items() if of == name and count > 1]
                )

    def _prepared(self, name: str, readings: Iterable[Reading]) -> Attribute:
        source = self._source
        attribute = Attribute(source.local(), source.local(), source.local())
        source.line(f"{attribute.value} = {self.attribute(name)}")
        source.line(f"{attribute.kind} = {attribute.value}.__class__")
        source.line(f"{attribute.elements} = {attribute.value} if {attribute.kind} is list else None")
        for reading in readings:
            value = reading.value(attribute.value, attribute.kind)
            if value == attribute.value:
                continue
            variable = source.local()
            if reading.converts:
                source.line(f"{variable} = ...")
                asked = f"({variable} if {variable} is not ... else ({variable} := {value}))"
            else:
                source.line(f"{variable} = {value}")
                asked = variable
            attribute.readings[reading] = variable, asked
        return attribute

    def targeting_key(self) -> str:
        """Write the reading of the targeting key's unit (None: no unit), for all that follows."""
        if not self._unit_read:
            self._source.line(f"{UNIT} = get({self._source.constant(TARGETING_KEY)})")
            self._source.line(f"if {UNIT}.__class__ is not str: {UNIT} = unit_key({UNIT})")
            self._unit_read = True
        return UNIT
