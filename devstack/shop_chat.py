"""The chat of the shop's team beside the services: a webhook of the demo leads there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from .ports import is_free
from .probes import http_speaks
from .processes import Program
from .server import Server


class ShopChat(Server):
    """A context manager that starts and stops it. It keeps its port, as the webhook keeps its address."""

    name = "shop_chat"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        file = self.folder / "port"
        if file.exists() and is_free(kept := int(file.read_text("ascii"))):
            self.port = kept
        self.folder.mkdir(parents=True, exist_ok=True)
        file.write_text(str(self.port), "ascii")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _program(self) -> Program:
        return Program(self.name, [sys.executable, "-m", "examples.shop.chat", "--port", str(self.port)], self.log)

    def _missing(self) -> str | None:
        return http_speaks(self.port)
