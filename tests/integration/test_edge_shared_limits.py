"""Request limits over a real Redis: joined while it is there, each process for itself when it is not."""

from __future__ import annotations

from edge_evaluator.settings import EdgeSettings
from redis.asyncio import Redis
from service_kit.clock import ManualClock
from service_kit.rate_limits import RateLimit
from service_kit.setting_values import Secret
from service_kit.shared_limits import SharedLimits

from devstack.parts import Redis as RedisServer
from tests.edge_evaluator.running_edge import running_edge


def limits(clock: ManualClock) -> tuple[RateLimit, RateLimit]:
    return RateLimit("key", 1, clock), RateLimit("address", 1, clock)


async def test_two_edges_count_together_and_keys_stay_unknown(redis_url: str) -> None:
    clock = ManualClock()
    async with Redis.from_url(redis_url) as redis:
        ours, theirs = limits(clock), limits(clock)
        for each in (ours, theirs):
            for _ in range(6):
                assert each[0].allowance(b"a-key-of-this-test").take()
        for each in (ours, theirs, ours):
            each[0].allowance(b"a-key-of-this-test").taken += 1
            await SharedLimits("edge", redis, each).join()
        assert [each[0].allowance(b"a-key-of-this-test").exhausted for each in (ours, theirs)] == [True, True]
        assert not [key async for key in redis.scan_iter("*a-key-of-this-test*")]
        clock.advance(10)
        ours[0].roll()
        assert not ours[0].allowance(b"a-key-of-this-test").exhausted


async def test_an_edge_answers_while_redis_dies_and_comes_back(fresh_redis: RedisServer) -> None:
    settings = EdgeSettings(redis_url=Secret(fresh_redis.url), edge_requests_per_key_per_second=3)
    async with running_edge(settings) as edge:
        assert (await edge.flag("plain")).status_code == 200
        fresh_redis.kill()
        statuses = {(await edge.flag("plain")).status_code for _ in range(60)}
        assert statuses == {200, 429}
        fresh_redis.start()
        assert (await edge.flag("plain")).status_code in (200, 429)
        assert (await edge.get("/readyz", key=None)).status_code == 200


async def test_a_full_redis_is_like_none(fresh_redis: RedisServer) -> None:
    async with Redis.from_url(fresh_redis.url) as redis:
        await redis.config_set("maxmemory", "1mb")
        clock = ManualClock()
        ours = limits(clock)
        assert ours[0].allowance(b"k").take()
        await SharedLimits("edge", redis, ours).join()
        assert [ours[0].allowance(b"k").take() for _ in range(10)] == [True] * 9 + [False]
