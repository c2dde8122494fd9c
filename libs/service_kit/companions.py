"""A companion: a process beside this one that takes work from its event loop, lives no longer, and tells its metrics.

The two hold one socket. The companion writes its metrics into it every second, which is also its sign of life; the end
of the socket is the end of whoever began it, however that came. Signals to the group (a terminal's, a supervisor's)
are heard by the one that serves, which goes on answering while it drains and then ends its companion.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from service_kit import traces
from service_kit.logs import get_logger
from service_kit.tasks import end

TELL_SECONDS = 1.0
SILENCE_SECONDS_MAX = 15.0
_END_SECONDS = 5.0
_LENGTH_BYTES = 4
_log = get_logger("companion")


class CompanionEnded(Exception):
    """A companion that nobody told to end has ended, or was silent for too long."""


class Companion(Collector):
    """The process of `python -m module DESCRIPTOR`, as whoever begins it sees it. Also a collector of its metrics."""

    def __init__(self, name: str, module: str, *, silence_seconds_max: float = SILENCE_SECONDS_MAX) -> None:
        self._name = name
        self._module = module
        self._silence_seconds_max = silence_seconds_max
        self._process: asyncio.subprocess.Process | None = None
        self._told = b""
        self._trouble: str | None = f"the {name} has not begun yet"

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return None if self._process is None else self._process.pid

    async def check(self) -> str | None:
        """For readiness: None, or what is wrong."""
        return self._trouble

    def collect(self) -> Iterable[Metric]:
        """What it told last; nothing while it does not run."""
        return text_string_to_metric_families(self._told.decode())

    def describe(self) -> Iterable[Metric]:
        """Not known before it has told it."""
        return ()

    async def run(self) -> None:
        """Begins it and hears it until this is cancelled, then ends it. Raises `CompanionEnded`."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
            theirs.close()
            try:
                reason = await self._hear(reader)
            finally:
                self._told = b""
                writer.close()
                await self._end()
        raise CompanionEnded(reason)

    async def _hear(self, reader: asyncio.StreamReader) -> str:
        """Until it says nothing more; answers why."""
        try:
            while True:
                async with asyncio.timeout(self._silence_seconds_max):
                    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
                    self._told = await reader.readexactly(length)
                self._trouble = None
        except TimeoutError:
            self._trouble = f"the {self._name} was silent for {self._silence_seconds_max:g} s and begins again"
        except (asyncio.IncompleteReadError, OSError):
            self._trouble = f"the {self._name} has ended and begins again"
        return self._trouble

    async def _end(self) -> None:
        """It notices that the socket has ended, and is killed when it doesn't."""
        process = self._process
        assert process is not None  # noqa: S101 - `run` has just begun it
        try:
            async with asyncio.timeout(_END_SECONDS):
                await process.wait()
        except TimeoutError:
            _log.error("companion killed", companion=self._name, pid=process.pid)
            process.kill()
            await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()


async def accompany(work: Awaitable[None], registry: CollectorRegistry, descriptor: int) -> None:
    """In the companion: works until whoever began it ends, and tells it the metrics of `registry`.

    Raises what `work` raises."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    tasks = [asyncio.ensure_future(each) for each in (work, _until_left(reader), _keep_telling(writer, registry))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        _end_in_time()
        await end(tasks)
        writer.close()
        await asyncio.to_thread(traces.close)
    for each in done:
        each.result()


def _end_in_time() -> None:
    """Where nobody is left to kill it, what can't let go (of a bus that is gone, too) doesn't keep it."""
    timer = threading.Timer(_END_SECONDS + 1, os._exit, (1,))
    timer.daemon = True
    timer.start()


async def _until_left(reader: asyncio.StreamReader) -> None:
    while await reader.read(1024):
        pass


async def _keep_telling(writer: asyncio.StreamWriter, registry: CollectorRegistry) -> None:
    while True:
        told = generate_latest(registry)
        writer.write(len(told).to_bytes(_LENGTH_BYTES) + told)
        try:
            await writer.drain()
        except OSError:
            # `_until_left` notices, too.
            return
        await asyncio.sleep(TELL_SECONDS)


def descriptor_given() -> int:
    """The socket that a companion was begun with. Exits for a process that nobody accompanies."""
    try:
        descriptor = int(sys.argv[1])
        os.fstat(descriptor)
    except (IndexError, ValueError, OSError):
        raise SystemExit("this process is begun by another one, not by hand") from None
    return descriptor
