"""The mean of users who were assigned together: sums per unit of randomisation, the variance between units.

A unit (a company) has users, each with an outcome. The mean per user is the ratio of the units' sums, and users of one
unit are not independent, so the variance is that of a ratio over units. Source: Deng, Knoblich & Lu 2018, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats.errors import InvalidInputError
from stats.kinds.estimates import PreparedArm
from stats.kinds.ratio import RatioSummary, merge_ratios, prepare_ratio

OWN_NAMES = {
    "n": "n",
    "num_sum": "y_sum",
    "num_sum_sq": "y_sum_sq",
    "den_sum": "users_sum",
    "den_sum_sq": "users_sum_sq",
    "num_den_sum": "y_users_sum",
}
"""The fields of `ClusteredSummary` under the names that `RatioSummary` has for them."""


@dataclass(frozen=True, slots=True)
class ClusteredSummary:
    """Mean per user, clustered: n units; y the sum of a unit's outcomes, users how many users it has.

    For a conversion y is the number of users who converted. Sums are over units: Σy, Σy², Σusers, Σusers², Σy·users.
    """

    n: int
    y_sum: float
    y_sum_sq: float
    users_sum: float
    users_sum_sq: float
    y_users_sum: float

    def __post_init__(self) -> None:
        try:
            checked = self.as_ratio()
        except InvalidInputError as error:
            raise InvalidInputError(OWN_NAMES[error.field], error.reason) from None
        for theirs, own in OWN_NAMES.items():
            object.__setattr__(self, own, getattr(checked, theirs))
        if self.users_sum < self.n:
            raise InvalidInputError("users_sum", "must be at least n: a unit that is counted has a user")

    def as_ratio(self) -> RatioSummary:
        """The same sums as a ratio: outcomes over users."""
        return RatioSummary(self.n, self.y_sum, self.y_sum_sq, self.users_sum, self.users_sum_sq, self.y_users_sum)


def prepare_clustered(summary: ClusteredSummary) -> PreparedArm:
    """The estimate of an arm on n − 1 degrees of freedom, or the status that stands in its way."""
    return prepare_ratio(summary.as_ratio())


def merge_clustered(parts: Sequence[ClusteredSummary]) -> ClusteredSummary:
    """The sums add; the parts must hold different units."""
    merged = merge_ratios([part.as_ratio() for part in parts])
    return ClusteredSummary(**{own: getattr(merged, theirs) for theirs, own in OWN_NAMES.items()})
