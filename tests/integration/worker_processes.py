"""A service with several workers, as a test sees it from outside: its processes, and connections to its one port."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import psutil

from devstack.services import Service
from tests.processes import running
from tests.waiting import until_blocking

SECONDS_MAX = 20.0


@dataclass
class Load:
    """What clients on lasting connections were answered. `failures`: of each, requests without an answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[list[str]] = field(default_factory=list)


class Workers:
    """`service` runs. Each request is on a new connection, so that any worker may answer it."""

    def __init__(self, service: Service, headers: Mapping[str, str]) -> None:
        self.service = service
        self.headers = dict(headers)

    def processes(self) -> list[psutil.Process]:
        return running(psutil.Process(self.service.process.pid).children())

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=SECONDS_MAX)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = self.connection()
        try:
            return self.ask_on(connection, path, body)
        finally:
            connection.close()

    def ask_on(self, connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        headers = self.headers | ({"content-type": "application/json"} if body is not None else {})
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def figure(self, name: str) -> float:
        """The sum of a metric over its labels, as one scrape tells it."""
        _, text = self.ask("/metrics")
        lines = [each for each in text.decode().splitlines() if each.split("{")[0].split(" ")[0] == name]
        return sum(float(each.rsplit(" ", 1)[1]) for each in lines)

    def is_ready(self) -> bool:
        return self.ask("/readyz")[0] == 200

    def await_ready(self, count: int) -> None:
        until_blocking(lambda: len(self.processes()) == count and self.is_ready(), despite=OSError)

    @contextmanager
    def under_load(self, clients: int, path: str, body: Callable[[int], bytes | None]) -> Iterator[Load]:
        """Whoever finds his connection gone opens another one."""
        load, over = Load(failures=[[] for _ in range(clients)]), Event()

        def ask(client: int) -> None:
            connection, number = self.connection(), 0
            while not over.is_set():
                number += 1
                try:
                    load.statuses[self.ask_on(connection, path, body(number))[0]] += 1
                except (OSError, http.client.HTTPException) as error:
                    load.failures[client].append(f"{type(error).__name__}: {error}")
                    connection.close()
                    connection = self.connection()
            connection.close()

        threads = [Thread(target=ask, args=(client,)) for client in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            over.set()
            for thread in threads:
                thread.join()


def in_one_window(attempt: Callable[[], Any]) -> Any:
    """What `attempt` gives when it began and ended in the same ten seconds, as limits count them.

    One that ended in the next has spent a part of those already: the following begins in a fresh window.
    """
    while True:
        began = _window()
        found = attempt()
        ended = _window()
        if ended == began:
            return found
        _await_window_after(ended)


def _window() -> float:
    return time.time() // 10


def _await_window_after(spent: float) -> None:
    until_blocking(lambda: _window() > spent)
