"""The moment of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.warehouse.scopes import END_OF_TIME


@dataclass(frozen=True, slots=True)
class AnalysisTime:
    """When the results are computed, and from what: `as_of` None is everything received by `now`."""

    now: int
    as_of: int | None = None

    @property
    def shown(self) -> int:
        return self.now if self.as_of is None else self.as_of

    @property
    def received_until(self) -> int:
        return END_OF_TIME if self.as_of is None else self.as_of
