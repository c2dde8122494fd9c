"""Waiting for what a test needs: the one place that asks again and again, and the one limit to its patience.

The limit ends a test that hangs. It is no promise of the product: how fast a thing is belongs to benchmarks and chaos.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.005

Errors = type[Exception] | tuple[type[Exception], ...]


async def until(
    condition: Callable[[], object | Awaitable[object]], seconds: float = PATIENCE_SECONDS, *, despite: Errors = ()
) -> None:
    """Returns when the condition holds; an error of the kinds in `despite` means not yet."""
    last: object = None
    try:
        async with asyncio.timeout(seconds) as limit:
            while True:
                try:
                    last = condition()
                    if inspect.isawaitable(last):
                        last = await last
                    if last:
                        return
                except despite as error:
                    last = error
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        if not limit.expired():
            raise
    _give_up(condition, seconds, last)


def until_blocking(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS, *, despite: Errors = ()) -> None:
    """The same for a test without an event loop."""
    last: object = None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return
        except despite as error:
            last = error
        time.sleep(PAUSE_SECONDS)
    _give_up(condition, seconds, last)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether something is what it should be; where it never is, the wait ends by telling what it was at last."""

    found: object
    expected: object
    beside: object = None

    def __bool__(self) -> bool:
        return self.found == self.expected

    def __repr__(self) -> str:
        beside = "" if self.beside is None else f", beside {self.beside!r}"
        return f"{self.found!r} instead of {self.expected!r}{beside}"


def same(found: object, expected: object, *, beside: object = None) -> Comparison:
    """A condition to wait for that tells more than no. `beside`: what else is good to know then."""
    return Comparison(found, expected, beside)


async def turns(count: int = 10) -> None:
    """Lets everything else on this event loop have its turn: what is sent on a local socket is read by then."""
    for _ in range(count):
        await asyncio.sleep(0)


def _give_up(condition: Callable[[], Any], seconds: float, last: object) -> NoReturn:
    pytest.fail(f"not within {seconds:g} s: {_name(condition)}; at last: {last!r}")


def _name(condition: Callable[[], Any]) -> str:
    """A function's name, and what a lambda says."""
    name = getattr(condition, "__qualname__", repr(condition))
    if not name.endswith("<lambda>"):
        return str(name)
    try:
        return " ".join(inspect.getsource(condition).split())
    except OSError:
        return str(name)
