"""A process beside another one: it tells its metrics, is missed when it goes, and never stays alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import psutil
import pytest
from prometheus_client import CollectorRegistry
from service_kit.background import Background, Restarts
from service_kit.clock import SystemClock
from service_kit.companions import Companion, CompanionEnded

from tests.waiting import until

MODULE = "tests.service_kit.companion_at_work"


@pytest.fixture
async def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def companion(registry: CollectorRegistry) -> AsyncIterator[Companion]:
    companion = Companion("work", MODULE)
    registry.register(companion)
    background = Background(registry, SystemClock(), restarts=Restarts(pause_seconds_first=0.01))
    background.keep("work", companion.run)
    await until(lambda: done(registry) == 3)
    yield companion
    await background.stop()


def done(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("work_done_total", {"kind": "any"})


async def test_its_metrics_are_told_among_those_of_the_one_beside(
    companion: Companion, registry: CollectorRegistry
) -> None:
    assert await companion.check() is None
    assert companion.pid not in (None, os.getpid())
    assert registry.get_sample_value("verdict_background_running", {"work": "work"}) == 1


async def test_one_that_is_killed_is_missed_and_begun_again(companion: Companion, registry: CollectorRegistry) -> None:
    before = companion.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: registry.get_sample_value("verdict_background_failures_total", {"work": "work"}) == 1)
    assert "begins again" in str(await companion.check())
    await until(lambda: done(registry) == 3)
    assert companion.pid not in (None, before)
    assert await companion.check() is None


async def test_one_that_is_silent_is_killed() -> None:
    companion = Companion("work", MODULE, silence_seconds_max=3)
    running = asyncio.create_task(companion.run())
    await until(lambda: companion.pid is not None)
    pid = companion.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(CompanionEnded, match="was silent"):
        await running
    assert not psutil.pid_exists(pid)


async def test_signals_to_the_group_leave_it_at_work(companion: Companion) -> None:
    pid = companion.pid
    assert pid is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    assert companion.pid == pid


@pytest.mark.parametrize("clings", [pytest.param(False, id="lets-go"), pytest.param(True, id="clings")])
async def test_it_ends_with_the_one_beside_however_that_ends(clings: bool) -> None:
    program = (
        "import asyncio; from service_kit.companions import Companion\n"
        f"asyncio.run(Companion('work', {MODULE!r}).run())"
    )
    environment = os.environ | ({"CLINGS": "yes"} if clings else {})
    beside = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment)
    own = psutil.Process(beside.pid)
    await until(own.children)
    companion = own.children()[0]
    beside.kill()
    await beside.wait()
    await until(lambda: not companion.is_running())


def test_it_is_not_begun_by_hand() -> None:
    run = subprocess.run([sys.executable, "-m", MODULE], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (1, "this process is begun by another one, not by hand\n")
