"""`make up`: the stack and the services in the background, with the demo's data; addresses in build/devstack.json,
and for a shell in build/devstack.env.

The first time, the data comes from the same replay as in `make demo`, and a shop is made beside it: projects, a team,
flags, experiments, changes in review. Later runs find all of it in the folder.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.errors import ReplayError
from examples.cookie_cats.project import Demo
from examples.cookie_cats.replay import replay
from examples.cookie_cats.stages import Stages
from examples.shop.fill import fill
from examples.shop.names import Shop

from .down import stop_daemon
from .interruption import run_interruptibly
from .run_files import (
    ADDRESS_FILE,
    SHELL_FILE,
    STACK_FOLDER,
    Daemon,
    read_shop,
    running_daemon,
    shop_file,
    write_privately,
    write_text_privately,
)

_START_SECONDS = 180.0
_POLL_SECONDS = 0.1


def main() -> int:
    """Bring everything up; 0 when it runs with its data."""
    console = Console()
    stages = Stages(console)
    daemon = running_daemon(STACK_FOLDER)
    started_here = daemon is None
    if daemon is None:
        with stages.stage("Starting the stack and the services"):
            daemon = _start_daemon(console)
        if daemon is None:
            return 1
    try:
        demo = _demo(daemon.addresses, stages)
        shop = _shop(daemon.addresses, stages)
    except BaseException as error:
        if started_here:
            stop_daemon(STACK_FOLDER)
        if not isinstance(error, ReplayError):
            raise
        console.print(f"{error}\nLogs: {STACK_FOLDER}/*/log.txt", style="red", markup=False, highlight=False)
        return 1
    book = _address_book(daemon.addresses, demo, shop)
    write_privately(ADDRESS_FILE, book)
    write_text_privately(SHELL_FILE, _shell_variables(book))
    console.print(
        f"The stack runs; addresses and keys are in {ADDRESS_FILE}. `make down` stops it.\n"
        f"Sign in at {daemon.addresses.origin}/ as {daemon.addresses.admin_email} with the password in that file.",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _start_daemon(console: Console) -> Daemon | None:
    STACK_FOLDER.mkdir(parents=True, exist_ok=True)
    log = STACK_FOLDER / "daemon.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack.daemon", str(STACK_FOLDER)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        daemon = _ready_daemon(process)
    except BaseException:
        process.terminate()
        raise
    if daemon is None:
        process.terminate()
        console.print(f"The stack did not start (log: {log}):\n{log.read_text('utf-8', 'replace')}", markup=False)
    return daemon


def _ready_daemon(process: subprocess.Popen[bytes]) -> Daemon | None:
    """Wait for the daemon to announce itself; None when it ends first or the time is up."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        daemon = running_daemon(STACK_FOLDER)
        if daemon is not None and daemon.pid == process.pid:
            return daemon
        time.sleep(_POLL_SECONDS)
    return None


def _demo(addresses: Addresses, stages: Stages) -> Demo:
    file = STACK_FOLDER / "demo.json"
    if file.exists():
        return Demo(**json.loads(file.read_text("utf-8")))
    demo = run_interruptibly(replay(addresses, stages, Path("build/demo"))).demo
    write_privately(file, asdict(demo))
    return demo


def _shop(addresses: Addresses, stages: Stages) -> Shop:
    shop = read_shop(STACK_FOLDER)
    if shop is None:
        shop = run_interruptibly(fill(addresses, stages))
        write_privately(shop_file(STACK_FOLDER), asdict(shop))
    return shop


def _address_book(addresses: Addresses, demo: Demo, shop: Shop) -> dict[str, Any]:
    return {
        "origin": addresses.origin,
        "control_plane": addresses.control_plane,
        "edge": addresses.edge,
        "ingestor": addresses.ingestor,
        "analytics": addresses.analytics,
        "admin": {"email": addresses.admin_email, "password": addresses.admin_password},
        "project": demo.project,
        "environments": {"production": {"server_key": demo.server_key, "client_key": demo.client_key}},
        "shop": {
            "organization": shop.organization,
            "projects": list(shop.keys),
            "people": shop.people,
            "password": shop.password,
        },
    }


def _shell_variables(book: dict[str, Any]) -> str:
    """The address book as exported variables, to be sourced by a shell."""
    production = book["environments"]["production"]
    variables = {
        "ORIGIN": book["origin"],
        "CONTROL_PLANE": book["control_plane"],
        "EDGE": book["edge"],
        "INGESTOR": book["ingestor"],
        "ANALYTICS": book["analytics"],
        "ADMIN_EMAIL": book["admin"]["email"],
        "ADMIN_PASSWORD": book["admin"]["password"],
        "PROJECT": book["project"],
        "SERVER_KEY": production["server_key"],
        "CLIENT_KEY": production["client_key"],
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


if __name__ == "__main__":
    sys.exit(main())
