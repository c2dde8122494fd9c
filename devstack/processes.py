"""A small supervisor of child processes: start with a log, wait until ready, stop, kill, pause, resume.

Every child ends with the process that started it, even when that is killed with SIGKILL (on Linux, by the
parent-death signal). Errors: `PartFailedError`.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_LINES_SHOWN = 8
_POLL_SECONDS = 0.02
_KILL_WAIT_SECONDS = 10.0
GRACE_SECONDS = 10.0
"""For a program that was asked to end."""

Probe = Callable[[], str | None]
"""Asks a server in its own protocol; None when it is ready, else what is missing."""


class PartFailedError(RuntimeError):
    """A part could not be started or did not stay up; the message says which, why and where its log is."""

    def __init__(self, part: str, why: str, log: Path) -> None:
        self.part = part
        self.log = log
        super().__init__(f"{part}: {why}\n  log: {log}{_last_lines(log)}")


def _last_lines(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES_SHOWN:]
    except OSError:
        return ""
    return "".join(f"\n  | {line}" for line in lines)


@dataclass(frozen=True)
class Program:
    """What to run: arguments, the log file, the environment (None: ours), and for root the user to run as."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    user: str | None = None

    def launched(self) -> list[str]:
        """The whole command line, the launcher in front."""
        head = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), self.user or "-", "--"]
        return head + list(self.arguments)


class _Spawner:
    """Forks every child from one thread that lives as long as the process.

    The parent-death signal is sent when the *thread* that forked ends, so no passing thread may fork.
    """

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[Program, Future[subprocess.Popen[bytes]]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pid = 0

    def spawn(self, program: Program) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._work, name="spawner", daemon=True).start()
        child: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((program, child))
        return child.result()

    def _work(self) -> None:
        while True:
            program, child = self._orders.get()
            try:
                child.set_result(_fork(program))
            except OSError as error:
                child.set_exception(error)


def _fork(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.launched(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=program.environment,
            start_new_session=True,
        )


_spawner = _Spawner()


class Process:
    """One run of a program after another; at most one at a time."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; raises `PartFailedError` when it does not run."""
        if self._child is None or self._child.poll() is not None:
            raise PartFailedError(self.program.name, "is not running", self.program.log)
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the program runs (a paused one does)."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start the program and return at once."""
        if self.running:
            raise PartFailedError(self.program.name, "is running already", self.program.log)
        self._child = _spawner.spawn(self.program)

    def wait_ready(self, probe: Probe, timeout_seconds: float) -> None:
        """Return when the probe succeeds; `PartFailedError` when the program ends first or the time is up."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            missing = probe()
            # Somebody else may answer where the program has found its port taken.
            if self._child is None or self._child.poll() is not None:
                code = None if self._child is None else self._child.returncode
                raise PartFailedError(self.program.name, f"ended {_in_words(code)} while starting", self.program.log)
            if missing is None:
                return
            if time.monotonic() > deadline:
                why = f"is not ready after {timeout_seconds:g} s ({missing})"
                raise PartFailedError(self.program.name, why, self.program.log)
            time.sleep(_POLL_SECONDS)

    def wait(self, timeout_seconds: float) -> int:
        """Return the exit status; raises `PartFailedError` when the program still runs at the end of the time."""
        if self._child is None:
            raise PartFailedError(self.program.name, "was never started", self.program.log)
        try:
            return self._child.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            why = f"still runs after {timeout_seconds:g} s"
            raise PartFailedError(self.program.name, why, self.program.log) from None

    def stop(self, grace_seconds: float = GRACE_SECONDS, ask: signal.Signals = signal.SIGTERM) -> None:
        """Ask the program to end; kill it and its children when the grace is over. Harmless when it has ended."""
        if self._child is None or self._child.poll() is not None:
            return
        tree = self._tree()
        self._child.send_signal(ask)
        self._child.send_signal(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(grace_seconds)
        self._kill(tree)

    def kill(self) -> None:
        """End the program and its children at once, as a power cut would; returns when they are gone."""
        self._kill(self._tree())

    def pause(self) -> None:
        """Freeze the program and its children (SIGSTOP)."""
        self._signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the program and its children go on after a pause."""
        self._signal_tree(signal.SIGCONT)

    def _tree(self) -> list[psutil.Process]:
        if self._child is None or self._child.poll() is not None:
            return []
        try:
            top = psutil.Process(self._child.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _signal_tree(self, number: signal.Signals) -> None:
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _kill(self, tree: list[psutil.Process]) -> None:
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._child is not None:
            self._child.wait(_KILL_WAIT_SECONDS)
        psutil.wait_procs(tree[1:], timeout=_KILL_WAIT_SECONDS)


def _in_words(code: int | None) -> str:
    if code is None:
        return "unexpectedly"
    if code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with status {code}"
