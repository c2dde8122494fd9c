"""The product's services as processes on top of the embedded stack, told where everything is by `FF_` variables."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from .probes import service_answers
from .processes import Program
from .server import Server
from .stack import Stack

DATABASE = "verdict"


@dataclass(frozen=True)
class Credentials:
    """The first administrator; what signs tokens, hides user keys, and seals the credentials of exports."""

    admin_email: str = "admin@example.com"
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    pii_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    export_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Service(Server):
    """One process of a service; ready when its `/readyz` says so, or waits for the first environment.

    `environment` may be changed before a start."""

    def __init__(self, root: Path, name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self.name = name
        super().__init__(root)
        self._command = command
        direct = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"]))
        own = {"FF_HOST": "127.0.0.1", "FF_PORT": str(self.port), "NO_PROXY": direct}
        self.environment = {**own, **environment}

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.port}"

    def _program(self) -> Program:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
        script, *arguments = self._command
        line = [str(Path(sys.executable).with_name(script)), *arguments]
        return Program(self.name, line, self.log, environment=inherited | self.environment)

    def _missing(self) -> str | None:
        return service_answers(self.port)


def control_plane(root: Path, stack: Stack, credentials: Credentials, name: str = "control_plane") -> Service:
    """The control plane with its relay, in the database of its own that is created here if need be."""
    return Service(root, name, ("control_plane", "serve"), _control(stack, credentials))


def scheduler(root: Path, stack: Stack, credentials: Credentials, name: str = "scheduler") -> Service:
    """A process that takes what is scheduled, and does nothing else."""
    return Service(root, name, ("control_plane", "schedule"), _control(stack, credentials))


def _control(stack: Stack, credentials: Credentials) -> dict[str, str]:
    return {
        "FF_DATABASE_URL": stack.postgres.ensure_database(DATABASE),
        **_streams(stack),
        "FF_AUTH_JWT_SECRET": credentials.jwt_secret,
        "FF_ADMIN_EMAIL": credentials.admin_email,
        "FF_ADMIN_PASSWORD": credentials.admin_password,
    }


def _streams(stack: Stack) -> dict[str, str]:
    """For who makes streams: on as many servers as there are."""
    nodes = stack.nats_nodes
    return {"FF_NATS_URL": stack.nats_url} | ({"FF_NATS_REPLICAS": str(nodes)} if nodes > 1 else {})


def edge(root: Path, stack: Stack, ingestor_url: str, name: str = "edge_evaluator") -> Service:
    """An edge with a snapshot folder of its own."""
    environment = {
        "FF_NATS_URL": stack.nats_url,
        "FF_REDIS_URL": stack.redis.url,
        "FF_INGESTOR_URL": ingestor_url,
        "FF_EDGE_SNAPSHOT_DIR": str((root / name / "snapshot").absolute()),
    }
    return Service(root, name, ("edge_evaluator",), environment)


def ingestor(root: Path, stack: Stack, credentials: Credentials, name: str = "event_ingestor") -> Service:
    """An event ingestor; its stream may take a gibibyte, so that it fits on a small disk."""
    environment = {
        **_streams(stack),
        "FF_REDIS_URL": stack.redis.url,
        "FF_PII_SECRET": credentials.pii_secret,
        "FF_INGESTOR_SNAPSHOT_FILE": str((root / name / "snapshot.json").absolute()),
        "FF_EVENTS_MAX_BYTES": str(1 << 30),
    }
    return Service(root, name, ("event_ingestor",), environment)


def analytics(root: Path, stack: Stack, credentials: Credentials, name: str = "analytics") -> Service:
    """The analytics API."""
    environment = _warehouse(stack) | {
        "FF_PII_SECRET": credentials.pii_secret,
        "FF_EXPORT_SECRET": credentials.export_secret,
    }
    return Service(root, name, ("analytics", "serve"), environment)


def loader(root: Path, stack: Stack, name: str = "loader") -> Service:
    """The process that moves events into ClickHouse."""
    return Service(root, name, ("analytics", "load"), _warehouse(stack))


def monitor(root: Path, stack: Stack, name: str = "monitor") -> Service:
    """The process that looks at guarded rollouts."""
    return Service(root, name, ("analytics", "monitor"), _warehouse(stack))


def _warehouse(stack: Stack) -> dict[str, str]:
    return {
        **_streams(stack),
        "FF_CLICKHOUSE_URL": stack.clickhouse.url,
        "FF_CLICKHOUSE_DATABASE": DATABASE,
    }


def exporter(root: Path, stack: Stack, credentials: Credentials, exports: Path, name: str = "exporter") -> Service:
    """The process that copies events and results out, below the folder `exports`; new rows wait for seconds alone."""
    environment = _warehouse(stack) | {
        "FF_EXPORT_SECRET": credentials.export_secret,
        "FF_EXPORT_FOLDER_ROOT": str(exports.absolute()),
        "FF_EXPORT_LAG_SECONDS": "5",
    }
    return Service(root, name, ("analytics", "export"), environment)


class Services:
    """One process of each service; a context manager that starts and stops them. The stack must be up.

    `exports`: the folder below which people may export; without one nobody works on exports."""

    def __init__(self, root: Path, stack: Stack, credentials: Credentials, exports: Path | None = None) -> None:
        self.credentials = credentials
        self.control_plane = control_plane(root, stack, credentials)
        self.ingestor = ingestor(root, stack, credentials)
        self.edge = edge(root, stack, self.ingestor.url)
        self.analytics = analytics(root, stack, credentials)
        self.loader = loader(root, stack)
        self.monitor = monitor(root, stack)
        self.exporter = None if exports is None else exporter(root, stack, credentials, exports)
        if exports is not None:
            self.analytics.environment["FF_EXPORT_FOLDER_ROOT"] = str(exports.absolute())
        self._exit = ExitStack()

    @property
    def all(self) -> tuple[Service, ...]:
        """In the order of their start."""
        known = (self.control_plane, self.ingestor, self.edge, self.analytics, self.loader, self.monitor)
        return known if self.exporter is None else (*known, self.exporter)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all side by side and wait until each is ready; when one fails, none is left."""
        with ExitStack() as undo:
            undo.callback(self._stop_all)
            for service in self.all:
                service.launch()
            for service in self.all:
                service.wait_ready()
            self._exit = undo.pop_all()

    def stop(self) -> None:
        """Stop all, the last one first. Harmless when repeated."""
        self._exit.close()

    def _stop_all(self) -> None:
        for service in reversed(self.all):
            service.stop()
