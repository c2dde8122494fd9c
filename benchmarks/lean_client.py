"""The client in C, which leaves the cores to the servers. The machine's compiler makes it when it is wanted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge_traffic import Template

_SOURCE = Path(__file__).with_name("load_client.c")
_FIELD = re.compile(rb"%016x")


@dataclass(frozen=True, slots=True)
class Answered:
    """`client_seconds`: of the client's CPU; `refused`: of the requests, by 4xx and 5xx. Times are in milliseconds."""

    requests: int
    p50: float
    p99: float
    client_seconds: float
    refused: int


class LeanClient:
    """Compiled into `folder`. Exits where there is no compiler: another client would measure something else."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise SystemExit("a C compiler (cc) is needed for the client of this benchmark")
        self._folder = folder
        self._program = folder / "load_client"
        subprocess.run([compiler, "-O2", "-o", str(self._program), str(_SOURCE)], check=True)

    def run(
        self, port: int, templates: Sequence[Template], *, status: str, connections: int, seconds: float
    ) -> Answered:
        """Sends them in turns for so long, over and over. A dot in `status` stands for any digit."""
        file = self._folder / "requests"
        file.write_bytes(b"".join(_told(each.text) for each in templates))
        before = os.times()
        done = subprocess.run(
            [str(self._program), str(port), str(connections), str(seconds), status, str(file)],
            stdout=subprocess.PIPE,
            check=True,
        )
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        requests, p50, p99, refused = (int(each) for each in done.stdout.split())
        return Answered(requests, p50 / 1000, p99 / 1000, spent, refused)


def _told(text: bytes) -> bytes:
    """A request as the client reads it: each field becomes sixteen digits, and is named by where it stands."""
    filled, offsets = _FIELD.sub(b"0" * 16, text), []
    for number, field in enumerate(_FIELD.finditer(text)):
        offsets.append(field.start() + number * (16 - len(field.group())))
    return b" ".join(b"%d" % each for each in (len(filled), *offsets)) + b"\n" + filled
