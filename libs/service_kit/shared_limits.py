"""Joins the counts of rate limits over Redis. Without Redis each process counts alone."""

from __future__ import annotations

import hashlib
from heapq import nlargest
from importlib import import_module
from typing import TYPE_CHECKING

from service_kit.logs import get_logger
from service_kit.rate_limits import RateLimit
from service_kit.store_settings import RedisSettings

if TYPE_CHECKING:
    # Loaded by who has a Redis alone: it takes memory.
    from redis.asyncio import Redis

JOIN_SECONDS = 1.0
"""How often to join."""
_ANSWER_SECONDS_MAX = 0.5
_NAMES_PER_ROUND_MAX = 2000
_log = get_logger("limits")


class SharedLimits:
    """The limits of one process, joined with those of its service's others. `service` stands in Redis' keys."""

    def __init__(self, service: str, redis: Redis, limits: tuple[RateLimit, ...]) -> None:
        self._service = service
        self._redis = redis
        self._limits = limits
        self._reachable = True
        self._failures = (import_module("redis.exceptions").RedisError, OSError, TimeoutError)

    async def join(self) -> None:
        """Tells Redis what this process has counted and learns the sum. An unreachable Redis changes nothing."""
        for limit in self._limits:
            window = limit.window
            # Who has the most to tell comes first, so that with more names than a round has room for each has its turn.
            batch = nlargest(
                _NAMES_PER_ROUND_MAX,
                ((name, each, each.taken) for name, each in limit.counted()),
                key=lambda counted: counted[2] - counted[1].shared,
            )
            if not batch:
                continue
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for name, each, taken in batch:
                        key = f"{self._service}:{limit.kind}:{window}:{_hidden(name)}"
                        pipeline.incrby(key, taken - each.shared)
                        pipeline.expire(key, limit.window_seconds * 2)
                    sums = (await pipeline.execute())[::2]
            except self._failures as error:
                if self._reachable:
                    _log.warning("counts of limits are not shared", error=type(error).__name__)
                self._reachable = False
                return
            self._reachable = True
            if limit.window == window:
                for (_, each, taken), total in zip(batch, sums, strict=True):
                    each.shared = taken
                    each.elsewhere = max(0, int(total) - taken)


def _hidden(name: str | bytes) -> str:
    """Neither keys nor addresses stand in Redis as they are."""
    return hashlib.sha256(name if isinstance(name, bytes) else name.encode()).hexdigest()[:32]


def redis_at(settings: RedisSettings) -> Redis | None:
    """A client that never waits long; None for an empty address."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return None
    client: Redis = import_module("redis.asyncio").Redis.from_url(
        url,
        socket_timeout=_ANSWER_SECONDS_MAX,
        socket_connect_timeout=_ANSWER_SECONDS_MAX,
        **settings.redis_options(),
    )
    return client
