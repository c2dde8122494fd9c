"""A thousand clients that lose their edge come back within a minute, and never more than a hundred in a second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import pytest
from sdk_trials.driver import Driver
from service_kit.event_streams import retry_window

from tests.sdks.drivers import driver

CLIENTS = 1000
CONNECTIONS_A_SECOND_MAX = 100
BACK_SECONDS_MAX = 60.0
ATTEMPTS = 16
PAUSES_DRAWN = 4000
OUTAGES = (0, 5, 10, 15, 20, 25, 30, 60)
"""Seconds."""


class Pauses:
    """What the SDK waits for before an attempt, drawn by the function that its client uses."""

    def __init__(self, asked: Driver, seed: int) -> None:
        window = retry_window(CLIENTS)
        numbers = [number for number in range(ATTEMPTS) for _ in range(PAUSES_DRAWN)]
        drawn = asked.ask("backoff", attempts=numbers, window_ms=window, seed=seed)
        cuts = range(0, len(drawn), PAUSES_DRAWN)
        self._of = [iter(drawn[start : start + PAUSES_DRAWN]) for start in cuts]

    def before(self, attempt: int) -> float:
        """Seconds."""
        return float(next(self._of[min(attempt, ATTEMPTS - 1)])) / 1000


def returns(pauses: Pauses, outage: float) -> Iterator[float]:
    """When each client's first attempt at an edge that is back comes, in seconds after that edge was lost."""
    for _ in range(CLIENTS):
        at, attempt = pauses.before(0), 0
        while at < outage:
            attempt += 1
            at += pauses.before(attempt)
        yield at


@pytest.mark.parametrize("language", ["python", "node", "go", "web"])
def test_a_thousand_clients_come_back_one_after_another(language: str) -> None:
    with Driver(driver(language), {}) as asked:
        for outage in OUTAGES:
            came = sorted(returns(Pauses(asked, outage), outage))
            most = max(place - bisect_left(came, at - 1) + 1 for place, at in enumerate(came))
            assert most <= CONNECTIONS_A_SECOND_MAX, f"{most} in a second after an outage of {outage} s"
            assert came[-1] - outage <= BACK_SECONDS_MAX, f"after an outage of {outage} s"
            assert came[-1] - came[0] > BACK_SECONDS_MAX / 4, "they came at once"
