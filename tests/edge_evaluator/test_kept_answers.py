"""An answer that is kept is byte for byte what evaluation gives, whatever has changed; they are bounded, and shared
fairly."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from bucketing.flagset import (
    AllOf,
    Comparison,
    Experiment,
    ExperimentMode,
    Fixed,
    InSegment,
    Prerequisite,
    Rule,
    Segment,
    Share,
    Target,
)
from edge_evaluator.memory.kept_answers import KeptAnswer, KeptAnswers
from edge_evaluator.settings import EdgeSettings
from service_kit.clock import SystemClock

from tests.edge_evaluator.plain_posts import BULK, CONTEXTS, MOMENT, SINGLE, context, exchange, post
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import HALVES, boolean

Both = tuple[RunningEdge, RunningEdge]
GZIP = ("accept-encoding", "gzip")
T0 = 1_800_000_000_000
"""A moment, epoch milliseconds."""


async def kept_answers_found(edge: RunningEdge) -> int:
    lines = (await edge.get("/metrics")).text.splitlines()
    return int(
        next(float(line.split()[-1]) for line in lines if line.startswith("verdict_edge_kept_answers_found_total"))
    )


def requests() -> list[bytes]:
    keys = [("authorization", f"Bearer {key}") for key in (SERVER_KEY, CLIENT_KEY)]
    bodies = [*CONTEXTS, context(targetingKey="ann", plan="gold", country="US")]
    return [post(BULK, body, *more, auth=auth) for auth in keys for body in bodies for more in ((), (GZIP,))]


async def agree(both: Both) -> list[bytes]:
    """Asks both edges and finds all answers the same: the third ones of the fast edge are kept ones."""
    fast, slow = both
    expected = await exchange(slow, *requests())
    assert any(b"content-encoding: gzip" in each for each in expected)
    for _ in range(2):
        assert await exchange(fast, *requests()) == expected
    before = await kept_answers_found(fast)
    assert await exchange(fast, *requests()) == expected
    assert await kept_answers_found(fast) == before + len(expected)
    return expected


async def test_a_context_that_comes_again_is_answered_as_the_first_time(both: Both) -> None:
    await agree(both)


async def test_every_edit_is_in_the_next_answer(both: Both) -> None:
    prerequisite = boolean("needed", default=Fixed("on"))
    flags = [
        boolean("aimed", client_visible=True, default=Fixed("off"), targets=(Target("ann", "on"),)),
        boolean(
            "grouped",
            client_visible=True,
            default=Fixed("off"),
            rules=(Rule("r", AllOf((InSegment(("golden",)),)), Fixed("on")),),
        ),
        boolean("needing", client_visible=True, prerequisites=(Prerequisite("needed", "on"),)),
        prerequisite,
    ]
    golden = Segment("golden", condition=Comparison("plan", "eq", "gold"))
    changes: list[dict[str, Any]] = [
        {"flags": flags, "segments": [golden]},
        {"segments": [Segment("golden", condition=Comparison("plan", "eq", "lead"))]},
        {"flags": [boolean("aimed", client_visible=True, default=Fixed("off"), targets=(Target("bob", "on"),))]},
        {"flags": [boolean("needed", default=Fixed("off"))]},
        {"flags": [boolean("needed", enabled=False)]},
        {"removed": [("segment", "golden")]},
        {"removed": [("flag", "needing")]},
        {"experiments": [Experiment("e", "half", ExperimentMode.ASSIGNS, HALVES.shares, start_at=1)]},
    ]
    seen = [await agree(both)]
    for change in changes:
        for edge in both:
            await edge.write(**change)
        answers = await agree(both)
        assert answers != seen[-1]
        seen.append(answers)


async def test_moments_that_pass_change_the_next_answer(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    now = T0
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    until_then = boolean("aimed", client_visible=True, default=Fixed("off"), targets=(Target("ann", "on", T0 + 1000),))
    behind = boolean("behind", client_visible=True, prerequisites=(Prerequisite("aimed", "on"),))
    shares = (Share("on", 10_000),)
    running = Experiment("e", "half", ExperimentMode.ASSIGNS, shares, start_at=T0 + 2000, stop_at=T0 + 3000)
    for edge in both:
        await edge.write(flags=[until_then, behind], experiments=[running])
    answers = {}
    for moment in (0, 999, 1000, 1999, 2000, 2999, 3000, 500):
        now = T0 + moment
        answers[moment] = await agree(both)
    same = [(0, 999), (1000, 1999), (2000, 2999), (0, 500)]
    assert all(answers[one] == answers[other] for one, other in same)
    states = [tuple(answers[moment]) for moment in (0, 1000, 2000, 3000)]
    assert len(set(states)) == len(states)


async def test_an_age_is_told_as_it_is(both: Both) -> None:
    edge = both[0]
    held = edge.edge.memory.environments[edge.writer.environment_id]
    (fresh,) = await exchange(edge, post(BULK, CONTEXTS[1]))
    for age in (7, 8, 0):
        held.restamp(age)
        answers = await exchange(edge, *[post(BULK, CONTEXTS[1])] * 3)
        assert answers[0] == answers[1] == answers[2]
        assert (b"verdict-config-age: %d\r\n" % age in answers[0]) == bool(age)
    assert MOMENT.sub(b"", answers[0]) == fresh


async def test_what_else_was_asked_makes_another_answer(both: Both) -> None:
    requests = [
        post(BULK, CONTEXTS[1]).replace(b"edge.example", host) for host in (b"one.example", b"two.example:81", b"/")
    ]
    fast, slow = [await exchange(each, *requests * 3) for each in both]
    assert fast == slow
    assert len(set(fast)) == 3
    assert await kept_answers_found(both[0]) == 3


async def test_an_entity_tag_is_held_against_a_kept_answer(both: Both) -> None:
    fast = both[0]
    first = (await exchange(fast, *[post(BULK, CONTEXTS[1])] * 2))[0]
    etag = next(line for line in first.split(b"\r\n") if line.startswith(b"etag: "))[6:].decode()
    asked = [post(BULK, CONTEXTS[1], ("if-none-match", held)) for held in (etag, '"other"')]
    answers = [await exchange(each, *asked) for each in both]
    assert answers[0] == answers[1]
    assert [each.split(b" ")[1] for each in answers[0]] == [b"304", b"200"]
    await fast.write(flags=[boolean("plain", enabled=False)])
    assert [each.split(b" ")[1] for each in await exchange(fast, *asked)] == [b"200", b"200"]


async def test_a_revoked_key_gets_no_kept_answer(both: Both) -> None:
    fast = both[0]
    await exchange(fast, *[post(BULK, CONTEXTS[1])] * 3)
    assert await kept_answers_found(fast) == 1
    for subject, payload in fast.writer.rewrite_keys([("another", "server")]):
        await fast.bus.publish(subject, payload)
    await fast.serves(fast.writer.version)
    assert b" 401 " in (await exchange(fast, post(BULK, CONTEXTS[1])))[0]


async def test_limits_count_kept_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: T0)
    async with running_edge(EdgeSettings(edge_requests_per_key_per_second=1)) as edge:
        answers = await exchange(edge, *[post(BULK, CONTEXTS[1])] * 11)
    assert [each.split(b" ")[1] for each in answers] == [b"200"] * 10 + [b"429"]


async def test_what_is_exposed_is_evaluated(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bulk exposes only when it is asked to, and then no kept answer is looked for; one flag is never kept."""
    edge = both[0]
    offered: list[str] = []
    monkeypatch.setattr(
        edge.edge.evaluator._exposures, "offer", lambda *given: offered.append(given[3].flag), raising=False
    )
    await exchange(edge, *[post(BULK, CONTEXTS[1])] * 3)
    assert offered == []
    await exchange(edge, *[post(BULK + "?expose=true", CONTEXTS[1])] * 2)
    assert len(offered) > 2
    offered.clear()
    await exchange(edge, *[post(SINGLE + "reported", CONTEXTS[1])] * 3)
    assert offered == ["reported"] * 3
    assert await kept_answers_found(edge) == 1


async def test_none_are_kept_when_there_is_no_room_for_them() -> None:
    async with running_edge(EdgeSettings(edge_kept_answers_bytes_max=0)) as edge:
        await exchange(edge, *[post(BULK, CONTEXTS[1])] * 3)
        assert await kept_answers_found(edge) == 0
        assert edge.edge.memory.kept_answers.held_bytes == 0


class _Settings:
    def __init__(self, organization: str) -> None:
        self.organization_id = organization


class _View:
    """As much of a view as keeping needs."""

    def __init__(self, organization: str) -> None:
        self.age_seconds = 0
        self.config: Any = type("Config", (), {"settings": _Settings(organization), "environment_id": "e"})


def answer(flags: int = 50) -> KeptAnswer:
    return KeptAnswer('W/"tag"', b"h" * 150, b"[", (b"",) * flags, b"]")


def keep(kept: KeptAnswers, view: Any, count: int, make: Callable[[], KeptAnswer] = answer) -> None:
    for number in range(count):
        for _ in range(2):
            kept.keep(view, 0, (("key", "", False), b"%0200d" % number), make(), 0)


def held(kept: KeptAnswers, view: Any, count: int) -> int:
    return sum(kept.find(view, 0, (("key", "", False), b"%0200d" % number)) is not None for number in range(count))


def test_bytes_are_bounded_and_the_oldest_go_first() -> None:
    kept, view = KeptAnswers(1_000_000), _View("a")
    keep(kept, view, 5000)
    assert 900_000 < kept.held_bytes <= 1_000_000
    last = (("key", "", False), b"%0200d" % 4999)
    assert kept.find(view, 0, last) is not None  # type: ignore[arg-type]
    assert kept.find(view, 0, (("key", "", False), b"%0200d" % 0)) is None  # type: ignore[arg-type]


def test_who_holds_little_loses_nothing_to_who_asks_much() -> None:
    kept = KeptAnswers(1_000_000)
    modest, greedy = [_View("modest"), _View("modest")], [_View("greedy") for _ in range(20)]
    for view in modest:
        keep(kept, view, 100)
    for view in greedy:
        keep(kept, view, 3000)
    assert [held(kept, view, 100) for view in modest] == [100, 100]
    assert kept.held_bytes <= 1_000_000


def test_two_who_ask_much_have_equal_shares() -> None:
    kept = KeptAnswers(1_000_000)
    one, other = _View("one"), _View("other")
    keep(kept, one, 5000)
    keep(kept, other, 5000)
    shares = [held(kept, view, 5000) for view in (one, other)]
    assert max(shares) < 1.3 * min(shares)


def test_what_is_forgotten_or_outdated_takes_no_room() -> None:
    kept, views = KeptAnswers(1_000_000), [_View("a"), _View("a")]
    for view in views:
        keep(kept, view, 100)
    whole = kept.held_bytes
    assert kept.find(views[0], 1, (("key", "", False), b"")) is None  # type: ignore[arg-type]
    assert kept.held_bytes == whole // 2
    kept.forget(views)  # type: ignore[arg-type]
    assert kept.held_bytes == 0
    assert held(kept, views[1], 100) == 0


def test_a_very_large_answer_is_not_kept() -> None:
    kept, view = KeptAnswers(1_000_000), _View("a")
    keep(kept, view, 1, lambda: answer(10_000))
    assert kept.held_bytes == 0


def test_what_is_asked_once_is_only_noted() -> None:
    kept, view = KeptAnswers(1_000_000), _View("a")
    for number in range(20_000):
        kept.keep(view, 0, (("key", "", False), b"%d" % number), answer(), 0)  # type: ignore[arg-type]
    assert held(kept, view, 100) == 0
    assert kept.held_bytes <= 125_000


def test_the_bytes_that_are_counted_are_those_that_are_taken() -> None:
    kept, view = KeptAnswers(100_000_000), _View("a")
    flag = b"x" * 200

    def fill(count: int) -> None:
        for number in range(count):
            given = KeptAnswer(f'W/"{number:032x}"', b"%0150d" % number, b"[", (flag,) * 50, b"]")
            for _ in range(2):
                kept.keep(view, 0, (("key", "", False), b"%0200d" % number), given, 0)  # type: ignore[arg-type]

    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    fill(5000)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0.75 < taken / kept.held_bytes < 1.15
