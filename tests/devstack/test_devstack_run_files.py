"""Who keeps a stack: announced to its owner alone, believed only while the folder is locked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from devstack.down import stop_daemon
from devstack.run_files import announce, daemon_file, is_locked, running_daemon, wait_unlocked, write_privately
from devstack.stack import Stack
from examples.cookie_cats.addresses import Addresses

ADDRESSES = Addresses("http://c", "http://e", "http://i", "http://a", "admin@example.com", "secret")


def test_files_with_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "secret.json"
    write_privately(file, {"a": 1})
    write_privately(file, {"a": 2})
    assert json.loads(file.read_text()) == {"a": 2}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["secret.json"]


def test_a_daemon_is_believed_only_while_its_stack_runs(tmp_path: Path) -> None:
    assert running_daemon(tmp_path) is None
    with Stack(tmp_path, ()):
        assert running_daemon(tmp_path) is None
        announce(tmp_path, ADDRESSES)
        daemon = running_daemon(tmp_path)
        assert daemon is not None
        assert (daemon.pid, daemon.addresses) == (os.getpid(), ADDRESSES)
        assert not wait_unlocked(tmp_path, 0.1)
    assert daemon_file(tmp_path).exists()
    assert running_daemon(tmp_path) is None
    assert wait_unlocked(tmp_path, 0.1)


def test_stopping_asks_whoever_holds_the_folder(tmp_path: Path) -> None:
    assert stop_daemon(tmp_path)
    script = (
        "import signal, time; from pathlib import Path; from devstack.stack import Stack\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        f"with Stack(Path({str(tmp_path)!r}), ()): print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        assert is_locked(tmp_path)
        assert stop_daemon(tmp_path)
        assert holder.wait(10) in (1, -signal.SIGINT)
    assert not is_locked(tmp_path)
