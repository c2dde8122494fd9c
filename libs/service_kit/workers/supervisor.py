"""Starts the workers of a service, starts again what dies, and stops all of them together.

Workers are forked: they share the memory of what is imported, and one that died is back within a second. The first
start is not tried again, so that a service that can't start says so by ending.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import random
from secrets import token_hex

from service_kit.background import Restarts
from service_kit.logs import get_logger, name_worker
from service_kit.settings import ServiceSettings, wrong_settings
from service_kit.workers.hub import Hub
from service_kit.workers.link import Link
from service_kit.workers.ports import Sockets, bound, close
from service_kit.workers.shared_counts import SharedCounts
from service_kit.workers.worker import Worker

Run = Callable[[Worker], None]
"""Serves as that worker until SIGINT or SIGTERM."""

_RATE_CELLS = 1 << 17
_LEVEL_CELLS = 1 << 16
_STEP_SECONDS = 0.25
_SILENT_SECONDS_MAX = 30.0
_LAST_SECONDS = 30.0
"""After the drain, for open requests and what is flushed; then a worker that still runs is killed."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log = get_logger("workers")


def run_workers(count: int, settings: ServiceSettings, run: Run) -> None:
    """Runs `count` workers on the settings' ports; a single one is this process itself."""
    if count == 1:
        run(Worker())
        return
    try:
        sockets = bound(settings.host, settings.port, count)
        admin = bound(settings.host, settings.admin_port, count) if settings.admin_port else ()
    except OSError as error:
        raise wrong_settings(f"FF_HOST, FF_PORT, FF_ADMIN_PORT: {error.strerror or error}") from None
    Supervisor(count, sockets, admin, run).supervise(settings.drain_seconds)


@dataclass(slots=True)
class _Child:
    """Of one worker: its process, or when to start the next."""

    process: int | None = None
    started_at: float = 0.0
    failures: int = 0
    next_at: float = 0.0


class Supervisor:
    """Of one service on one machine."""

    def __init__(self, count: int, sockets: Sockets, admin_sockets: Sockets, run: Run) -> None:
        self._run = run
        self._sockets = sockets
        self._admin_sockets = admin_sockets
        self._restarts = Restarts()
        self._group = token_hex(3)
        self._rates = SharedCounts(count, _RATE_CELLS)
        self._levels = SharedCounts(count, _LEVEL_CELLS)
        self._selector = selectors.DefaultSelector()
        self._hub = Hub(count, self._selector)
        self._children = [_Child() for _ in range(count)]
        self._woken, self._wakes = socket.socketpair()
        self._asked_to_stop: list[int] = []
        self._stops_at: float | None = None
        self._status = 0

    def supervise(self, drain_seconds: float) -> None:
        """Until all workers have ended."""
        self._woken.setblocking(False)
        self._wakes.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for each in _SIGNALS:
            signal.signal(each, lambda number, _: self._asked_to_stop.append(number))
        while self._stops_at is None or any(child.process is not None for child in self._children):
            self._start_due()
            for key, events in self._selector.select(_STEP_SECONDS):
                if key.data is None:
                    with suppress(BlockingIOError):
                        self._woken.recv(4096)
                else:
                    self._hub.serve(key.data, events)
            self._reap()
            self._hub.step()
            self._stop_if_asked(drain_seconds)
            self._kill_what_hangs()
        sys.exit(self._status)

    def _start_due(self) -> None:
        now = time.monotonic()
        for number, child in enumerate(self._children):
            if self._stops_at is None and child.process is None and now >= child.next_at:
                self._start(number, child)

    def _start(self, number: int, child: _Child) -> None:
        self._levels.clear(number)
        end = self._hub.connect(number)
        child.started_at = time.monotonic()
        process = os.fork()
        if process:
            end.close()
            child.process = process
            return
        status = 1
        try:
            self._become(number)
            self._run(self._worker(number, end))
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
            if isinstance(ended.code, str):
                sys.stderr.write(f"{ended.code}\n")
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _become(self, number: int) -> None:
        signal.set_wakeup_fd(-1)
        for each in (*_SIGNALS, signal.SIGCHLD):
            signal.signal(each, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        self._hub.close()
        self._woken.close()
        self._wakes.close()
        name_worker(number)

    def _worker(self, number: int, end: socket.socket) -> Worker:
        return Worker(
            number=number,
            count=len(self._children),
            group=self._group,
            rates=self._rates.part(number),
            levels=self._levels.part(number),
            link=Link(end),
            sockets=self._sockets,
            admin_sockets=self._admin_sockets,
        )

    def _reap(self) -> None:
        """As a container's first process it also gets what workers leave behind."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                for number, child in enumerate(self._children):
                    if child.process == ended[0]:
                        child.process = None
                        self._hub.hang_up(number)
                        if self._stops_at is None:
                            self._note_death(number, child, os.waitstatus_to_exitcode(ended[1]))

    def _note_death(self, number: int, child: _Child, status: int) -> None:
        if not self._hub.all_served:
            _log.error("a worker could not start", worker=number, status=status)
            self._status = status if status > 0 else 1
            self._stop(signal.SIGTERM, 0.0)
            return
        ran = time.monotonic() - child.started_at
        child.failures = 1 if ran >= self._restarts.well_seconds else child.failures + 1
        pause = self._restarts.pause_seconds(child.failures, random())
        child.next_at = time.monotonic() + pause
        _log.error("a worker died", worker=number, status=status, again_in_seconds=round(pause, 3))

    def _stop_if_asked(self, drain_seconds: float) -> None:
        while self._asked_to_stop:
            self._stop(self._asked_to_stop.pop(0), drain_seconds)

    def _stop(self, number: int, drain_seconds: float) -> None:
        """A second signal is passed on like the first: it ends the drain."""
        if self._stops_at is None:
            self._stops_at = time.monotonic() + drain_seconds + _LAST_SECONDS
            close(self._sockets)
            close(self._admin_sockets)
        for child in self._children:
            if child.process is not None:
                os.kill(child.process, number)

    def _kill_what_hangs(self) -> None:
        if self._stops_at is not None:
            hanging = list(range(len(self._children))) if time.monotonic() >= self._stops_at else []
        else:
            hanging = self._hub.silent(_SILENT_SECONDS_MAX)
        for number in hanging:
            process = self._children[number].process
            if process is not None:
                _log.error("a worker does not answer and is killed", worker=number)
                os.kill(process, signal.SIGKILL)
