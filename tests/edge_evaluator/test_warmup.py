"""Functions are written before a request needs them; of a large set those that decide one flag alone are not."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from bucketing import compile_flagset
from bucketing.compiled import CompiledFlagSet
from bucketing.flagset import FlagSet
from bucketing.programs import PendingFlag
from edge_evaluator.feed import warmup
from edge_evaluator.feed.warmup import Warmer

from tests.edge_evaluator.sample_flags import boolean
from tests.waiting import until


async def warmed(count: int) -> CompiledFlagSet:
    compiled = compile_flagset(
        FlagSet("salt", 1, {f"f{number}": boolean(f"f{number}", client_visible=True) for number in range(count)})
    )
    warmer = Warmer()
    warmer.warm("env", compiled)
    working = asyncio.create_task(warmer.run())
    await until(lambda: not any(chunk.writable for chunk in compiled._bulk(client_only=True)._chunks))
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return compiled


def pending(compiled: CompiledFlagSet) -> int:
    return sum(isinstance(program, PendingFlag) for program in compiled._programs.flags.values())


@pytest.mark.parametrize(("count", "left"), [(20, 0), (21, 21)])
async def test_a_large_set_leaves_single_flags_for_later(
    monkeypatch: pytest.MonkeyPatch, count: int, left: int
) -> None:
    monkeypatch.setattr(warmup, "_ALONE_FLAGS_MAX", 20)
    compiled = await warmed(count)
    assert pending(compiled) == left
    assert all(not chunk.writable for each in (True, False) for chunk in compiled._bulk(each)._chunks)
    decisions = compiled.evaluate_all({}, 0)
    assert pending(compiled) == left
    assert [each.value for each in decisions] == [compiled.evaluate(each.flag, {}, 0).value for each in decisions]
