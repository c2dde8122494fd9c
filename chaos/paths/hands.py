"""Somebody who follows a runbook: runs its first commands as they stand there, and looks at the dashboard."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import TypeAdapter

from deploy.observability.dashboards import DASHBOARDS
from devstack.processes import PartFailedError
from devstack.server import Server
from devstack.services import DATABASE, Service
from devstack.stack import Stack

from .kubectl import NEEDS_A_CLUSTER, PROCESSES_VARIABLE, WalkedProcess
from .pages import FaultRow, PageCommand, first_commands
from .prometheus import Prometheus

_SECONDS_MAX = 120.0
_OF_CLICKHOUSE = re.compile(r"\b(system|verdict)\.\w")
_OF_PUBLIC_NAMES = "example.com"


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """What came of a command of a page: `ran`, `failed`, `apart` for what asks a cluster or a public name, or `later`
    for what the page keeps for when a store answers again."""

    command: str
    outcome: str
    said: str


@dataclass(frozen=True, slots=True)
class Workload:
    """A service under the name that runbooks call it by."""

    component: str
    service: Service


class Hands:
    """`workloads` may change between two commands."""

    def __init__(self, folder: Path, stack: Stack, prometheus: Prometheus) -> None:
        self._folder = folder
        self._stack = stack
        self._prometheus = prometheus
        self.workloads: list[Workload] = []

    async def follow(self, alert: str) -> list[CommandOutcome]:
        """The first commands of the alert's page, one after another."""
        return [
            CommandOutcome(" ".join(command.text.split()), "later", missing)
            if (missing := await self._missing(command.once))
            else await self._run(command)
            for command in first_commands(alert)
        ]

    async def follow_later(self, alert: str, told: Sequence[CommandOutcome]) -> list[CommandOutcome]:
        """What was kept for later is run, now that the fault is over; the rest is as it was."""
        commands = first_commands(alert)
        return [
            await self._run(command) if each.outcome == "later" else each
            for command, each in zip(commands, told, strict=True)
        ]

    async def _missing(self, store: str) -> str:
        """Why the store of this name doesn't answer; empty when it does, or none is named."""
        servers: dict[str, Server] = {"ClickHouse": self._stack.clickhouse, "PostgreSQL": self._stack.postgres}
        if not store:
            return ""
        missing = await asyncio.to_thread(servers[store].missing)
        return missing or ""

    async def panels(self, row: FaultRow) -> dict[str, list[str]]:
        """The panels of the row's dashboards that show something of each figure now."""
        boards = [each for each in DASHBOARDS if each.uid.removeprefix("verdict-") in row.dashboards]
        shown: dict[str, list[str]] = {figure: [] for figure in row.figures if await self._moves(figure)}
        for panel in (panel for board in boards for each in board.rows for panel in each.panels):
            for figure, titles in shown.items():
                asked = [
                    each.expression
                    for each in panel.queries
                    if re.search(rf"\b{figure}(_bucket|_count)?\b", each.expression)
                ]
                answers = [await self._prometheus.ask(_filled(each)) for each in asked]
                if any(answers) and panel.title not in titles:
                    titles.append(panel.title)
        return shown

    async def _moves(self, figure: str) -> bool:
        """Whether anybody tells it: of a row's figures this fault may move some."""
        return bool(await self._prometheus.ask(f"{figure} or {figure}_count"))

    async def _run(self, command: PageCommand) -> CommandOutcome:
        text = " ".join(command.text.split())
        try:
            match command.language:
                case "promql":
                    series = await self._prometheus.ask(command.text)
                    return CommandOutcome(text, "ran", f"{len(series)} series")
                case "sql":
                    return CommandOutcome(text, "ran", await asyncio.to_thread(self._sql, command.text))
                case _:
                    return await self._bash(text, command.text)
        except (httpx.HTTPError, PartFailedError) as error:
            return CommandOutcome(text, "failed", str(error)[:400])

    def _sql(self, statement: str) -> str:
        if _OF_CLICKHOUSE.search(statement):
            return self._stack.clickhouse.run_sql(statement.rstrip().rstrip(";"))[:400]
        return self._stack.postgres.run_sql(statement, DATABASE)[:400]

    async def _bash(self, text: str, script: str) -> CommandOutcome:
        if (
            _OF_PUBLIC_NAMES in script
            or script.startswith("nats server")
            or (script.startswith("nats") and not _has_nats())
        ):
            return CommandOutcome(text, "apart", "")
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            script,
            env={**os.environ, **self._environment()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                printed, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return CommandOutcome(text, "failed", f"no end after {_SECONDS_MAX:.0f} s")
        said = (printed or errors).decode("utf-8", "replace").strip()[:400]
        if process.returncode == NEEDS_A_CLUSTER or b"only a cluster answers" in errors or b"interactive" in errors:
            return CommandOutcome(text, "apart", said)
        # `grep` that finds nothing says so by its status, the doctor by its own that something is wrong, and `nats`
        # that no server is there.
        nobody_there = b"no servers available" in errors
        broken = (process.returncode not in (0, 1) and not nobody_there) or (
            process.returncode == 1 and not printed and b"rror" in errors and not nobody_there
        )
        return CommandOutcome(text, "failed" if broken else "ran", said)

    def _environment(self) -> dict[str, str]:
        programs = self._folder / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        kubectl = programs / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} -m chaos.paths.kubectl "$@"\n', "utf-8")
        kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)
        known = self._folder / "processes.json"
        known.write_bytes(TypeAdapter(list[WalkedProcess]).dump_json(_walked(self.workloads)))
        return {
            "PATH": f"{programs}:{os.environ['PATH']}",
            PROCESSES_VARIABLE: str(known),
            "NATS_URL": self._stack.nats_url,
        }


def _walked(workloads: Sequence[Workload]) -> list[WalkedProcess]:
    return [
        WalkedProcess(
            name=each.service.name,
            component=each.component,
            port=each.service.port,
            pid=each.service.pid if each.service.running else 0,
            log=each.service.log,
            environment=each.service.environment,
        )
        for each in workloads
    ]


def _filled(expression: str) -> str:
    """As Grafana fills in its variables."""
    return expression.replace("$namespace", ".*").replace("$__rate_interval", "30s")


def _has_nats() -> bool:
    """Whether NATS' own command line is on this machine; what it asks of servers needs an account of their own."""
    return shutil.which("nats") is not None
