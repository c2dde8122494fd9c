"""Steps on time: each once, in one term, folded when they are overdue, held where they can't be taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import EVERY_TENANT, Database
from control_plane.publishing.compiler import Compiler
from control_plane.rollouts.automation import RolloutAutomation
from control_plane.rollouts.records import Fenced, RolloutParts
from messages.generated import config_pb2 as pb
from messages.subjects import config_subject
from service_kit.clock import ManualClock

from tests.control_plane.rollouts.test_rollouts import begun, refused, served

Look = Callable[..., Awaitable[None]]
NO_DATA = [{"built_in": "no_data", "action": "hold"}]
APPROVED = {"steps": [{"share": 10, "hold_seconds": 60}, {"share": 50, "approval": True, "hold_seconds": 60}]}


async def changes(tenant: Any, path: str) -> list[tuple[str, float]]:
    return [(each["action"], each["share"]) for each in (await tenant.api.ok("GET", f"{path}/timeline"))["items"]]


async def test_steps_are_taken_when_they_are_due_and_it_completes(
    tenant: Any, rollouts: str, settings: str, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts)
    await schedule()
    assert (await tenant.api.ok("GET", path))["share"] == 10
    for _ in range(2):
        clock.advance(600)
        await asyncio.gather(schedule(), schedule(), schedule())
    await schedule()
    told = await tenant.api.ok("GET", path)
    assert (told["state"], told["share"], told["version"]) == ("completed", 100, 5)
    assert await changes(tenant, path) == [
        ("create", 0),
        ("start", 10),
        ("advance", 50),
        ("advance", 100),
        ("complete", 100),
    ]
    assert await served(tenant, settings) == {"variation": "new"}
    by = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=rollout&limit=2"))["items"]
    assert [(each["actor"]["name"], each["reason"]) for each in by] == [
        ("rollout ship-it", "rollout ship-it: the last step has been held as long as it was to be"),
        ("rollout ship-it", "rollout ship-it: step 3 of 3"),
    ]


async def test_overdue_steps_are_one_change(tenant: Any, rollouts: str, clock: ManualClock, schedule: Look) -> None:
    path = await begun(tenant, rollouts)
    clock.advance(1300)
    await schedule()
    assert (await changes(tenant, path))[2:] == [("advance", 100)]
    timeline = (await tenant.api.ok("GET", f"{path}/timeline"))["items"]
    assert timeline[-1]["cause"]["detail"] == "step 3 of 3, and the 1 before it that were overdue"


async def test_a_step_that_asks_for_approval_waits_for_it(
    tenant: Any, rollouts: str, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts, plan=APPROVED)
    clock.advance(600)
    await schedule()
    told = await tenant.api.ok("GET", path)
    assert (told["share"], told["waiting_for"]) == (10, "approval")
    await tenant.api.ok("POST", f"{path}/approve")
    assert await refused(tenant.api, "POST", f"{path}/approve") == (409, "rollout_running")
    await schedule()
    told = await tenant.api.ok("GET", path)
    assert (told["share"], told["waiting_for"], told["due_at"]) == (50, None, "2026-01-05T10:11:00Z")


async def test_a_guarded_step_waits_for_a_fresh_look_that_asks_for_nothing(
    tenant: Any, rollouts: str, database: Database, parts: RolloutParts, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts, guards=NO_DATA)
    clock.advance(1300)
    await schedule()
    told = await tenant.api.ok("GET", path)
    assert (told["share"], told["waiting_for"]) == (10, "guards")
    automation = RolloutAutomation(parts)

    async def heard(revision: int, seconds: float, *, quiet: bool) -> None:
        async with database.transaction(tenancy=EVERY_TENANT) as tx:
            at = tx.now - timedelta(seconds=seconds)
            await automation.heard(tx, UUID(told["id"]), revision, at, quiet=quiet)

    for revision, seconds, quiet in ((2, 70, True), (1, 60, True), (2, 50, False)):
        await heard(revision, seconds, quiet=quiet)
        await schedule()
        assert (await tenant.api.ok("GET", path))["share"] == 10
    await heard(2, 5, quiet=True)
    await schedule()
    await schedule()
    # Though two steps are overdue, the second one has a look of its own.
    assert (await changes(tenant, path))[2:] == [("advance", 50)]


async def test_what_guards_ask_for_is_done_with_its_figures(
    tenant: Any, rollouts: str, settings: str, database: Database, parts: RolloutParts
) -> None:
    path = await begun(tenant, rollouts, guards=NO_DATA)
    identity = UUID((await tenant.api.ok("GET", path))["id"])
    automation = RolloutAutomation(parts)

    async def act(action: Any) -> Any:
        async with database.transaction(tenancy=EVERY_TENANT) as tx:
            return await automation.act_on(tx, identity, action, "errors rose", {"errors": {"estimate": -0.2}})

    assert (await act("notify")).revision == 2
    assert (await act("hold")).state == "held"
    assert await act("hold") is None
    assert (await tenant.api.ok("GET", path))["cause"]["figures"] == {"errors": {"estimate": -0.2}}
    assert (await act("roll_back")).state == "rolled_back"
    assert await act("roll_back") is None
    assert await served(tenant, settings) == {"variation": "old"}
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=rollout&limit=3"))[
        "items"
    ]
    told = [(each["action"], each["actor"]["kind"], each["reason"]) for each in entries]
    assert told == [(each, "system", "rollout ship-it: errors rose") for each in ("roll_back", "hold", "notify")]


async def test_an_edited_target_and_one_that_is_gone_hold_their_rollout_and_no_other(
    tenant: Any, rollouts: str, settings: str, database: Database, clock: ManualClock, schedule: Look
) -> None:
    rule = {"if": {"attribute": "plan", "operator": "eq", "value": "pro"}, "then": {"variation": "old"}}
    await tenant.api.changed("PATCH", settings, {"rules": [{"id": "gone", **rule}, {"id": "stays", **rule}]})
    edited = await begun(tenant, rollouts)
    gone = await begun(tenant, rollouts, key="gone", rule="gone")
    stays = await begun(tenant, rollouts, key="stays", rule="stays")
    # As no request can: by hand in the database.
    async with database.transaction() as tx:
        await tx.execute(
            'UPDATE flag_settings SET default_serve = \'{"variation": "new"}\', '
            "rules = json_build_array(rules -> 1), version = version + 1"
        )
    clock.advance(600)
    await schedule()
    told = [await tenant.api.ok("GET", each) for each in (edited, gone, stays)]
    assert [(each["state"], each["cause"]["code"]) for each in told] == [
        ("held", "target_edited"),
        ("held", "target_gone"),
        ("running", "schedule"),
    ]
    assert "was edited by" in told[0]["cause"]["detail"]
    assert told[2]["share"] == 50
    # Back goes what there is.
    assert (await tenant.api.ok("POST", f"{gone}/roll-back"))["state"] == "rolled_back"
    assert (await tenant.api.ok("POST", f"{edited}/roll-back"))["state"] == "rolled_back"
    assert await served(tenant, settings) == {"variation": "old"}


async def test_a_step_of_an_ended_term_is_refused(
    tenant: Any, rollouts: str, database: Database, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts)
    clock.advance(600)
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("UPDATE leases SET epoch = 7 WHERE name = 'schedule'")
    with pytest.raises(Fenced):
        await schedule(6)
    assert (await changes(tenant, path))[2:] == []
    await schedule(7)
    assert (await changes(tenant, path))[2:] == [("advance", 50)]


async def test_a_clock_that_goes_back_takes_no_step_again(
    tenant: Any, rollouts: str, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts)
    clock.advance(600)
    await schedule()
    clock.advance(-500)
    await schedule()
    clock.advance(500)
    await schedule()
    assert (await changes(tenant, path))[2:] == [("advance", 50)]


async def test_rollouts_travel_and_no_more_a_day_after_their_end(
    tenant: Any, rollouts: str, database: Database, clock: ManualClock, schedule: Look
) -> None:
    path = await begun(tenant, rollouts, guards=NO_DATA, bucket_by="company")
    compiler = Compiler(database)
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    subject = config_subject(str(environment), "rollout", "ship-it")

    async def published() -> pb.GuardedRollout | None:
        compiled = await compiler.compile(environment)
        assert compiled is not None
        assert not compiled.invalid
        anew = await Compiler(database).compile(environment)
        assert anew is not None
        assert anew.entries == compiled.entries
        entry = compiled.entries.get(subject)
        return None if entry is None else pb.ConfigMessage.FromString(entry).rollout

    first = await published()
    assert first is not None
    assert (first.flag, first.variation, first.revision, first.alpha) == ("checkout", "new", 2, 0.05)
    assert (first.state, first.bucket_by) == (pb.ROLLOUT_STATE_RUNNING, "company")
    assert [(each.share, each.ended_at) for each in first.stages] == [(1000, 0)]
    assert [(each.id, each.built_in) for each in first.guards] == [("no-data", pb.BUILT_IN_GUARD_NO_DATA)]
    await tenant.api.ok("POST", f"{path}/roll-back")
    last = await published()
    assert last is not None
    assert (last.state, last.revision) == (pb.ROLLOUT_STATE_ROLLED_BACK, 3)
    clock.advance(86_400)
    await schedule()
    assert await published() is None
    await schedule()
