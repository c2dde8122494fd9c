"""A supervised server: a process with a loopback port, a folder and a way to ask whether it is ready."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from pathlib import Path

from .ports import free_port, is_free
from .processes import GRACE_SECONDS, PartFailedError, Process, Program

READY_SECONDS = 60.0


class Server(ABC):
    """One server. `folder` holds its data, its configuration and its log. Errors: `PartFailedError`."""

    name: str
    ask_to_stop = signal.SIGTERM

    def __init__(self, root: Path) -> None:
        self.folder = (root / self.name).absolute()
        self.log = self.folder / "log.txt"
        self.port = free_port()
        self._process: Process | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address that a service is given."""

    @abstractmethod
    def _program(self) -> Program:
        """What to run; called before each start."""

    @abstractmethod
    def _missing(self) -> str | None:
        """Ask the server in its own protocol; None when it is ready."""

    @property
    def process(self) -> Process:
        """The process; raises `PartFailedError` before the first start."""
        if self._process is None:
            raise PartFailedError(self.name, "was never started", self.log)
        return self._process

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.running

    def is_ready(self) -> bool:
        """Whether it runs and answers now."""
        return self.missing() is None

    def missing(self) -> str | None:
        """Why it isn't ready; None when it is."""
        return self._missing() if self.running else "it doesn't run"

    def launch(self) -> None:
        """Start the process and return before it is ready."""
        if not self.running and not is_free(self.port):
            raise PartFailedError(self.name, f"port {self.port} is taken by another process", self.log)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            process = Process(self._program())
            process.start()
        except OSError as error:
            raise PartFailedError(self.name, f"cannot be started: {error}", self.log) from error
        self._process = process

    def wait_ready(self) -> None:
        """Return when the server answers; stops it and raises `PartFailedError` when it doesn't."""
        try:
            self.process.wait_ready(self._missing, READY_SECONDS)
        except BaseException:
            self.process.kill()
            raise

    def start(self) -> None:
        """Start and wait until ready."""
        self.launch()
        self.wait_ready()

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stop cleanly, or by force when the grace is over; harmless when it doesn't run."""
        if self._process is not None:
            self._process.stop(grace_seconds, ask=self.ask_to_stop)

    def kill(self) -> None:
        """SIGKILL, children included."""
        self.process.kill()

    def pause(self) -> None:
        """SIGSTOP, children included."""
        self.process.pause()

    def resume(self) -> None:
        """SIGCONT, children included."""
        self.process.resume()

    def restart(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stop if it runs, then start again on the same port and folder."""
        self.stop(grace_seconds)
        self.start()
