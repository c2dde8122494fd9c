"""The demo ends in words and leaves nothing behind when it is interrupted or can't start."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack.run_files import is_locked
from tests.processes import running

DEMO = [sys.executable, "-m", "devstack.demo"]


@pytest.mark.parametrize(
    ("number", "stage"), [(signal.SIGTERM, "Starting the services"), (signal.SIGINT, "Evaluating the players")]
)
def test_an_interrupted_demo_stops_everything(tmp_path: Path, number: signal.Signals, stage: str) -> None:
    # A shell starts background jobs with SIGINT ignored, and children inherit that.
    with subprocess.Popen(
        DEMO,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if line.startswith(stage):
                break
        children = psutil.Process(demo.pid).children(recursive=True)
        assert len(children) >= 4, said
        demo.send_signal(number)
        rest = demo.stdout.read()
        assert demo.wait(60) == 130, rest
    assert rest.splitlines()[-1] == "Stopped.", rest
    assert "Traceback" not in rest
    assert running(children) == []
    assert not is_locked(tmp_path / "build/demo/stack")


def test_a_demo_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file where the folder should stand")
    done = subprocess.run(
        DEMO, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "stack: cannot use the folder" in done.stdout
    assert "Traceback" not in done.stdout
