"""All trials, and how they are run: some at a time, since most of a trial is waiting."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

from edge_script.process import ScriptedEdge

from sdk_trials import changes, clocks, events, exposures, faults, following, refusals, starts, stores, users
from sdk_trials.trial import ALL, Outcome, Trial, run

MODULES = (starts, stores, users, changes, following, faults, clocks, refusals, exposures, events)
"""Each registers its trials when it is read."""


def trials(kind: str) -> list[Trial]:
    """Those that hold for SDKs with a key of this kind."""
    return [one for one in ALL if kind in one.kinds]


def run_all(chosen: Sequence[Trial], command: Sequence[str], kind: str, workers: int = 4) -> Iterator[Outcome]:
    """What became of each, in the order in which they end."""
    idle: queue.SimpleQueue[list[ScriptedEdge]] = queue.SimpleQueue()
    for _ in range(workers):
        idle.put([])

    with ExitStack() as keep, ThreadPoolExecutor(workers) as pool:

        def one(each: Trial) -> Outcome:
            edges = idle.get()
            try:
                return run(each, command, kind, edges, keep)
            finally:
                idle.put(edges)

        for done in as_completed([pool.submit(one, each) for each in chosen]):
            yield done.result()
