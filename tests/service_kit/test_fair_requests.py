"""Each organization has turns and a place of its own, and an address has them until it is known who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from service_kit import fair_requests
from service_kit.fair_requests import FairRequests, serve, served_name
from service_kit.fair_steps import FairSteps
from service_kit.problems import TooManyRequests
from starlette.types import Receive, Scope, Send

from tests.waiting import turns as let_others_run


class Service:
    """Answers when the test says so; `whose` says whose a credential is."""

    def __init__(self) -> None:
        self.leave = asyncio.Event()
        self.names: list[str] = []
        self.refused: list[str] = []
        self.requests = FairRequests(self._answer, FairSteps())

    async def _answer(self, scope: Scope, _: Receive, __: Send) -> None:
        self.names.append(served_name())
        try:
            serve("address", scope["client"][0])
            if whose := scope["whose"]:
                serve("organization", whose)
                self.names.append(served_name())
        except TooManyRequests as refusal:
            self.refused.append(refusal.limit)
            return
        await self.leave.wait()

    def ask(self, whose: str = "", *, token: str = "", address: str = "192.0.2.1") -> asyncio.Task[None]:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope: dict[str, Any] = {"type": "http", "client": (address, 1), "headers": headers, "whose": whose}
        return asyncio.create_task(self.requests(scope, _unused, _unused))

    @property
    def under_way(self) -> dict[str, int]:
        return dict(self.requests._under_way)


async def _unused(*_: Any) -> Any:
    raise AssertionError


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    def set_to(address: int, organization: int) -> None:
        most = {"address": address, "organization": organization}
        monkeypatch.setattr(fair_requests, "UNDER_WAY_MAX", most)

    return set_to


async def test_what_an_organization_has_under_way_is_bounded_and_others_are_not_refused(
    few: Callable[[int, int], None],
) -> None:
    few(100, 3)
    service = Service()
    loud = [service.ask("loud") for _ in range(10)]
    await let_others_run()
    quiet = service.ask("quiet")
    await let_others_run()
    assert service.refused == ["requests_under_way_per_organization"] * 7
    assert service.under_way == {"organization loud": 3, "organization quiet": 1}
    service.leave.set()
    await asyncio.gather(*loud, quiet)
    assert service.under_way == {}


async def test_who_is_not_known_is_counted_by_address(few: Callable[[int, int], None]) -> None:
    few(2, 100)
    service = Service()
    flood = [service.ask(token=f"guess {number}") for number in range(5)]
    other = service.ask("quiet", address="192.0.2.2")
    await let_others_run()
    assert service.refused == ["requests_under_way_per_address"] * 3
    assert service.under_way == {"address 192.0.2.1": 2, "organization quiet": 1}
    service.leave.set()
    await asyncio.gather(*flood, other)
    assert service.under_way == {}


async def test_a_client_that_leaves_gives_its_place_back(few: Callable[[int, int], None]) -> None:
    few(100, 1)
    service = Service()
    leaving = service.ask("a")
    await let_others_run()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    following = service.ask("a")
    await let_others_run()
    assert (service.refused, service.under_way) == ([], {"organization a": 1})
    service.leave.set()
    await following


async def test_a_credential_that_was_found_to_be_somebodys_has_their_turns_from_the_beginning() -> None:
    service = Service()
    service.leave.set()
    await service.ask("a", token="known")
    await service.ask("a", token="known", address="192.0.2.9")
    await service.ask("", token="guessed")
    assert service.names == [
        "address 192.0.2.1",
        "organization a",
        "organization a",
        "organization a",
        "address 192.0.2.1",
    ]


async def test_a_credential_that_is_nobodys_any_more_has_nobodys_turns() -> None:
    service = Service()
    service.leave.set()
    await service.ask("a", token="withdrawn")
    await service.ask("", token="withdrawn")
    service.names.clear()
    await service.ask("", token="withdrawn")
    assert service.names == ["address 192.0.2.1"]
    assert not service.requests.known


async def test_credentials_are_remembered_by_their_digests_and_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_requests, "_KNOWN_MAX", 3)
    service = Service()
    service.leave.set()
    for number in range(10):
        await service.ask("a", token=f"token {number}")
    assert len(service.requests.known) == 3
    assert all(b"token" not in each for each in service.requests.known)
    service.names.clear()
    await service.ask("a", token="token 9")
    await service.ask("a", token="token 0")
    assert service.names == ["organization a", "organization a", "address 192.0.2.1", "organization a"]


async def test_outside_of_requests_nobody_is_served() -> None:
    assert served_name() == ""
    serve("organization", "a")
    assert served_name() == ""
