"""A real nginx with the configuration of compose, before services of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devstack.debian_programs import debian_program
from devstack.ports import free_port, is_free
from tests.waiting import until_blocking

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy/nginx/nginx.conf"
PLACES = ("control-plane:8080", "edge-evaluator:8081", "event-ingestor:8082", "analytics:8083")


def program() -> Path:
    return debian_program("nginx", "usr/sbin/nginx")


def configured(folder: Path, port: int, services: Mapping[str, str]) -> Path:
    """The configuration with these addresses, writing below the folder alone."""
    text = CONFIG.read_text().replace("listen 8088;", f"listen 127.0.0.1:{port};").replace("/tmp/", f"{folder}/")
    for place in PLACES:
        text = text.replace(f" {place};", f" {services[place.partition(':')[0]]};")
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


@contextmanager
def running(folder: Path, services: Mapping[str, str]) -> Iterator[str]:
    """The origin's address."""
    port = free_port()
    command = [
        str(program()),
        "-p",
        str(folder),
        "-c",
        str(configured(folder, port, services)),
    ]
    # Workers of a master that root started would be nobody, who may not read the test's folder.
    command += ["-g", "daemon off;" + (" user root;" if os.getuid() == 0 else "")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        # Not by a request: the services behind it may live in this very thread.
        until_blocking(lambda: process.poll() is not None or not is_free(port))
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
