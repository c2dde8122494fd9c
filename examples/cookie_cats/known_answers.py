"""What the replay must arrive at: the published facts of the data and the classical tests on them.

Each answer is written with the digits to which it is known; a result agrees when it rounds to them.
The p-values and statistics: Pearson's chi-square without continuity correction for the two retentions and for the
sample ratio (expected shares 50 and 50), Welch's t for the rounds, each as gate_40 minus gate_30.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KNOWN_ANSWERS: dict[str, str] = {
    "players gate_30": "44700",
    "players gate_40": "45489",
    "sample ratio p": "0.0086",
    "day-1 retention gate_30": "0.44819",
    "day-1 retention gate_40": "0.44228",
    "day-1 retention chi-square": "3.1830",
    "day-1 retention p": "0.07441",
    "day-7 retention gate_30": "0.19020",
    "day-7 retention gate_40": "0.18200",
    "day-7 retention chi-square": "10.0132",
    "day-7 retention p": "0.001554",
    "rounds gate_30": "52.4563",
    "rounds gate_40": "51.2988",
    "rounds Welch t": "-0.88544",
    "rounds degrees of freedom": "58595.5",
    "rounds p": "0.37592",
}


@dataclass(frozen=True)
class Check:
    """One known answer beside what was found, both with the same digits; `found` is None when it is missing."""

    name: str
    expected: str
    found: str | None

    @property
    def agrees(self) -> bool:
        """Whether all digits are the same."""
        return self.expected == self.found


def compare(found: Mapping[str, float | None]) -> list[Check]:
    """Hold every known answer against the figure of the same name."""
    return [_check(name, expected, found.get(name)) for name, expected in KNOWN_ANSWERS.items()]


def _check(name: str, expected: str, value: float | None) -> Check:
    if value is None:
        return Check(name, expected, None)
    _, _, decimals = expected.partition(".")
    return Check(name, expected, f"{value:.{len(decimals)}f}")
