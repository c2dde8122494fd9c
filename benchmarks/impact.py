"""What a preview costs: recent contexts through the config before a change and after it.

    python -m benchmarks.impact [--units 20000] [--flags 50] [--json FILE]

Seconds of CPU and of the clock, the best of three rounds, in the process that answers. Reading the contexts from
ClickHouse and the config from the bus is not in it.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from typing import Any

from analytics.impact.comparison import Change, Comparison
from analytics.impact.sample import Known, Sample, Unit
from bucketing.flagset import AllOf, AnyOf, Fixed, Flag, FlagSet, FlagType, InSegment, Rollout, Rule, Segment, Share
from bucketing.flagset import Comparison as Asks

from benchmarks.report import Report, accept_json

NOT_VARIED = (
    "the attributes of a context (five, flat)",
    "the unit of splits (the targeting key)",
    "flags (a rule of three conditions, one of a segment, a rollout in two)",
    "the change (the share of each flag's rollout)",
)
NOW = 1_767_607_200_000
ROUNDS = 3


def environment(flags: int, share: int, others: int) -> FlagSet:
    """Flags that change with `share`, and others that don't."""
    asks = AllOf((Asks("country", "in", ["NO", "SE", "DK"]), AnyOf((Asks("plan", "eq", "pro"), Asks("age", "gt", 40)))))
    split = Rollout((Share("on", share), Share("off", 10_000 - share)))
    constant = Rollout((Share("on", 500), Share("off", 9_500)))
    made = [
        Flag(
            key=f"flag-{n}",
            type=FlagType.BOOLEAN,
            variations={"on": True, "off": False},
            off_variation="off",
            default=split if n < flags else constant,
            rules=(Rule("north", asks, Fixed("on")), Rule("beta", InSegment(("beta",)), Fixed("on"))),
        )
        for n in range(flags + others)
    ]
    beta = Segment("beta", frozenset({"u1"}), condition=Asks("email", "ends_with", "@verdict.example"))
    return FlagSet("salt", 1, {each.key: each for each in made}, {"beta": beta})


def sample(units: int, *, lacking: float = 0.0) -> Sample:
    """`lacking`: the part of which the plan isn't known."""
    chance = random.Random(7)
    made = []
    for n in range(units):
        context: dict[str, Any] = {
            "targetingKey": f"u{n}",
            "country": chance.choice(("NO", "DE", "US")),
            "plan": chance.choice(("pro", "free")),
            "age": chance.randrange(80),
            "email": f"u{n}@shop.example",
        }
        if chance.random() < lacking:
            del context["plan"]
        made.append(Unit(context, frozenset({"flag-1"}), NOW))
    return Sample(made, units, NOW)


def measure(change: Change, held: Sample) -> tuple[float, float, int]:
    """CPU seconds, seconds, and how many units change."""
    cpu, clock, changed = float("inf"), float("inf"), 0
    for _ in range(ROUNDS):
        began, began_cpu = time.perf_counter(), time.process_time()
        reply = Comparison(change, held, Known(held, (), {}, (), keys=True)).counted()
        cpu, clock = min(cpu, time.process_time() - began_cpu), min(clock, time.perf_counter() - began)
        changed = reply.changed
    return cpu, clock, changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--flags", type=int, default=50)
    accept_json(parser)
    options = parser.parse_args()
    report = Report("impact", NOT_VARIED)
    print(f"{'units':>7} {'flags':>6} {'among':>6} {'lacking':>8} {'cpu s':>7} {'s':>7} {'changed':>8}")
    for flags, others, lacking in (
        (1, 0, 0.0),
        (options.flags, 0, 0.0),
        (options.flags, 0, 0.3),
        (options.flags, 10_000, 0.0),
    ):
        before, after = (environment(flags, share, others) for share in (1000, 2000))
        changed = frozenset(("flag", f"flag-{n}") for n in range(flags))
        change = Change(before=before, after=replace(after), changed=changed, now=NOW)
        cpu, clock, moved = measure(change, sample(options.units, lacking=lacking))
        row = {"units": options.units, "flags": flags, "among": flags + others, "lacking": lacking}
        print(f"{options.units:7} {flags:6} {flags + others:6} {lacking:8.0%} {cpu:7.2f} {clock:7.2f} {moved:8}")
        report.add(**row, cpu_s=round(cpu, 3), wall_s=round(clock, 3), changed=moved)
    report.finish(options.json)


if __name__ == "__main__":
    main()
