"""What the targets for a running stack do with what the daemon wrote down: name a part, follow a log, see an edit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.dev import sources, touched
from devstack.logs import LogReader
from devstack.migrations import down, migrations, up
from devstack.ps import health_of
from devstack.running_parts import RunningPart, UnknownPartError, part_named, parts_file, read_parts, write_parts
from devstack.stack import Stack
from tests.devstack.commands import run

PARTS = [
    RunningPart("postgres", 11, 5432, "p/log.txt"),
    RunningPart("control_plane", 12, 8080, "c/log.txt", {"FF_DATABASE_URL": "postgresql://x/verdict"}),
    RunningPart("edge_evaluator", 13, 8081, "e/log.txt"),
    RunningPart("analytics", 14, 8083, "a/log.txt", {"FF_CLICKHOUSE_URL": "http://x"}),
    RunningPart("shop_chat", 15, 9000, "s/log.txt"),
    RunningPart("shop_traffic", 16, None, "t/log.txt"),
]


def test_parts_are_told_to_their_owner_while_the_stack_runs(tmp_path: Path) -> None:
    with Stack(tmp_path, ()):
        assert read_parts(tmp_path) == []
        write_parts(tmp_path, PARTS)
        assert read_parts(tmp_path) == PARTS
        assert parts_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert read_parts(tmp_path) == []


@pytest.mark.parametrize(
    ("word", "name"),
    [
        pytest.param("postgres", "postgres", id="its name"),
        pytest.param("edge", "edge_evaluator", id="a word of it"),
        pytest.param("control-plane", "control_plane", id="as containers are called"),
        pytest.param("chat", "shop_chat", id="its last word"),
    ],
)
def test_a_part_is_found_by_its_name_or_a_word_of_it(word: str, name: str) -> None:
    assert part_named(PARTS, word).name == name


@pytest.mark.parametrize("word", ["shop", "mysql"])
def test_a_word_of_several_parts_or_of_none_names_no_part(word: str) -> None:
    with pytest.raises(UnknownPartError, match="there are postgres, control_plane"):
        part_named(PARTS, word)


def test_a_log_is_read_on_and_anew_where_it_was_cut(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    reader = LogReader(file, "edge | ")
    assert reader.last(2) == []
    file.write_text("one\ntwo\nthree\nfo")
    assert reader.last(2) == ["edge | two", "edge | three"]
    with file.open("a") as log:
        log.write("ur\nfive\n")
    assert reader.further() == ["edge | four", "edge | five"]
    file.write_text("again\n")
    assert reader.further() == ["edge | again"]
    assert reader.further() == []


def test_a_part_is_healthy_when_it_says_so_itself() -> None:
    assert health_of(RunningPart("shop_traffic", os.getpid(), None, "")).missing is None
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert health_of(RunningPart("edge_evaluator", ended.pid, 1, "")).missing == "it doesn't run"
    assert "refused" in str(health_of(RunningPart("edge_evaluator", os.getpid(), 1, "")).missing)


def test_an_edit_touches_the_processes_that_run_the_file(tmp_path: Path) -> None:
    own, shared = tmp_path / "services/analytics/main.py", tmp_path / "libs/stats/tests.py"
    for file in (own, shared):
        file.parent.mkdir(parents=True)
        file.write_text("a = 1\n")
    before = sources(tmp_path)
    assert touched(tmp_path, before, sources(tmp_path)) == set()
    os.utime(own, ns=(1, 1))
    assert touched(tmp_path, before, sources(tmp_path)) == {"analytics", "loader", "monitor", "exporter"}
    shared.unlink()
    assert {"control_plane", "edge_evaluator", "event_ingestor"} < touched(tmp_path, before, sources(tmp_path))


def test_the_databases_that_the_environment_names_are_migrated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FF_DATABASE_URL", raising=False)
    monkeypatch.delenv("FF_CLICKHOUSE_URL", raising=False)
    assert migrations() == []
    assert up() == 1
    monkeypatch.setenv("FF_DATABASE_URL", "postgresql://x/verdict")
    assert [each.program for each in migrations()] == ["control_plane"]


def test_no_migration_goes_down_and_the_ways_back_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert down() == 1
    told = capsys.readouterr().err
    assert "Nothing was changed" in told
    for document in ("docs/contributing.md", "docs/recovery.md"):
        assert document in told


@pytest.mark.parametrize("command", ["ps", "logs", "down"])
def test_where_nothing_runs_that_is_said(command: str, tmp_path: Path) -> None:
    assert "othing" in run(command, tmp_path)
