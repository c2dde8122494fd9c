"""Work that a person may interrupt."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from devstack.interruption import run_interruptibly


async def three() -> int:
    return 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_work_is_cancelled_between_callbacks_and_tells_no_error(
    number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    """Here the signal comes while a callback runs that ends what is waited for."""
    before = signal.getsignal(number)

    async def work() -> None:
        ended = asyncio.get_running_loop().create_future()

        def interrupted() -> None:
            os.kill(os.getpid(), number)
            ended.set_result(None)

        asyncio.get_running_loop().call_soon(interrupted)
        await ended
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_interruptibly(work())
    assert not caplog.records
    assert signal.getsignal(number) is before


def test_what_the_work_makes_is_returned() -> None:
    assert run_interruptibly(three()) == 3
