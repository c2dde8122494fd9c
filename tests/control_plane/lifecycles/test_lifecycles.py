"""How far flags have come over HTTP, with what analytics answers on the bus."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from control_plane.lifecycles.evidence import FlagUseByBus, Unanswered, UsageInquiry
from messages.subjects import USAGE
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.control_plane.flags.test_flag_life import FLAG
from tests.control_plane.lifecycles.conftest import Analytics
from tests.waiting import until


async def test_without_an_answer_a_state_is_unknown_and_says_why(tenant: Any) -> None:
    flags = f"/projects/{tenant.project}/flags"
    await tenant.api.ok("POST", flags, FLAG)
    told = await tenant.api.ok("GET", f"{flags}/checkout/lifecycle")
    (standing,) = told["environments"]
    assert (standing["environment"], standing["state"], standing["reason"]) == ("production", "unknown", "not_answered")
    assert told["safe_to_remove"] is None
    assert {each["check"]: each["outcome"] for each in told["checks"]} == {
        "not_evaluated": "unknown",
        "not_needed": "passed",
        "no_dependents": "passed",
        "no_experiments": "passed",
        "no_rollouts": "passed",
        "no_code_references": "not_checked",
    }
    assert told["used_by"] == []
    rollouts = f"/projects/{tenant.project}/environments/production/rollouts"
    slowly = {"key": "slowly", "flag": "checkout", "variation": "on", "plan": {"steps": [{"share": 100}]}}
    await tenant.api.ok("POST", rollouts, slowly)
    told = await tenant.api.ok("GET", f"{flags}/checkout/lifecycle")
    assert told["used_by"] == [{"kind": "rollout", "key": "slowly", "environment": "production", "active": True}]
    listed = await tenant.api.ok("GET", f"/projects/{tenant.project}/flag-lifecycles?state=unknown&limit=1")
    assert ([each["flag"] for each in listed["items"]], listed["next_cursor"]) == (["checkout"], None)
    assert (await tenant.api("GET", f"{flags}/nothing/lifecycle")).status_code == 404
    wrong = await tenant.api("GET", f"/projects/{tenant.project}/flag-lifecycles?environment=nowhere")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "environment")


async def test_states_are_listed_and_an_answer_is_good_for_a_minute(
    tenant: Any, analytics: Analytics, clock: ManualClock
) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    for key in ("a", "b", "c", "d"):
        await api.ok("POST", flags, {**FLAG, "key": key})
    prerequisites = {"prerequisites": [{"flag": "a", "variation": "on"}]}
    await api.changed("PATCH", f"{flags}/b/environments/production", prerequisites)
    await api.ok("POST", f"{flags}/d/archive")
    analytics.begin()
    analytics.named = {"a": 0, "b": 40 * 86_400, "d": 60}

    async def states(**parameters: str) -> list[tuple[str, str]]:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        page = await api.ok("GET", f"/projects/{tenant.project}/flag-lifecycles?{query}")
        return [(each["flag"], each["environments"][0]["state"]) for each in page["items"]]

    assert await states() == [("a", "live"), ("b", "stale"), ("c", "new"), ("d", "archived_in_use")]
    assert await states(state="stale", environment="production") == [("b", "stale")]
    assert await states(flags="c,a,nothing") == [("a", "live"), ("c", "new")]
    told = await api.ok("GET", f"{flags}/a/lifecycle")
    checks = {each["check"]: each for each in told["checks"]}
    assert (told["safe_to_remove"], checks["not_evaluated"]["outcome"]) == (False, "failed")
    assert checks["no_dependents"] == {
        "check": "no_dependents", "outcome": "failed", "detail": "used by flag b in production",
    }  # fmt: skip
    assert told["used_by"] == [{"kind": "flag", "key": "b", "environment": "production", "active": True}]
    assert told["environments"][0]["variations"] == {"off": 2, "on": 2}
    assert (await api.ok("GET", f"{flags}/b/lifecycle"))["safe_to_remove"] is True
    await api.changed("PATCH", f"{flags}/b", {"purpose": "permission", "expected_end": "2999-12-31"})
    told = await api.ok("GET", f"{flags}/b/lifecycle")
    assert (told["purpose"], told["expected_end"], told["safe_to_remove"]) == ("permission", "2999-12-31", False)
    await api.changed("PATCH", f"{flags}/b", {"expected_end": "2020-01-31"})
    assert await states(state="overdue") == await states(purpose="permission") == [("b", "overdue")]

    asked = len(analytics.asked)
    assert (await api.ok("GET", f"{flags}/b/lifecycle"))["safe_to_remove"] is True
    assert len(analytics.asked) - asked <= 1
    analytics.fails = True
    clock.advance(61)
    assert (await api.ok("GET", f"{flags}/a/lifecycle"))["environments"][0]["reason"] == "failed"
    assert "unknown: analytics could not" in (await api.ok("GET", f"{flags}/b/lifecycle"))["environments"][0]["detail"]


async def test_the_list_of_flags_is_narrowed_down_by_how_far_they_have_come(
    tenant: Any, analytics: Analytics, clock: ManualClock
) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    for key in ("a", "b", "c", "d"):
        await api.ok("POST", flags, {**FLAG, "key": key, "tags": ["old"] if key == "b" else []})
    await api.ok("POST", f"{flags}/d/archive")

    async def listed(query: str) -> tuple[list[str], int | None]:
        page = await api.ok("GET", f"{flags}?total=true&{query}")
        return [each["key"] for each in page["items"]], page["total"]

    away = await api("GET", f"{flags}?lifecycle=stale")
    assert (away.status_code, away.json()["code"]) == (503, "use_unknown")
    assert (await api("GET", f"/projects/{tenant.project}/flag-lifecycles?state=stale")).status_code == 503
    assert await listed("lifecycle=unknown") == (["a", "b", "c"], 3)

    analytics.begin()
    analytics.named = {"a": 40 * 86_400, "b": 40 * 86_400, "c": 0, "d": 60}
    assert await listed("lifecycle=stale&environment=production&limit=1") == (["a"], 2)
    assert await listed("lifecycle=stale&environment=production&tag=old") == (["b"], 1)
    assert await listed("lifecycle=stale&sort=-key") == (["b", "a"], 2)
    assert await listed("lifecycle=archived_in_use") == (["d"], 1)
    assert await listed("lifecycle=new") == ([], 0)
    for query, field in (("lifecycle=gone", "lifecycle"), ("lifecycle=stale&environment=nowhere", "environment")):
        wrong = await api("GET", f"{flags}?{query}")
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, field)
    many = ",".join(f"f{number}" for number in range(201))
    wrong = await api("GET", f"/projects/{tenant.project}/flag-lifecycles?flags={many}")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "flags")


async def test_who_does_not_answer_is_not_waited_for() -> None:
    bus = MemoryBus()
    inquiry = UsageInquiry(uuid4(), (uuid4(),), ("f",), 0)
    assert await FlagUseByBus(bus, ManualClock()).ask(inquiry) == Unanswered(
        "not_answered", "no analytics service tells how flags are used"
    )

    async def never(_: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""

    answering = asyncio.create_task(bus.respond(USAGE, never, group="a", at_once=1, waiting_max=1))
    found: list[Any] = []

    async def timed_out() -> bool:
        found.append(await FlagUseByBus(bus, ManualClock(), seconds=0.01).ask(inquiry))
        return bool(found[-1].code == "timeout")

    await until(timed_out)
    answering.cancel()
