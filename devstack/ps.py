"""`make ps`: the parts of the stack that `make up` keeps, each asked in its own protocol whether it is healthy."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from .probes import clickhouse_answers, http_speaks, nats_answers, postgres_answers, redis_answers, service_answers
from .run_files import STACK_FOLDER
from .running_parts import RunningPart, read_parts

_PROBES: dict[str, Callable[[int], str | None]] = {
    "postgres": postgres_answers,
    "nats": nats_answers,
    "redis": redis_answers,
    "clickhouse": clickhouse_answers,
    "gateway": http_speaks,
    "shop_chat": http_speaks,
}
"""Of all other parts `/readyz` is asked."""
_WORDS_MAX = 60


@dataclass(frozen=True)
class Health:
    """`missing`: why the part isn't healthy; None when it is. `seconds`: how long it has run."""

    part: RunningPart
    missing: str | None
    seconds: float


def health_of(part: RunningPart) -> Health:
    """Asked now."""
    try:
        process = psutil.Process(part.pid)
        seconds = time.time() - process.create_time()
        paused = process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return Health(part, "it doesn't run", 0.0)
    if paused:
        return Health(part, "it is paused", seconds)
    probe = _PROBES.get(part.name, service_answers)
    return Health(part, None if part.port is None else probe(part.port), seconds)


def main() -> int:
    """0 when all parts are healthy, or nothing runs; 1 when one isn't."""
    console = Console()
    parts = read_parts(STACK_FOLDER)
    if not parts:
        console.print("Nothing runs; `make up` starts it.", highlight=False)
        return 0
    table = Table("part", "pid", "port", "runs for", "health", box=SIMPLE_HEAD)
    found = [health_of(each) for each in parts]
    for each in found:
        port = "" if each.part.port is None else str(each.part.port)
        health = "healthy" if each.missing is None else each.missing.splitlines()[0][:_WORDS_MAX]
        table.add_row(each.part.name, str(each.part.pid), port, _in_words(each.seconds), health)
    console.print(table)
    return 0 if all(each.missing is None for each in found) else 1


def _in_words(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main())
