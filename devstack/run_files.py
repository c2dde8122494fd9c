"""What `make up` leaves behind for `make down` and for everybody else: who keeps the stack, and where it listens."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from examples.cookie_cats.addresses import Addresses
from examples.shop.names import Shop

STACK_FOLDER = Path("build/devstack")
ADDRESS_FILE = Path("build/devstack.json")
SHELL_FILE = Path("build/devstack.env")
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Daemon:
    """The process that keeps the stack running, and the addresses it gave away."""

    pid: int
    addresses: Addresses


def lock_file(folder: Path) -> Path:
    """Locked as long as somebody runs a stack in this folder."""
    return folder / "lock"


def daemon_file(folder: Path) -> Path:
    """Written by the daemon when everything is ready."""
    return folder / "daemon.json"


def shop_file(folder: Path) -> Path:
    """Written when the shop is there: its keys, and the password of its team."""
    return folder / "shop.json"


def read_shop(folder: Path) -> Shop | None:
    """The shop of this stack; None while there is none."""
    file = shop_file(folder)
    return Shop(**json.loads(file.read_text("utf-8"))) if file.exists() else None


def write_privately(path: Path, content: object) -> None:
    """Replace a file of JSON at once; only its owner may read it (it holds passwords or keys)."""
    write_text_privately(path, json.dumps(content, indent=2) + "\n")


def write_text_privately(path: Path, text: str) -> None:
    """Replace a file at once; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def announce(folder: Path, addresses: Addresses) -> None:
    """Say that this process keeps a ready stack."""
    write_privately(daemon_file(folder), asdict(Daemon(os.getpid(), addresses)))


def running_daemon(folder: Path) -> Daemon | None:
    """The daemon of a ready stack in this folder; None when there is none."""
    try:
        content = json.loads(daemon_file(folder).read_text("utf-8"))
    except FileNotFoundError:
        return None
    if not is_locked(folder):
        return None
    return Daemon(content["pid"], Addresses(**content["addresses"]))


def is_locked(folder: Path) -> bool:
    """Whether somebody runs a stack in this folder."""
    try:
        with lock_file(folder).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True


def wait_unlocked(folder: Path, timeout_seconds: float) -> bool:
    """Wait until nobody runs a stack in this folder; False when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    while is_locked(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
