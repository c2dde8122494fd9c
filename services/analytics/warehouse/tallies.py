"""What an aggregation adds up over the events of one user, and which number a unit has of it.

A kind of metric is one row of `TALLIES`: SQL over arrays, which `unit_rows` puts into the one read of all metrics.
Within an expression stand

- `$chosen`: of each event of the user whether it is one of the metric in its window, 1 or 0. An event is one event;
- `$events`: those as tuples of the position of the event's name among the window's names (1 is the first) and epoch
  milliseconds, in no order: sort them by moment where that matters; `$moments`: the milliseconds alone;
- `$values`: the values of those, without the nulls, in ascending order, so that their sum is always the same one;
- `$ones`: the same with 1 for a null;
- `$others`: like `$ones`, of the events of the denominator;
- `$facets`: the values that the events have of the window's property, with repetitions;
- `$steps`: the positions of a funnel's steps.

All hold every name of the window but the denominator's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import Literal

WORDS = ("chosen", "events", "moments", "values", "ones", "others", "facets", "steps")


@dataclass(frozen=True, slots=True)
class Tally:
    """`slots`: what is kept of one user, a number each. Of the slots (`$0`, `$1`, …) `number` makes the unit's number,
    which there is where `present` holds; a ratio has `above` and `below` in its first two slots.

    `together`: how the slots of several users of a unit become the unit's. `list`: numbers that are kept one by one.
    """

    slots: tuple[str, ...]
    present: str
    number: str
    together: Literal["sum", "max"] = "sum"
    list: str = ""

    def uses(self, word: str) -> bool:
        """Whether an expression of a slot or the list names `$word`."""
        return any(f"${word}" in each for each in (*self.slots, self.list))


_HAPPENED = Tally(("toFloat64(has($chosen, 1))",), "$0 > 0", "1.", "max")
_REACHED = (
    "arrayFold((reached, event) -> if(event.1 = $steps[toUInt64(reached + 1)], reached + 1, reached), "
    "arraySort(event -> (event.2, indexOf($steps, event.1)), $events), 0.)"
)
"""How many steps were taken: an event is of the next one unless it is before the last; at the same moment it is not."""
_DAYS = "arrayMap(moment -> intDiv(moment, 86400000), $moments)"
TALLIES = {
    "conversion": _HAPPENED,
    "count": Tally(("toFloat64(arraySum($chosen))",), "$0 > 0", "$0"),
    "sum": Tally(("arraySum($values)", "toFloat64(arraySum($chosen))"), "$1 > 0", "$0"),
    "mean": Tally(("arraySum($values)", "toFloat64(length($values))"), "$1 > 0", "$0 / $1"),
    "ratio": Tally(
        ("arraySum($ones)", "arraySum($others)", "toFloat64(length($ones) + length($others))"), "$2 > 0", "$0"
    ),
    "quantile": Tally((), "0", "0.", list="$values"),
    "retention": _HAPPENED,
    "funnel": Tally((_REACHED, f"toFloat64({_REACHED} = length($steps))"), "$1 > 0", "1.", "max"),
    "distinct": Tally(("toFloat64(length(arrayDistinct($facets)))",), "$0 > 0", "$0"),
    "days": Tally((f"toFloat64(length(arrayDistinct({_DAYS})))",), "$0 > 0", "$0"),
}
"""By the aggregation's name."""


def filled(expression: str, words: dict[str, str]) -> str:
    """The expression with each `$word` replaced."""
    return Template(expression).substitute(words)


def of_slots(expression: str, first: int) -> str:
    """`$0`, `$1`, … as elements of `numbers` from `first` (1 is the first element) on."""
    return with_slots(expression, [f"numbers[{first + slot}]" for slot in range(10)])


def with_slots(expression: str, slots: Sequence[str]) -> str:
    """`$0`, `$1`, … as `slots`."""
    for number, slot in reversed(list(enumerate(slots))):
        expression = expression.replace(f"${number}", slot)
    return expression
