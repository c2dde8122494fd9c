"""What the supervisor does with workers that can't start, die, or leave others behind: small programs of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import httpx
import psutil
import pytest

from devstack.ports import free_port
from tests.processes import running
from tests.waiting import until_blocking

PROGRAM = """
import os, sys
from service_kit.settings import ServiceSettings
from service_kit.serving import serve
from service_kit.workers.supervisor import run_workers
from service_kit.http import Shell
from service_kit.typed_app import create_app
from service_kit.telemetry import new_registry

class Settings(ServiceSettings):
    port: int = 0

settings = Settings()

def run(worker):
    {run}

run_workers(2, settings, run)
"""
SERVE = "serve(create_app('A', Shell(registry=new_registry(), worker=worker), checks={}), settings, worker=worker)"


def started(run: str, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "FF_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(run=run)], env=environment, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("run", "status", "told"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit('wrong settings: this and that')", 1, "wrong settings: this and that"),
        ("raise ValueError('of no use')", 1, "ValueError: of no use"),
        ("os.kill(os.getpid(), 9)", 1, ""),
    ],
    ids=["a status", "a sentence", "an error", "killed"],
)
def test_workers_that_never_start_end_the_service(run: str, status: int, told: str) -> None:
    process = started(run, free_port())
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, told in errors) == (status, True)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = started(SERVE, taken.getsockname()[1])
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "FF_PORT" in errors


def test_a_worker_that_dies_is_back_and_a_stop_ends_all() -> None:
    port = free_port()
    process = started(SERVE, port)
    supervisor = psutil.Process(process.pid)

    def is_ready() -> bool:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200

    until_blocking(is_ready, despite=httpx.TransportError)
    victim, other = supervisor.children()
    victim.kill()
    until_blocking(lambda: len(running(supervisor.children())) == 2 and is_ready(), despite=httpx.TransportError)
    workers = supervisor.children()
    assert other in workers
    assert victim not in workers
    supervisor.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not running(workers)
