"""The SDKs beside those of others, language by language, and what ten thousand flags cost each to start and to hold.

    python -m benchmarks.sdks [--peers PYTHON] [--json FILE]

Equal flags, checked for equal answers before anything is timed: in Python by `benchmarks.peers` (with `--peers`, the
interpreter of `make bench-peers`, which has the others' packages), in Node by `sdks/node/bench`, in Go by
`sdks/go/bench`. Then each SDK's driver starts from a bootstrap of 10,000 flags, offline: how long until it evaluates,
how much of the processor it takes, and how many bytes of memory a flag takes.

Exits 1 if one of ours isn't the fastest, or takes over a second to start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from sdk_trials.driver import Driver
from sdk_trials.sample import BOOLEAN, HALVES, compare

from benchmarks.report import Report, accept_json

ROOT = Path(__file__).resolve().parents[1]
SDKS = ROOT / "sdks"
BUILT = ROOT / "build" / "sdk_bench"
FLAGS = 10_000
ROUNDS = 5
START_SECONDS_MAX = 1.0
NOT_VARIED = ("offline, from a bootstrap", "each flag has two rules and a split", "one process at a time")


def document(flags: int) -> dict[str, Any]:
    """A config document with so many flags; no two are the same."""
    rules = [
        {"if": {"and": [compare("country", "eq", "NO"), compare("age", "gte", 18)]}, "then": {"variation": "on"}},
        {"if": compare("plan", "in", ["pro", "gold"]), "then": {"variation": "off"}},
    ]
    made = {
        f"flag-{number}": {**BOOLEAN, "default": HALVES, "rules": [*rules, _own_rule(number)]}
        for number in range(flags)
    }
    return {"schema_version": 1, "algorithm": "sha256-10000-v1", "salt": "bench", "version": 1, "flags": made}


def _own_rule(number: int) -> dict[str, Any]:
    return {"if": compare("company", "eq", f"company-{number}"), "then": {"variation": "on"}}


def drivers() -> dict[str, list[str]]:
    """The command of each driver, built from the sources that are here."""
    BUILT.mkdir(parents=True, exist_ok=True)
    node, go = SDKS / "node", SDKS / "go"
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=node)
    _run("npm", "run", "build", cwd=node)
    _run("go", "build", "-o", str(BUILT / "driver"), "./cmd/driver", cwd=go)
    return {
        "Python": [sys.executable, "-m", "feature_flag_platform.driver"],
        "Node": ["node", str(node / "dist" / "driver.js")],
        "Go": [str(BUILT / "driver")],
    }


class Start(NamedTuple):
    """Of one process, until it has evaluated its first flag."""

    seconds: float
    cpu_seconds: float
    memory_bytes: int


def start(command: list[str], bootstrap: Path) -> Start:
    """Starts the SDK once."""
    options = {"env_key": "srv_bench_0123456789", "endpoint": "http://127.0.0.1:9", "offline": True, "usage": False}
    with Driver(command, {}) as driver:
        before, worked = driver.ask("resources")["rss_bytes"], _cpu_seconds(driver.pid)
        began = time.perf_counter()
        driver.ask("start", options={**options, "bootstrap": str(bootstrap)})
        told = driver.detail("flag-9999", {"key": "ann", "attributes": {"country": "NO", "age": 18}})
        seconds = time.perf_counter() - began
        if told["value"] is not True or told["reason"] != "TARGETING_MATCH":
            raise AssertionError(f"{command}: {told}")
        worked = _cpu_seconds(driver.pid) - worked
        return Start(seconds, worked, driver.ask("resources")["rss_bytes"] - before)


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def starts(report: Report) -> bool:
    """Prints the table of starts. Whether each took at most a second."""
    print(f"| SDK | start with {FLAGS:,} flags, ms | of the processor, ms | memory a flag, bytes |")
    print("|---|---:|---:|---:|")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        bootstrap = Path(folder) / "bootstrap.json"
        bootstrap.write_text(json.dumps(document(FLAGS)), "utf-8")
        for name, command in drivers().items():
            rounds = [start(command, bootstrap) for _ in range(ROUNDS)]
            best = Start(*(min(figures) for figures in zip(*rounds, strict=True)))
            good = good and best.seconds <= START_SECONDS_MAX
            start_ms, cpu_ms = round(best.seconds * 1000), round(best.cpu_seconds * 1000)
            flag_bytes = round(best.memory_bytes / FLAGS)
            print(f"| {name} | {start_ms:,} | {cpu_ms:,} | {flag_bytes:,} |", flush=True)
            report.add(table="start", row=name, start_ms=start_ms, cpu_ms=cpu_ms, flag_bytes=flag_bytes)
    print()
    return good


def peers(python: Path | None, report: Report) -> bool:
    """Runs the peers of each language and keeps their rows. Whether ours were the fastest in all."""
    node, go = SDKS / "node" / "bench", SDKS / "go" / "bench"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "python.json"
        good = True
        if python is not None:
            good = _table("Python", [str(python), "-m", "benchmarks.peers", "--json", str(file)], ROOT)
            _keep(report, "Python", json.loads(file.read_text())["rows"])
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=node)
    commands = {"Node": (["node", "main.js"], node, "--json"), "Go": (["go", "run", "."], go, "-json")}
    for name, (command, at, told) in commands.items():
        done = subprocess.run([*command, told], cwd=at, capture_output=True, text=True, check=False)
        good = good and done.returncode == 0
        found = json.loads(done.stdout)
        rows = found["rows"] if isinstance(found, dict) else found
        _show(name, rows)
        _keep(report, name, rows)
    return good


def _table(name: str, command: list[str], at: Path) -> bool:
    print(f"{name}\n", flush=True)
    return (
        subprocess.run(command, cwd=at, env=os.environ | {"PYTHONPATH": "libs:sdks/python:."}, check=False).returncode
        == 0
    )


def _show(name: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    print(f"{name}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        cells = (f"{row[each]:,.0f}" if isinstance(row[each], float) else str(row[each]) for each in columns)
        print(f"| {' | '.join(cells)} |")
    print()


def _keep(report: Report, name: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        report.add(**{"language": name, **row})


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="the interpreter that has the peers' packages")
    parser.add_argument("--starts-only", action="store_true", help="leave the peers out")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("sdks", NOT_VARIED)
    good = starts(report)
    if not options.starts_only:
        good = peers(options.peers, report) and good
    report.finish(options.json)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
