"""What the rule engine costs inside a process: evaluation, growth, loading, one change.

`python -m benchmarks.engine [--json FILE]` prints tables. Times are CPU time of the thread, the best of several
interleaved rounds, so that a busy machine disturbs all rows alike; compare rows of one run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bucketing import bucket, compile_flagset
from bucketing.compiled import CompiledFlagSet
from bucketing.decision import Decision
from bucketing.flagset import FlagSet
from bucketing.hashing import bucket_of, start
from bucketing.splits import Split, chosen

from benchmarks.engine_flags import CONTEXT, KINDS, contexts, flags, long_flag
from benchmarks.engine_interpreter import Interpreter
from benchmarks.report import Report, accept_json

NOT_VARIED = (
    "the attributes of a context (six, flat, no arrays)",
    "the operators of conditions (nine of twenty-three)",
    "the unit of splits (the targeting key)",
    "rollouts (two variations); no experiments, prerequisites or targets",
    "the user, where one flag is measured",
)
FLAGS, USERS = 50, 200
ROUNDS = 15
Work = Callable[[], object]


def best(works: dict[str, tuple[Work, int]], seconds_per_round: float = 0.03) -> dict[str, float]:
    """Nanoseconds per unit of each work (a work does `units` at a call), best of interleaved rounds."""
    clock = time.thread_time_ns
    calls = {}
    for name, (work, _) in works.items():
        work()
        began = clock()
        work()
        calls[name] = max(1, int(seconds_per_round * 1e9 / max(clock() - began, 100)))
    times = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, (work, units) in works.items():
            began = clock()
            for _ in range(calls[name]):
                work()
            times[name] = min(times[name], (clock() - began) / calls[name] / units)
    return times


def table(title: str, rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}")
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")


def measured(title: str, works: dict[str, tuple[Work, int]], report: Report) -> None:
    times = best(works)
    table(f"{title}, nanoseconds", [(name, f"{value:9,.0f}") for name, value in times.items()])
    for name, value in times.items():
        report.add(table=title, row=name, ns=round(value, 1))


def prepared(flagset: FlagSet) -> CompiledFlagSet:
    compiled = compile_flagset(flagset)
    for _ in compiled.prepare():
        pass
    return compiled


class Written(dict[Decision, bytes]):
    """Some bytes for each decision, as an edge keeps its answers."""

    def __missing__(self, decision: Decision) -> bytes:
        written = self[decision] = json.dumps(decision.to_dict()).encode()
        return written


def evaluation(report: Report) -> None:
    flagset = flags(FLAGS)
    compiled, interpreter = prepared(flagset), Interpreter(flagset)
    begin, text, document = start("salt", "flag"), json.dumps(CONTEXT), json.dumps({"context": CONTEXT})
    splits = tuple(Split(start("salt", f"flag-{number}"), (5_000,), (True, False)) for number in range(FLAGS))
    works: dict[str, tuple[Work, int]] = {
        "one flag": (lambda: compiled.evaluate("flag-7", CONTEXT, 0), 1),
        "one flag, plain interpreter": (lambda: interpreter.evaluate("flag-7", CONTEXT, 0), 1),
        "one flag, explained": (lambda: compiled.explain("flag-7", CONTEXT, 0), 1),
        "json.loads of the context alone": (lambda: json.loads(text), 1),
        "json.loads of a request": (lambda: json.loads(document), 1),
        "the bucket alone": (lambda: bucket_of(begin, "user-123456"), 1),
        "the bucket from its three texts": (lambda: bucket("salt", "flag", "user-123456"), 1),
        f"a bucket of {FLAGS} that are found by one call": (lambda: chosen(splits, "user-123456"), FLAGS),
    }
    measured("evaluation", works, report)


def together(report: Report) -> None:
    """All flags for one user after the other: each flag's share, by how much the flags have in common."""
    users = contexts(USERS)

    def one_by_one(compiled: CompiledFlagSet) -> None:
        evaluate, keys = compiled.evaluate, list(compiled.flagset.flags)
        for user in users:
            for key in keys:
                evaluate(key, user, 0)

    def all_at_once(compiled: CompiledFlagSet) -> None:
        for user in users:
            compiled.evaluate_all(user, 0)

    def answered(compiled: CompiledFlagSet, answers: Written) -> None:
        for user in users:
            compiled.answer_all(user, 0, answers)

    works: dict[str, tuple[Work, int]] = {}
    for kind, made in KINDS.items():
        compiled = prepared(made(FLAGS))
        works[f"{kind}: one by one"] = (partial(one_by_one, compiled), FLAGS * USERS)
        works[f"{kind}: all together"] = (partial(all_at_once, compiled), FLAGS * USERS)
        works[f"{kind}: all together, as bytes"] = (partial(answered, compiled, Written()), FLAGS * USERS)
    measured(f"one of {FLAGS} flags, {USERS} users", works, report)


def growth(report: Report) -> None:
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
    measured("growth", works, report)


def loading(kind: str, count: int, report: Report) -> None:
    """In a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.engine_load", kind, str(count)]
    row: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    table(f"{count:,} flags, {kind}", [(name, f"{value:9,.3f}") for name, value in row.items()])
    report.add(table="loading", flags=count, kind=kind, **row)


def main() -> None:
    parser = argparse.ArgumentParser(description="The rule engine inside a process.")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("engine", NOT_VARIED)
    evaluation(report)
    together(report)
    growth(report)
    sys.stdout.flush()
    for kind, count in (("mostly alike", 1_000), ("mostly alike", 10_000), ("all different", 10_000)):
        loading(kind, count, report)
    report.finish(options.json)


if __name__ == "__main__":
    main()
