"""Ports that several processes choose at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from devstack import ports
from devstack.ports import free_port

_HOLDER = "from devstack.ports import free_port; print(free_port(), flush=True); input()"


class Offers:
    """Offers these ports one after another, as chance would."""

    def __init__(self, *offers: int) -> None:
        self._offers: Iterator[int] = iter(offers)

    def randrange(self, first: int, end: int) -> int:
        offer = next(self._offers)
        assert first <= offer < end
        return offer


def test_what_another_process_was_given_is_given_again_when_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        held = int(holder.stdout.readline())
        another = free_port()
        ports._given.discard(another)
        monkeypatch.setattr(ports, "_chance", Offers(held, another))
        assert ports.is_free(held)
        assert free_port() == another
        holder.kill()
    monkeypatch.setattr(ports, "_chance", Offers(held))
    assert free_port() == held


def test_no_port_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = free_port(), free_port()
    ports._given.discard(second)
    monkeypatch.setattr(ports, "_chance", Offers(first, second))
    assert free_port() == second
