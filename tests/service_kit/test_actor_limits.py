"""How much people, programs and addresses may ask: each by itself, reads and writes apart, joined over Redis."""

from __future__ import annotations

import pytest
from service_kit.actor_limits import ActorLimits, ActorRates
from service_kit.clock import ManualClock
from service_kit.problems import TooManyRequests
from starlette.requests import Request

RATES = ActorRates(per_address=3, reads=2, writes=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def limits(clock: ManualClock) -> ActorLimits:
    return ActorLimits(RATES, clock)


def of(address: str) -> Request:
    return Request({"type": "http", "client": (address, 1000), "headers": []})


def test_reads_and_writes_have_limits_of_their_own(limits: ActorLimits, clock: ManualClock) -> None:
    for _ in range(10):
        limits.admit("user", "ann", "POST")
    with pytest.raises(TooManyRequests) as refused:
        limits.admit("user", "ann", "DELETE")
    assert (refused.value.limit, refused.value.members["limit"]) == ("writes_per_person", "writes_per_person")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 10
    for _ in range(20):
        limits.admit("user", "ann", "GET")
    with pytest.raises(TooManyRequests, match="reads_per_person"):
        limits.admit("user", "ann", "GET")
    limits.admit("user", "bert", "POST")
    limits.admit("token", "ann", "POST")
    clock.advance(int(refused.value.headers["Retry-After"]))
    limits.admit("user", "ann", "POST")


def test_a_program_is_counted_by_its_token(limits: ActorLimits) -> None:
    for _ in range(10):
        limits.admit("token", "ci", "PATCH")
    with pytest.raises(TooManyRequests, match="writes_per_token"):
        limits.admit("token", "ci", "PATCH")


def test_an_address_is_counted_whoever_it_says_to_be(limits: ActorLimits) -> None:
    for _ in range(30):
        limits.admit_address(of("10.0.0.1"))
    with pytest.raises(TooManyRequests, match="requests_per_address"):
        limits.admit_address(of("10.0.0.1"))
    limits.admit_address(of("10.0.0.2"))


def test_what_other_processes_have_counted_counts_here(limits: ActorLimits) -> None:
    limits.admit("user", "ann", "POST")
    [counted] = [each for limit in limits.all for _, each in limit.counted()]
    counted.elsewhere = 9
    with pytest.raises(TooManyRequests):
        limits.admit("user", "ann", "POST")


def test_people_are_not_kept_waiting_by_the_defaults() -> None:
    assert min(ActorRates().reads, ActorRates().writes) >= 100
