"""Rereads: when an environment is read anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.5
_PAUSE_SECONDS_MAX = 30.0
_SPREAD = 0.25


class Rereads:
    """At once after a digest that differs, in the second round in which the newest manifest is not the one held,
    and then with growing pauses until it is. The pauses are spread, so that followers don't read in step."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        """`monotonic`: seconds; `chance`: a number from 0 to 1."""
        self._monotonic = monotonic
        self._chance = chance
        self._due: dict[str, float] = {}
        self._pause: dict[str, float] = {}

    def ask(self, environment_id: str) -> None:
        """Wants a re-read, unless one is planned already."""
        self._due.setdefault(environment_id, self._monotonic())

    def settle(self, environment_id: str) -> None:
        """What is held is the newest."""
        self._due.pop(environment_id, None)
        self._pause.pop(environment_id, None)

    def due(self, environment_id: str) -> bool:
        """Asked once in each round in which the manifests differ; true plans the next one."""
        now = self._monotonic()
        if environment_id not in self._due:
            self._due[environment_id] = now
            return False
        if self._due[environment_id] > now:
            return False
        pause = self._pause.get(environment_id, _PAUSE_SECONDS)
        self._due[environment_id] = now + pause * (1 + _SPREAD * (2 * self._chance() - 1))
        self._pause[environment_id] = min(pause * 2, _PAUSE_SECONDS_MAX)
        return True
