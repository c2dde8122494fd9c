"""What the rule engine costs inside a process: evaluation, growth, loading, one change.

`python -m benchmarks.engine` prints tables. Times are the best of several interleaved rounds, so that a busy
machine disturbs all rows alike; compare rows of one run.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from bucketing import bucket, compile_flagset
from bucketing.flagset import Flag
from bucketing.hashing import bucket_of, start
from messages.documents import flag_document, flag_of
from messages.generated.config_pb2 import ConfigMessage

from benchmarks.engine_flags import CONTEXT, flag, flags, long_flag
from benchmarks.engine_interpreter import Interpreter

ROUNDS = 9
Work = Callable[[], object]


def best(works: dict[str, tuple[Work, int]], seconds_per_round: float = 0.05) -> dict[str, float]:
    """Nanoseconds per unit of each work (a work does `units` at a call), best of interleaved rounds."""
    calls = {}
    for name, (work, _) in works.items():
        began = time.perf_counter()
        work()
        calls[name] = max(1, int(seconds_per_round / max(time.perf_counter() - began, 1e-7)))
    times = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, (work, units) in works.items():
            began = time.perf_counter()
            for _ in range(calls[name]):
                work()
            spent = (time.perf_counter() - began) / calls[name] / units * 1e9
            times[name] = min(times[name], spent)
    return times


def table(title: str, rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}")
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")


def evaluation() -> None:
    flagset = flags(50)
    compiled, interpreter = compile_flagset(flagset), Interpreter(flagset)
    for _ in compiled.prepare():
        pass
    begin, text, document = start("salt", "flag"), json.dumps(CONTEXT), json.dumps({"context": CONTEXT})
    times = best(
        {
            "one flag, one by one": (lambda: compiled.evaluate("flag-7", CONTEXT, 0), 1),
            "one flag of 50, all together": (lambda: compiled.evaluate_all(CONTEXT, 0), 50),
            "one flag, plain interpreter": (lambda: interpreter.evaluate("flag-7", CONTEXT, 0), 1),
            "json.loads of the context alone": (lambda: json.loads(text), 1),
            "json.loads of a request": (lambda: json.loads(document), 1),
            "the bucket alone": (lambda: bucket_of(begin, "user-123456"), 1),
            "the bucket from its three texts": (lambda: bucket("salt", "flag", "user-123456"), 1),
            "one flag, explained": (lambda: compiled.explain("flag-7", CONTEXT, 0), 1),
        }
    )
    table("evaluation, nanoseconds", [(name, f"{value:9,.0f}") for name, value in times.items()])


def growth() -> None:
    works: dict[str, tuple[Work, int]] = {}
    for count in (10, 100, 1_000, 10_000):
        compiled = compile_flagset(flags(count))
        works[f"one flag among {count:,}"] = (partial(compiled.evaluate, "flag-7", CONTEXT, 0), 1)
    for count in (1, 10, 100, 1_000):
        compiled = compile_flagset(long_flag(count))
        context = {f"a{number}": "x" for number in range(count)} | {"last": "x"}
        works[f"one flag of {count:,} conditions, each condition"] = (
            partial(compiled.evaluate, "long", context, 0),
            count,
        )
    table("growth, nanoseconds", [(name, f"{value:9,.0f}") for name, value in best(works).items()])


def resident_mib() -> float:
    """The process's resident memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def travelling(flags: list[Flag]) -> tuple[float, float]:
    """Seconds to write the flags as messages of CONFIG, and to read them."""
    began = time.perf_counter()
    messages = [ConfigMessage(version=1, flag=flag_document(each)).SerializeToString() for each in flags]
    written = time.perf_counter() - began
    began = time.perf_counter()
    for each in messages:
        flag_of(ConfigMessage.FromString(each))
    return written, time.perf_counter() - began


def loading(count: int) -> None:
    """Runs in a process of its own, so that its memory is its own; prints the table.

    The cyclic collector is off meanwhile and what was loaded is frozen afterwards, as a server should do: its
    full passes over a growing heap would be the longest pauses here.
    """
    gc.disable()
    empty = resident_mib()
    flagset = flags(count)
    data = resident_mib()
    began = time.perf_counter()
    compiled = compile_flagset(flagset)
    loaded = time.perf_counter() - began
    steps = []
    began = time.perf_counter()
    for _ in compiled.prepare():
        steps.append(time.perf_counter() - began)
        began = time.perf_counter()
    prepared = resident_mib()
    gc.freeze()
    gc.enable()
    changed = replace(flag(7), version=2, off_variation="on")
    updates = []
    for version in range(2, 12):
        began = time.perf_counter()
        compiled = compiled.updated(version=version, flags={"flag-7": changed})
        compiled.evaluate("flag-7", CONTEXT, 0)
        updates.append(time.perf_counter() - began)
    written, read = travelling(list(flagset.flags.values()))
    rows = [
        ("written as they travel", f"{written:9.3f} s"),
        ("read as they travel", f"{read:9.3f} s"),
        ("load (checked and ready to answer)", f"{loaded:9.3f} s"),
        ("all functions written beforehand", f"{sum(steps):9.3f} s"),
        ("   the longest step", f"{max(steps) * 1e3:9.3f} ms"),
        ("memory of the data", f"{data - empty:9.1f} MiB"),
        ("memory of the data and all functions", f"{prepared - empty:9.1f} MiB"),
        ("one changed flag until its first answer, median", f"{sorted(updates)[5] * 1e3:9.3f} ms"),
        ("one changed flag until its first answer, worst of 10", f"{max(updates) * 1e3:9.3f} ms"),
    ]
    table(f"{count:,} flags", rows)


def main() -> None:
    if sys.argv[1:2] == ["--loading"]:
        loading(int(sys.argv[2]))
        return
    evaluation()
    growth()
    sys.stdout.flush()
    for count in (1_000, 10_000):
        subprocess.run([sys.executable, "-m", "benchmarks.engine", "--loading", str(count)], check=True)


if __name__ == "__main__":
    main()
