"""A driver of an SDK as a process: commands go in, answers come out, by the protocol of docs/conformance.md."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

ANSWER_SECONDS = 30.0
_LOG_LINES_MAX = 10_000


class DriverFailed(AssertionError):
    """A command was answered by an error, or not at all."""


class Driver:
    """One that runs. Its log is what the SDK wrote to standard error."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.log: list[str] = []
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | environment,
        )
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for each in self._readers:
            each.start()

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for each in self._readers:
            each.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def ask(self, do: str, **fields: Any) -> Any:
        """The result of a command. Raises DriverFailed."""
        told = self.told(do, **fields)
        if not told["ok"]:
            raise DriverFailed(f"{do}: {told.get('error')}")
        return told["result"]

    def told(self, do: str, **fields: Any) -> dict[str, Any]:
        """The answer to a command as it is. Raises DriverFailed when there is none."""
        if self._process.stdin is None or self._process.poll() is not None:
            raise DriverFailed(f"{do}: the driver has ended; its log: {self.log[-20:]}")
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise DriverFailed(f"{do}: no answer within {ANSWER_SECONDS:g} s; its log: {self.log[-20:]}") from None
        if line is None:
            raise DriverFailed(f"{do}: the driver has ended; its log: {self.log[-20:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def detail(self, flag: str, user: Any = "ann", **more: Any) -> dict[str, Any]:
        """The detail of a flag; `type_` and `default` as they are needed."""
        found: dict[str, Any] = self.ask("detail", flag=flag, user=user, **more)
        return found

    def value(self, flag: str, user: Any = "ann", **more: Any) -> Any:
        """The flag's value."""
        return self.detail(flag, user, **more)["value"]

    def status(self) -> dict[str, Any]:
        """The client's."""
        found: dict[str, Any] = self.ask("status")
        return found

    def end(self, seconds: float = ANSWER_SECONDS) -> int:
        """Ends its input; its exit status. Raises DriverFailed when it goes on."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DriverFailed("it goes on after the end of its input") from None

    def _read_answers(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._answers.put(line)
        self._answers.put(None)

    def _read_log(self) -> None:
        if self._process.stderr is not None:
            for line in self._process.stderr:
                if len(self.log) < _LOG_LINES_MAX:
                    self.log.append(line.rstrip("\n"))
