"""Processes that fork, and that end: a child begins anew and leaves its parent alone; at the exit the rest is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edge_script.process import ScriptedEdge

from tests.sdks.python.documents import EVERYTHING, boolean
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

SECONDS = 30
CHANGED = EVERYTHING | {"version": 2, "flags": EVERYTHING["flags"] | {"plain": boolean(enabled=False)}}


def in_child(work: Callable[[], Any]) -> Any:
    """What the work gives in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = json.dumps(work())
        except BaseException as error:  # the child must not go on as a test run
            told = json.dumps(f"{type(error).__name__}: {error}")
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told_back = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told_back)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_begins_anew_at_its_first_evaluation(edge: ScriptedEdge) -> None:
    with client_of(edge, usage=False) as client:
        until_blocking(lambda: client.status().mode.value == "stream")
        client.track_metric("of-parent", 1.0, "u")

        def work() -> Any:
            threads = threading.active_count()
            first = client.is_enabled("plain", "u")
            begun = {each.name for each in threading.enumerate() if each.name.startswith("feature-flags")}
            queued = client.status().events.queued
            until_blocking(lambda: client.status().mode.value == "stream")
            edge.put("document", CHANGED)
            until_blocking(lambda: not client.is_enabled("plain", "u"))
            client.track_metric("of-child", 1.0, "u")
            return [threads, first, sorted(begun), queued, client.close(SECONDS)]

        told = in_child(work)
        assert told == [1, True, ["feature-flags-configuration", "feature-flags-events"], 0, True]
        until_blocking(lambda: not client.is_enabled("plain", "u"))
        assert client.flush(SECONDS)
        assert client.status().last_error is None
    assert sorted(each["metric"] for each in edge.get("events?type=metric")) == ["of-child", "of-parent"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_closed_client_stays_closed(edge: ScriptedEdge) -> None:
    with client_of(edge) as client:
        client.close(SECONDS)
        told = in_child(lambda: [client.is_enabled("plain", "u"), client.status().state, threading.active_count()])
    assert told == [True, "closed", 1]


PROGRAM = """
import sys
from feature_flag_platform import FeatureFlagClient
client = FeatureFlagClient(sys.argv[1], sys.argv[2])
client.is_enabled("reported", "ann")
client.track_metric("bought", 1.0, "ann")
if sys.argv[3:] == ["raise"]:
    raise SystemExit(3)
"""


@pytest.mark.parametrize("end", ["plain", "raise"])
def test_what_is_left_is_sent_at_the_exit(edge: ScriptedEdge, end: str) -> None:
    command = [sys.executable, "-c", PROGRAM, edge.server_key, edge.edge, end]
    done = subprocess.run(command, timeout=SECONDS, check=False)
    assert done.returncode == (3 if end == "raise" else 0)
    assert sorted(each["type"] for each in edge.get("events")) == ["exposure", "metric", "usage"]


APPLICATION = """
import os
from feature_flag_platform import FeatureFlagClient
client = FeatureFlagClient(os.environ["KEY"], os.environ["EDGE"])

def app(environ, start_response):
    start_response("200 OK", [])
    client.track_metric("visit", None, str(os.getpid()))
    return [str(client.is_enabled("plain", "u")).encode()]
"""


def test_workers_of_gunicorn_that_were_preloaded(edge: ScriptedEdge, tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    ask = (
        "import gunicorn.app.wsgiapp, sys; sys.argv = ['gunicorn', '--preload', '--workers', '2', '--bind',"
        " '127.0.0.1:0', '--log-level', 'info', 'application:app']; gunicorn.app.wsgiapp.run()"
    )
    environment = os.environ | {"KEY": edge.server_key, "EDGE": edge.edge}
    with subprocess.Popen(
        [sys.executable, "-c", ask], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            address = next(line.split("Listening at: ")[1].split()[0] for line in server.stderr if "Listening" in line)
            reading = threading.Thread(target=server.stderr.read)
            reading.start()
            asked = (
                "import sys, urllib.request;"
                "print({urllib.request.urlopen(sys.argv[1], timeout=30).read() for _ in range(20)})"
            )
            asking = [sys.executable, "-c", asked, address]
            done = subprocess.run(asking, timeout=SECONDS, capture_output=True, text=True, check=True)
            assert done.stdout.strip() == "{b'True'}"
        finally:
            server.terminate()
            server.wait(SECONDS)
            reading.join(SECONDS)
    visits = edge.get("events?type=metric")
    assert len(visits) == 20
    assert str(server.pid) not in {each["user_key"] for each in visits}
