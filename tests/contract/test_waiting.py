"""The one way to wait: a condition is awaited, its failure names it, and nothing else in the tests sleeps."""

from __future__ import annotations

import asyncio

import pytest

from tests.waiting import same, until, until_blocking


async def test_a_condition_that_comes_true_ends_the_wait() -> None:
    asked: list[int] = []

    async def enough() -> bool:
        asked.append(1)
        if len(asked) == 2:
            raise ConnectionError
        return len(asked) == 4

    await until(enough, despite=ConnectionError)
    assert len(asked) == 4
    until_blocking(lambda: asked.append(1) or len(asked) == 7)  # type: ignore[func-returns-value]


async def test_a_condition_that_never_holds_is_named() -> None:
    never: list[str] = []
    with pytest.raises(pytest.fail.Exception, match=r'not within 0.02 s: .*never == \["here"\].*at last: False'):
        await until(lambda: never == ["here"], 0.02)
    with pytest.raises(pytest.fail.Exception, match=r"not within 0.02 s: .*len\(never\) > 3"):
        until_blocking(lambda: len(never) > 3, 0.02)


async def test_what_is_not_the_same_is_told() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"at last: 3 instead of 4, beside {'a': 3}"):
        until_blocking(lambda: same(3, 4, beside={"a": 3}), 0.02)
    until_blocking(lambda: same([4], [4]))


async def test_a_condition_that_does_not_answer_is_named() -> None:
    async def silent() -> None:
        await asyncio.Event().wait()

    with pytest.raises(pytest.fail.Exception, match="silent"):
        await until(silent, 0.02)


async def test_other_errors_end_the_wait() -> None:
    def broken() -> bool:
        raise LookupError

    async def late() -> bool:
        raise TimeoutError

    with pytest.raises(LookupError):
        await until(broken, despite=ConnectionError)
    with pytest.raises(LookupError):
        until_blocking(broken)
    with pytest.raises(TimeoutError):
        await until(late)
