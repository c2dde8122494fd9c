"""A look at Redis, in which processes share the counts of their limits."""

from __future__ import annotations

from importlib import import_module

from service_kit.clock import Clock
from service_kit.shared_limits import redis_at
from service_kit.store_settings import RedisSettings

from control_plane.diagnosis.findings import Findings


async def look(findings: Findings, *, settings: RedisSettings, clock: Clock) -> None:
    """Raises `OSError` for a Redis that can't be used."""
    redis = redis_at(settings)
    if redis is None:
        findings.well("no Redis is given (FF_REDIS_URL): each process counts its limits alone")
        return
    try:
        async with redis:
            before = clock.now()
            seconds, microseconds = await redis.time()
            asked_at = (before + clock.now()) / 2000
            server = await redis.info("server")
    except import_module("redis.exceptions").RedisError as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    findings.well(f"Redis {server['redis_version']}")
    findings.compare_clocks("its", seconds + microseconds / 1_000_000, asked_at)
