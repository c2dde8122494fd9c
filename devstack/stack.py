"""The embedded stack: the servers that the services need, started together and stopped together."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from .nats_cluster import NODES, NatsCluster
from .parts import ClickHouse, Nats, Part, Postgres, Redis
from .processes import PartFailedError

_P = TypeVar("_P", bound=Part)

ALL_PARTS = ("postgres", "nats", "redis", "clickhouse")
_KINDS: dict[str, type[Part]] = {kind.name: kind for kind in (Postgres, Nats, Redis, ClickHouse)}


class Stack:
    """Some or all parts below one folder; a context manager that starts and stops them.

    `durable=False` spares the disk where only crashes of processes are of interest (tests). Two stacks may run side
    by side on two folders; a second one on the same folder is refused. `nats_nodes` 3: a cluster in the place of
    one NATS. Errors: `PartFailedError`.
    """

    def __init__(
        self, root: Path, parts: Sequence[str] = ALL_PARTS, *, durable: bool = True, nats_nodes: int = 1
    ) -> None:
        unknown = sorted(set(parts) - set(_KINDS))
        if unknown:
            raise ValueError(f"unknown parts {unknown}; known are {list(ALL_PARTS)}")
        if nats_nodes not in (1, NODES):
            raise ValueError(f"NATS runs as one server or as {NODES}")
        self.root = root.absolute()
        self.nats_nodes = nats_nodes
        self._durable = durable
        self._names = tuple(parts)
        self.nats_cluster = NatsCluster(self.root, durable=durable) if nats_nodes > 1 else None
        """The servers of NATS where there are several; their links may be changed before the start."""
        self._parts: dict[str, Part] = {}
        self._exit = ExitStack()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts, in the order of their start."""
        return tuple(self._parts.values())

    @property
    def postgres(self) -> Postgres:
        """PostgreSQL."""
        return self._part(Postgres)

    @property
    def nats(self) -> Nats:
        """NATS with JetStream, where it is one server."""
        return self._part(Nats)

    @property
    def nats_url(self) -> str:
        """The address of NATS, with commas where it is several servers."""
        return self.nats_cluster.url if self.nats_cluster is not None else self.nats.url

    @property
    def redis(self) -> Redis:
        """Redis."""
        return self._part(Redis)

    @property
    def clickhouse(self) -> ClickHouse:
        """ClickHouse."""
        return self._part(ClickHouse)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all parts side by side and wait until each is ready; when one fails, none is left."""
        with ExitStack() as undo:
            undo.enter_context(_only_user_of(self.root))
            for name in self._names:
                if name == Nats.name and self.nats_cluster is not None:
                    self._parts.update((node.name, node) for node in self.nats_cluster.nodes)
                    continue
                self._parts[name] = _KINDS[name](self.root, durable=self._durable)
            undo.callback(self._stop_parts)
            for part in self.parts:
                part.launch()
            for part in self.parts:
                part.wait_ready()
            self._exit = undo.pop_all()

    def stop(self) -> None:
        """Stop all parts, the last one first. Harmless when repeated."""
        self._exit.close()

    def _stop_parts(self) -> None:
        for part in reversed(self.parts):
            part.stop()

    def _part(self, kind: type[_P]) -> _P:
        part = self._parts.get(kind.name)
        if not isinstance(part, kind):
            raise LookupError(f"{kind.name} is not among the parts of this stack")
        return part


@contextmanager
def _only_user_of(root: Path) -> Iterator[None]:
    lock = root / "lock"
    try:
        root.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+")
    except OSError as error:
        raise PartFailedError("stack", f"cannot use the folder {root}: {error}", lock) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise PartFailedError("stack", f"process {holder} runs a stack in this folder already", lock) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
