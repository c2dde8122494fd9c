"""A real nginx with the configuration of compose, before services of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devstack.ports import free_port, is_free
from tests.waiting import until_blocking

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy/nginx/nginx.conf"
KEPT = ROOT / "build/nginx"
PLACES = ("control-plane:8080", "edge-evaluator:8081", "event-ingestor:8082", "analytics:8083")


def program() -> Path:
    """The one that is installed, or Debian's package, unpacked once beside what else is built."""
    for found in (shutil.which("nginx"), "/usr/sbin/nginx", str(KEPT / "usr/sbin/nginx")):
        if found and Path(found).exists():
            return Path(found)
    assert shutil.which("apt-get"), (
        "there is no nginx and no apt-get to fetch it: install nginx, for example by your system's packages"
    )
    for folder in ("lists/partial", "cache/archives/partial"):
        (KEPT / folder).mkdir(parents=True, exist_ok=True)
    fetched = _apt("download", "nginx")
    if not sorted(KEPT.glob("nginx_*.deb")):
        # A fresh machine has no lists of packages, or old ones; these are our own, which takes no rights.
        own = ("-o", f"Dir::State::lists={KEPT}/lists", "-o", f"Dir::Cache={KEPT}/cache")
        _apt("update", *own)
        fetched = _apt("download", "nginx", *own)
    packages = sorted(KEPT.glob("nginx_*.deb"))
    assert packages, f"nginx could not be fetched, install it: sudo apt-get install nginx\n{fetched.stderr}"
    subprocess.run(["dpkg-deb", "--extract", str(packages[-1]), str(KEPT)], check=True)
    return KEPT / "usr/sbin/nginx"


def _apt(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["apt-get", *words], cwd=KEPT, capture_output=True, text=True, check=False)


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
    command = [str(program()), "-p", str(folder), "-c", str(configured(folder, port, services))]
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
