"""Arrays of a user's events, and what metrics choose of them: SQL between the read of events and the tallies.

Events are gathered as an array for each of their columns, all in the same order, which is faster than one of tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analytics.warehouse.event_facts import EventFacts
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.tallies import WORDS, Tally

_GATHERED = {"kinds": "kind", "moments": "moment", "amounts": "amount"}
_GATHERED_FACTS = {"passes": "passed", "facets_found": "facets"}
"""Arrays of a user's events by the column that they are of. `kind` is twice the position of the event's name (1 is the
first), and 1 more with a value."""
_OF_CHOSEN = "arrayFilter((each, chosen) -> chosen, {of}, {by})"
_WITH_VALUE = "arrayFilter((amount, kind, chosen) -> chosen AND kind % 2, amounts, kinds, {by})"
_FIRST_RECEIVED = """arrayFilter(
            (event, nth) -> nth = 1,
            arrayReverseSort(copy -> copy.{wins}, copies) AS received,
            arrayEnumerateUniq(
                arrayMap(copy -> intDiv(copy.1, 2), received), arrayMap(copy -> copy.{id}, received)))"""
"""Of the copies of an event the one that was received first, as `FINAL` has it, which is slow for a few users."""


@dataclass(frozen=True, slots=True)
class Part:
    """The events of a window, or those of `before` the exposure; `prefix` is what its words begin with."""

    window: MetricWindow
    tally: Tally
    prefix: str
    before: bool

    @property
    def words(self) -> dict[str, str]:
        """The name of each word of a tally."""
        return {word: f"{self.prefix}_{word}" for word in WORDS}


@dataclass(frozen=True, slots=True)
class EventArrays:
    """Of events with `names` (in this order) of which `facts` are asked. `copies`: an event may come several times, the
    first one received counts. `trigger`: there is `exposed_at` beside `first_at`."""

    names: Sequence[str]
    facts: EventFacts
    copies: bool
    trigger: bool

    def gathered(self) -> str:
        """SQL: the columns that gather the events of a user."""
        arrays = self._arrays()
        if self.copies:
            arrays = {"copies": f"({', '.join([*arrays.values(), 'event_id', 'first_wins'])})"}
        return "".join(f",\n            groupArrayIf({each}, exposed = 0) AS {name}" for name, each in arrays.items())

    def words(self, parts: Iterable[Part]) -> dict[str, str]:
        """The arrays that slots are computed of, each by its name; one for all parts that choose the same events."""
        masks: dict[str, str] = {}
        words = self._first_received() if self.copies else {}
        for part in parts:
            mask = self._mask(part.window.counted, part, self.facts.passes(part.window))
            chosen = masks.setdefault(mask, f"{part.prefix}_chosen")
            words[f"{part.prefix}_chosen"] = mask if chosen == f"{part.prefix}_chosen" else chosen
            words |= {f"{part.prefix}_{word}": sql for word, sql in self._made(part, chosen).items()}
        return words

    def _made(self, part: Part, chosen: str) -> dict[str, str]:
        window = part.window
        facets = f"arrayMap(facets -> {self.facts.facet(window)}, facets_found)" if window.facet else ""
        others = self._mask((window.denominator,), part, "") if window.denominator else ""
        events = "arrayZip(arrayMap(kind -> intDiv(kind, 2), kinds), moments)"
        made = {
            "events": _OF_CHOSEN.format(of=events, by=chosen),
            "moments": _OF_CHOSEN.format(of="moments", by=chosen),
            "values": f"arraySort({_WITH_VALUE.format(by=chosen)})",
            "ones": f"arraySort({_OF_CHOSEN.format(of='amounts', by=chosen)})",
            "others": f"arraySort({_OF_CHOSEN.format(of='amounts', by=others)})",
            "facets": f"arrayFlatten({_OF_CHOSEN.format(of=facets, by=chosen)})",
            "steps": f"[{', '.join(str(self.names.index(each) + 1) for each in window.steps)}]",
        }
        return {word: sql for word, sql in made.items() if part.tally.uses(word)}

    def _arrays(self) -> dict[str, str]:
        return _GATHERED | (_GATHERED_FACTS if self.facts.any else {})

    def _first_received(self) -> dict[str, str]:
        arrays = self._arrays()
        events = _FIRST_RECEIVED.format(id=len(arrays) + 1, wins=len(arrays) + 2)
        parts = {name: f"arrayMap(event -> event.{number}, events)" for number, name in enumerate(arrays, 1)}
        return {"events": events} | parts

    def _mask(self, names: Sequence[str], part: Part, passes: str) -> str:
        """SQL: of each event of a user, whether it is one of `names` in time that passes."""
        ordinals = [self.names.index(name) + 1 for name in dict.fromkeys(names)]
        conditions = [self._before(part.window) if part.before else self._within(part.window)]
        conditions += [passes] if passes else []
        if len(ordinals) < len(self.names):
            conditions.insert(0, f"kind IN ({', '.join(f'{2 * each}, {2 * each + 1}' for each in ordinals)})")
        one, of_all = "kind, moment", "kinds, moments"
        if passes:
            one, of_all = f"{one}, passed", f"{of_all}, passes"
        return f"arrayMap(({one}) -> {' AND '.join(conditions)}, {of_all})"

    @staticmethod
    def _within(window: MetricWindow) -> str:
        from_then = f"moment >= first_at + {window.start * 1000}"
        if window.end:
            return f"{from_then} AND moment < first_at + {window.end * 1000}"
        return f"{from_then} AND moment < {{stop:Int64}}"

    def _before(self, window: MetricWindow) -> str:
        """Before the exposure: between it and a trigger event the variation may have had its effect."""
        since = "exposed_at" if self.trigger else "first_at"
        return f"moment < {since} AND moment >= {since} - {window.lookback * 1000}"
