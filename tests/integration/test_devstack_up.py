"""`up` brings everything up with the demo's data, keeps it running, finds it again the next time; `down` stops it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from devstack.run_files import is_locked
from tests.devstack.commands import run
from tests.waiting import until_blocking

FOLDER = Path("build/devstack")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which `up` has run for the first time; `down` at the end."""
    folder = tmp_path_factory.mktemp("home")
    said = run("up", folder)
    assert "The edge held version" in said
    yield folder
    assert "The stack is stopped" in run("down", folder)
    assert not (folder / "build/devstack.json").exists()
    assert not is_locked(folder / FOLDER)
    assert [each for each in psutil.process_iter() if str(folder) in " ".join(_line(each))] == []


def _line(process: psutil.Process) -> list[str]:
    try:
        line: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return line


def address_book(home: Path) -> dict[str, Any]:
    book: dict[str, Any] = json.loads((home / "build/devstack.json").read_text())
    return book


def served(book: dict[str, Any], arm: str) -> str:
    headers = {"Authorization": f"Bearer {book['environments']['production']['client_key']}"}
    answer = httpx.get(
        f"{book['edge']}/v1/flags/gate-level", params={"user_id": "u", "recorded_arm": arm}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["variant"])


def test_the_replay_arrives_at_the_known_answers(home: Path) -> None:
    document = json.loads((home / "build/demo/results.json").read_text())
    assert document["agrees"] is True
    assert len(document["checks"]) == 16
    assert document["propagation_seconds"] > 0
    assert (home / "build/demo/results.png").read_bytes().startswith(b"\x89PNG")


def test_the_address_book_has_the_agreed_form(home: Path) -> None:
    book = address_book(home)
    assert set(book) == {"origin", "control_plane", "edge", "ingestor", "analytics", "admin", "project", "environments"}
    assert set(book["admin"]) == {"email", "password"}
    assert set(book["environments"]["production"]) == {"server_key", "client_key"}
    assert (home / "build/devstack.json").stat().st_mode & 0o777 == 0o600
    for service in ("control_plane", "edge", "ingestor", "analytics"):
        assert httpx.get(f"{book[service]}/readyz").status_code == 200
    for prefix in ("", "/edge", "/events", "/analytics"):
        assert httpx.get(f"{book['origin']}{prefix}/readyz").status_code == 200
    login = httpx.post(f"{book['control_plane']}/api/v1/auth/login", json=book["admin"])
    assert login.status_code == 200
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    flags = httpx.get(f"{book['control_plane']}/api/v1/projects/{book['project']}/flags", headers=headers)
    assert [flag["key"] for flag in flags.json()["items"]] == ["gate-level"]


def test_the_stack_is_found_running_or_with_its_data(home: Path) -> None:
    before = address_book(home)
    assert "Evaluating" not in run("up", home)
    assert address_book(home) == before
    run("down", home)
    assert "Evaluating" not in run("up", home)
    after = address_book(home)
    assert after["environments"] == before["environments"]
    assert after["admin"] == before["admin"]
    assert [served(after, arm) for arm in ("gate_30", "gate_40")] == ["gate_30", "gate_40"]


def test_a_process_that_dies_is_started_again(home: Path) -> None:
    book = address_book(home)
    daemon = json.loads((home / FOLDER / "daemon.json").read_text())
    (edge,) = (
        child
        for child in psutil.Process(daemon["pid"]).children()
        if any(word.endswith("edge_evaluator") for word in _line(child))
    )
    os.kill(edge.pid, signal.SIGKILL)
    psutil.wait_procs([edge], timeout=10)
    until_blocking(lambda: served(book, "gate_40") == "gate_40", despite=httpx.TransportError)
    assert "edge_evaluator has ended and is started again" in (home / FOLDER / "daemon.log").read_text()
