"""The gateway as a process beside the services that it stands in front of."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from .ports import is_free
from .probes import http_speaks
from .processes import Program
from .server import Server
from .services import Services

USUAL_PORT = 7070
"""Of a stack that people use: an address that they may keep."""


class Gateway(Server):
    """A context manager that starts and stops it. `port`: the one it takes if nobody has it."""

    name = "gateway"

    def __init__(self, root: Path, services: Services, port: int | None = None) -> None:
        super().__init__(root)
        if port is not None and is_free(port):
            self.port = port
        self._services = services

    @property
    def url(self) -> str:
        """The one origin: pages, and the four services below it."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _program(self) -> Program:
        services = {
            "--control-plane": self._services.control_plane.url,
            "--analytics": self._services.analytics.url,
            "--events": self._services.ingestor.url,
            "--edge": self._services.edge.url,
        }
        words = [word for pair in services.items() for word in pair]
        line = [sys.executable, "-m", "devstack.gateway", "--port", str(self.port), *words]
        return Program(self.name, line, self.log)

    def _missing(self) -> str | None:
        return http_speaks(self.port)
