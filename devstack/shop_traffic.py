"""Live traffic of the shop beside the services: it begins once the shop is there, and ends with them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from examples.shop.traffic import Traffic

from .processes import Process, Program
from .run_files import read_shop, write_privately
from .services import Services


class ShopTraffic:
    """A context manager that stops it. `keep` starts it, also after it has ended by itself."""

    name = "shop_traffic"

    def __init__(self, folder: Path, services: Services) -> None:
        self._folder = folder
        self._services = services
        self._file = (folder / self.name / "traffic.json").absolute()
        line = [sys.executable, "-m", "examples.shop.traffic", str(self._file)]
        self._process = Process(Program(self.name, line, (folder / self.name / "log.txt").absolute()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stop()

    @property
    def pid(self) -> int:
        """The process id; raises `PartFailedError` when it doesn't run, as before there is a shop."""
        return self._process.pid

    @property
    def log(self) -> Path:
        return self._process.program.log

    def keep(self) -> None:
        """Where the services listen is told anew at each start."""
        if self._process.running or (shop := read_shop(self._folder)) is None:
            return
        servers = {project: keys[0] for project, keys in shop.keys.items()}
        traffic = Traffic(self._services.edge.url, self._services.ingestor.url, servers)
        write_privately(self._file, traffic.document)
        self._process.start()
