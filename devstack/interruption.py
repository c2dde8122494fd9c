"""Work on an event loop that a person may interrupt."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


def run_interruptibly(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """What the work returns; KeyboardInterrupt when SIGINT or SIGTERM cancelled it.

    They cancel between two callbacks of the loop. `asyncio.run` alone cancels in the middle of one, whose own end is
    then told as an error.
    """
    before = {each: signal.getsignal(each) for each in _INTERRUPTIONS}

    async def watched() -> ResultT:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for each in _INTERRUPTIONS:
            loop.add_signal_handler(each, task.cancel)
        try:
            return await work
        finally:
            for each in _INTERRUPTIONS:
                loop.remove_signal_handler(each)
                signal.signal(each, before[each])

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
