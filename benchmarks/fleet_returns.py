"""When clients come back that lost all edges at once: by the pauses of the SDK, and by what their edges told them."""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from feature_flag_platform.configuration.follower import PAUSE_SECONDS_MAX
from feature_flag_platform.pauses import pause

_RETRY = re.compile(rb"retry: (\d+)\n")
Pause = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Return:
    """`most_share`: of all clients, in the busiest second; `back_seconds`: from the edges' return to the last one."""

    clients: str
    outage_seconds: float
    most_share: float
    back_seconds: float


def told_seconds(sent: bytes) -> float:
    """The pause that an edge told last."""
    found = _RETRY.findall(sent)
    assert found, sent
    return int(found[-1]) / 1000


def of_sdks(windows: Sequence[float]) -> list[Pause]:
    """Clients that choose a moment in their edge's window, and a wider one after each failure."""
    return [partial(pause, window=each, cap=PAUSE_SECONDS_MAX) for each in windows]


def as_told(moments: Sequence[float]) -> list[Pause]:
    """Clients of OFREP's streams and browsers, which wait as long as they were told, each time."""
    return [partial(_always, each) for each in moments]


def _always(seconds: float, _: int) -> float:
    return seconds


def returns(clients: str, pauses: Sequence[Pause], outage: float) -> Return:
    """The first attempt of each at an edge that is back."""
    came = []
    for each in pauses:
        attempt, at = 0, each(0)
        while at < outage:
            attempt += 1
            at += each(attempt)
        came.append(at)
    came.sort()
    most = max(place - bisect_left(came, at - 1) + 1 for place, at in enumerate(came))
    return Return(clients, outage, most / len(came), came[-1] - outage)


def seeded(seed: int) -> None:
    """Pauses are drawn from Python's own generator."""
    random.seed(seed)
