"""What a rollout's timeline says of its steps: whether each was taken once, in order, to the end or back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Entry = Mapping[str, Any]


def faults_of(entries: Sequence[Entry], shares: Sequence[float], *, one_by_one: bool) -> list[str]:
    """What is wrong, in words. `shares` of the steps that were planned; `one_by_one`: none is folded into another."""
    wrong = []
    versions = [each["version"] for each in entries]
    if versions != list(range(1, len(versions) + 1)):
        wrong.append(f"versions {versions}")
    for before, after in pairwise(entries):
        by = after["step"] - before["step"]
        if after["action"] == "advance" and (by < 1 or (one_by_one and by > 1)):
            wrong.append(f"step {before['step']} was followed by step {after['step']}")
        if after["action"] not in ("advance", "start") and by:
            wrong.append(f"{after['action']} moved on by {by}")
    wrong += [
        f"step {each['step']} has {each['share']} %"
        for each in entries
        if each["action"] in ("advance", "start") and each["share"] != shares[each["step"] - 1]
    ]
    ended = [each["action"] for each in entries if each["state"] in ("completed", "rolled_back")]
    if len(ended) != 1:
        wrong.append(f"ended by {ended}")
    elif entries[-1]["action"] != ended[0]:
        wrong.append("goes on after its end")
    if entries[-1]["action"] == "complete" and entries[-1]["step"] != len(shares):
        wrong.append(f"complete after {entries[-1]['step']} of {len(shares)} steps")
    return wrong


def steps_taken(entries: Sequence[Entry]) -> int:
    """Transitions that moved the share on."""
    return sum(each["action"] in ("advance", "start") for each in entries)
