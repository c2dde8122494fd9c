"""`make seed`: the demo's data in the stack that runs: the replay of a real experiment, and a shop beside it.

What is there already stays as it is. `make up` does the same after its start."""

from __future__ import annotations

import json
import shlex
import sys
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


def seed(daemon: Daemon, stages: Stages) -> None:
    """Fill the stack where that has not been done, and write its addresses and keys down. Raises `ReplayError`."""
    demo, shop = _demo(daemon.addresses, stages), _shop(daemon.addresses, stages)
    write_addresses(daemon.addresses, demo, shop)


def write_addresses(addresses: Addresses, demo: Demo | None = None, shop: Shop | None = None) -> None:
    """Where the stack listens and with what, for programs (JSON) and for a shell; without data there are no keys."""
    book = _address_book(addresses, demo, shop)
    write_privately(ADDRESS_FILE, book)
    write_text_privately(SHELL_FILE, _shell_variables(book))


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


def _address_book(addresses: Addresses, demo: Demo | None, shop: Shop | None) -> dict[str, Any]:
    book: dict[str, Any] = {
        "origin": addresses.origin,
        "control_plane": addresses.control_plane,
        "edge": addresses.edge,
        "ingestor": addresses.ingestor,
        "analytics": addresses.analytics,
        "admin": {"email": addresses.admin_email, "password": addresses.admin_password},
    }
    if demo is not None:
        book["project"] = demo.project
        book["environments"] = {"production": {"server_key": demo.server_key, "client_key": demo.client_key}}
    if shop is not None:
        book["shop"] = {
            "organization": shop.organization,
            "projects": list(shop.keys),
            "people": shop.people,
            "password": shop.password,
        }
    return book


def _shell_variables(book: dict[str, Any]) -> str:
    """The address book as exported variables, to be sourced by a shell."""
    variables = {
        "ORIGIN": book["origin"],
        "CONTROL_PLANE": book["control_plane"],
        "EDGE": book["edge"],
        "INGESTOR": book["ingestor"],
        "ANALYTICS": book["analytics"],
        "ADMIN_EMAIL": book["admin"]["email"],
        "ADMIN_PASSWORD": book["admin"]["password"],
    }
    if "environments" in book:
        production = book["environments"]["production"]
        variables["PROJECT"] = book["project"]
        variables["SERVER_KEY"] = production["server_key"]
        variables["CLIENT_KEY"] = production["client_key"]
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def main() -> int:
    """0 when the running stack has the data."""
    console = Console()
    daemon = running_daemon(STACK_FOLDER)
    if daemon is None:
        console.print(
            "No stack runs in this folder: `make up` starts one. Another one is filled by its address: "
            "make seed ORIGIN=https://… ADMIN_EMAIL=… ADMIN_PASSWORD=…",
            style="red",
            highlight=False,
            markup=False,
        )
        return 1
    try:
        seed(daemon, Stages(console))
    except ReplayError as error:
        console.print(
            f"{error}\nLogs: {STACK_FOLDER}/*/log.txt; after `make clean` it begins anew.",
            style="red",
            markup=False,
            highlight=False,
        )
        return 1
    console.print(f"The data is there; addresses and keys are in {ADDRESS_FILE}.", highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
