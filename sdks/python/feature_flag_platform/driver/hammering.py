"""Hammering: many evaluations a second in the background, whose answers are counted."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from itertools import cycle, product
from typing import Any

from feature_flag_platform.client import FeatureFlagClient

_SLICE_SECONDS = 0.01


class Hammering:
    """Evaluates each flag for each user in turn until it is stopped."""

    def __init__(self, client: FeatureFlagClient, flags: list[str], users: list[Any], per_second: float) -> None:
        self._client = client
        self._pairs = cycle(list(product(flags, users)))
        self._per_second = per_second
        self._stopped = threading.Event()
        self._answers: dict[str, Counter[str]] = {flag: Counter() for flag in flags}
        self._evaluations = self._exceptions = 0
        self._thread = threading.Thread(target=self._run, name="hammering", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._stopped.wait(_SLICE_SECONDS):
            due = int((time.monotonic() - begun) * self._per_second) - self._evaluations
            for _ in range(due):
                self._evaluate()

    def _evaluate(self) -> None:
        flag, user = next(self._pairs)
        self._evaluations += 1
        try:
            detail = self._client.detail(flag, user)
        except Exception:
            self._exceptions += 1
            return
        value = json.dumps(detail.value, ensure_ascii=False, separators=(",", ":"))
        told = (value, detail.variant or "null", detail.reason, detail.error_code or "null")
        self._answers[flag]["|".join(told)] += 1

    def stop(self) -> dict[str, Any]:
        """What was counted."""
        self._stopped.set()
        self._thread.join()
        return {
            "evaluations": self._evaluations,
            "exceptions": self._exceptions,
            "answers": {flag: dict(answers) for flag, answers in self._answers.items()},
        }
