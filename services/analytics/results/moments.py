"""The moment of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from service_kit.problems import FieldError, InvalidInput

from analytics.instants import instant
from analytics.warehouse.scopes import END_OF_TIME


@dataclass(frozen=True, slots=True)
class AnalysisTime:
    """When the results are computed, and from what: `as_of` None is everything received by `now`."""

    now: int
    as_of: int | None = None

    @classmethod
    def asked(cls, now: int, as_of: str | None) -> Self:
        """Raises InvalidInput for what is no moment, and for the future: nobody knows what will have been received, and
        a plan that ends then would read as if it were over."""
        moment = instant(as_of, "as_of")
        if moment is not None and moment > now:
            raise InvalidInput(
                [FieldError("as_of", "range", "lies in the future: nobody knows what will be there then")]
            )
        return cls(now, moment)

    @property
    def shown(self) -> int:
        return self.now if self.as_of is None else self.as_of

    @property
    def received_until(self) -> int:
        return END_OF_TIME if self.as_of is None else self.as_of
