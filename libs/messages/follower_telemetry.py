"""Telemetry of a follower of CONFIG, the same in every service that follows."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class FollowerTelemetry:
    """What a follower tells on the way. Ages are measured on a clock that nobody sets."""

    def __init__(self, registry: CollectorRegistry, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds."""
        self._monotonic = monotonic
        self._confirmed_at: dict[str, float] = {}
        self._started_at = monotonic()
        self._rejected = Counter("verdict_config_rejected_total", "Messages not taken", ["reason"], registry=registry)
        self._mismatches = Counter("verdict_config_digest_mismatches_total", "Digests that differ", registry=registry)
        self._rereads = Counter("verdict_config_rereads_total", "Environments read anew", registry=registry)
        self._unconfirmed = Counter("verdict_config_unconfirmed_total", "Rounds without the bus", registry=registry)
        age = Gauge(
            "verdict_config_age_seconds",
            "Since the bus last confirmed the environment that it confirmed longest ago; without any, since the start",
            registry=registry,
            multiprocess_mode="livemax",
        )
        age.set_function(self.age_seconds)

    def age_seconds(self) -> float:
        """How old the oldest part of what is in use may be."""
        return self._monotonic() - min(self._confirmed_at.values(), default=self._started_at)

    def confirmed(self, environment_id: str) -> None:
        """The bus said that the newest version is the one in use."""
        self._confirmed_at[environment_id] = self._monotonic()

    def rejected(self, reason: str) -> None:
        """A message was not taken; see `Rejected`."""
        self._rejected.labels(reason).inc()

    def mismatched(self) -> None:
        """A digest differs."""
        self._mismatches.inc()

    def reread(self) -> None:
        """An environment is read anew."""
        self._rereads.inc()

    def unconfirmed(self) -> None:
        """A round of anti-entropy ended early, because the bus did not answer."""
        self._unconfirmed.inc()
