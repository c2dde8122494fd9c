"""The level of what runs is changed by one command, in workers and whoever begins them; no other process is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from service_kit import log_level
from service_kit.logs import configure_logging, get_logger

from tests.waiting import same, until_blocking

PARENT = """
import os, sys, time
from service_kit.logs import configure_logging, get_logger, name_worker
configure_logging("tests", "WARNING")
child = os.fork()
if not child:
    name_worker(1)
log = get_logger("tests")
log.warning("ready")
while os.getppid() == {test} or (not child and os.getppid() != 1):
    log.info("some")
    log.debug("all")
    time.sleep(0.01)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def levels(log: Path) -> list[tuple[str, int | None]]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    return [(line["to"], line.get("worker")) for line in lines if line["message"] == "log level"]


def test_every_process_is_told_and_goes_back(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "edge_evaluator"
    program.write_text(PARENT.format(test=os.getpid()))
    other = tmp_path / "somebody_else"
    other.write_text("import time\nprint('ready', flush=True)\ntime.sleep(600)")
    with log.open("wb") as written:
        parent = subprocess.Popen([sys.executable, str(program)], stderr=written, start_new_session=True)
        bystander = subprocess.Popen([sys.executable, str(other)], stdout=subprocess.PIPE)
        try:
            assert bystander.stdout is not None
            bystander.stdout.readline()
            until_blocking(lambda: same(log.read_text().count("ready"), 2))
            ours = [each for each in log_level.listening(Path("/proc")) if os.getpgid(each) == parent.pid]
            assert len(ours) == 2
            assert bystander.pid not in log_level.listening(Path("/proc"))
            for change, expected in (("more", "INFO"), ("more", "DEBUG"), ("back", "WARNING")):
                before = len(levels(log))
                line = [sys.executable, "-m", "service_kit.log_level", change, *map(str, ours)]
                said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
                assert said == f"{change}: told {' '.join(map(str, ours))}\n"
                until_blocking(lambda: same(len(levels(log)), before + 2))  # noqa: B023 - at once
                assert sorted(levels(log)[before:], key=str) == [(expected, 1), (expected, None)]
            assert '"message":"all"' in log.read_text()
            assert parent.poll() is None
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
            bystander.kill()
            parent.wait()
            bystander.wait()
            assert bystander.stdout is not None
            bystander.stdout.close()


def test_without_a_process_it_says_so() -> None:
    line = [sys.executable, "-m", "service_kit.log_level", "more", "1"]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "no process of Verdict's hears that here\n")


def test_debugging_is_of_our_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    configure_logging("tests", "DEBUG")
    for name in ("urllib3.connectionpool", "asyncio", "clickhouse_connect.driver"):
        logging.getLogger(name).debug("GET /?password=hush")
        logging.getLogger(name).info("the same")
    get_logger("made later").debug("ours")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["ours"]
