"""This engine."""

from __future__ import annotations

import time

from bucketing import compile_flagset, native

from benchmarks.engine_flags import flags
from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer


def peer() -> Peer:
    evaluate = compile_flagset(flags(FLAGS)).evaluate
    clock = time.time

    def serve(context: Attributes) -> bool:
        return evaluate(MEASURED, context, int(clock() * 1000)).value is True

    written = "Python" if native.BUILT is None else "C"
    return Peer(
        "Verdict's engine", "here", f"SHA-256 in {written}; the clock is read at each call", dict, serve, ours=True
    )
