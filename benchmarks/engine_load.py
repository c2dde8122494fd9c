"""Loading flags: time, memory, one change. `python -m benchmarks.engine_load KIND COUNT` prints JSON."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from bucketing import compile_flagset
from bucketing.flagset import Flag
from messages.documents import flag_document, flag_of
from messages.generated.config_pb2 import ConfigMessage

from benchmarks.engine_flags import CONTEXT, KINDS

_UPDATES = 10


def resident_mib() -> float:
    """The process's resident memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def travelling(flags: list[Flag]) -> tuple[float, float]:
    """Seconds to write the flags as messages of CONFIG, and to read them."""
    began = time.thread_time()
    messages = [ConfigMessage(version=1, flag=flag_document(each)).SerializeToString() for each in flags]
    written = time.thread_time() - began
    began = time.thread_time()
    for each in messages:
        flag_of(ConfigMessage.FromString(each))
    return written, time.thread_time() - began


def loading(kind: str, count: int) -> dict[str, float]:
    """The figures of one set, times in CPU time.

    The cyclic collector is off meanwhile and what was loaded is frozen afterwards, as a server should do: its
    full passes over a growing heap would be the longest pauses here.
    """
    gc.disable()
    empty = resident_mib()
    flagset = KINDS[kind](count)
    data = resident_mib()
    began = time.thread_time()
    compiled = compile_flagset(flagset)
    loaded = time.thread_time() - began
    steps = []
    began = time.thread_time()
    for _ in compiled.prepare():
        steps.append(time.thread_time() - began)
        began = time.thread_time()
    prepared = resident_mib()
    gc.freeze()
    gc.enable()
    key = list(flagset.flags)[7]
    alone, together = [], []
    for version in range(2, 2 + _UPDATES):
        changed = replace(flagset.flags[key], version=version, off_variation="on")
        began = time.thread_time()
        compiled = compiled.updated(version=version, flags={key: changed})
        compiled.evaluate(key, CONTEXT, 0)
        alone.append(time.thread_time() - began)
        compiled.evaluate_all(CONTEXT, 0)
        together.append(time.thread_time() - began)
    written, read = travelling(list(flagset.flags.values()))
    return {
        "written_as_they_travel_s": written,
        "read_as_they_travel_s": read,
        "load_s": loaded,
        "all_functions_written_s": sum(steps),
        "longest_step_ms": max(steps) * 1e3,
        "data_mib": data - empty,
        "data_and_functions_mib": prepared - empty,
        "change_until_answer_median_ms": sorted(alone)[_UPDATES // 2] * 1e3,
        "change_until_answer_worst_ms": max(alone) * 1e3,
        "change_until_all_answers_median_ms": sorted(together)[_UPDATES // 2] * 1e3,
    }


if __name__ == "__main__":
    print(json.dumps({name: round(value, 4) for name, value in loading(sys.argv[1], int(sys.argv[2])).items()}))
