"""Which hosts a destination may name, in every notation."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from analytics.exports.destinations.hosts import HostRule
from analytics.exports.errors import DestinationAway, DestinationRefused
from service_kit.outbound import OutboundGuard

OPEN = HostRule(["s3.*.amazonaws.com", "store.example.com"], OutboundGuard())
INSIDE = HostRule([], OutboundGuard(["localhost", "10.0.0.7"]))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.eu-north-1.amazonaws.com",
        "s3.eu-north-1.amazonaws.com",
        "https://STORE.example.com/",
        "https://store.example.com:443",
    ],
)
def test_allowed_names_have_no_problem(endpoint: str) -> None:
    assert OPEN.problem(endpoint) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example",
        "https://store.example.com.evil.example",
        "https://s3.a.b.amazonaws.com",
        "https://s3.evil.example/.amazonaws.com",
        "https://store.example.com@127.0.0.1",
        "https://127.0.0.1#store.example.com",
        "https://127.0.0.1?store.example.com",
        "http://store.example.com",
        "ftp://store.example.com",
        "https://store.example.com:22",
        "https://store.example.com:99999",
        "https://[::1",
        "https://0x7f000001",
        "https://2130706433",
        "https://127.1",
        "https://localhost",
        "https://store.example.com/path",
        "https://",
        "",
    ],
)
def test_other_names_have_one(endpoint: str) -> None:
    assert OPEN.problem(endpoint) is not None


def test_operators_may_have_stores_inside() -> None:
    assert INSIDE.problem("http://localhost:9000") is None
    assert INSIDE.problem("http://10.0.0.7:9000") is None
    assert INSIDE.problem("http://10.0.0.8:9000") is not None
    INSIDE.check("localhost")


def test_one_private_address_of_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def addresses(host: str, port: int, **_: Any) -> list[Any]:
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*stream, ("8.8.8.8", port)), (*stream, ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    with pytest.raises(DestinationRefused, match="private network"):
        OPEN.check("store.example.com")


def test_a_name_without_an_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(DestinationAway, match="no address"):
        OPEN.check("store.example.com")
