"""What follows the changes of an environment is what compiling all of it gives, byte for byte and digest for digest."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from messages.subjects import config_subject
from service_kit.clock import ManualClock

from tests.control_plane.conftest import joined
from tests.control_plane.publishing.two_ways import TwoWays
from tests.control_plane.rollouts.harm import find_harm
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.upgrades.story import FLAG, HALVES, Beside, Speaker, tell

EDITS = 120
KEYS = ("a", "b", "c", "d")


async def test_after_every_operation_of_a_day(database: Database, clock: ManualClock) -> None:
    """Every kind of write that there is: one whose audit entry doesn't name what it wrote is found here."""
    app, both = await app_on(database, clock), TwoWays(database)
    await both.begin()
    paths = [path for path in app.openapi()["paths"] if path.startswith("/api/v1")]
    templates = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in paths}

    class Compared(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if request.method != "GET":
                await both.compare()
            return answer

    async with httpx.AsyncClient(transport=Compared(app), base_url="http://compared") as client:
        await tell(Speaker(client, templates), ADMINISTRATOR, Beside(both.compare, partial(find_harm, database)))
    assert both.compared > 100
    assert both.whole == 0


class Editor:
    """Edits at random: most are refused or change nothing that is published, and none may part the two ways."""

    def __init__(self, tenant: Any, chance: random.Random) -> None:
        self._api = tenant.api
        self._organization = tenant.organization
        self._shop = f"/projects/{tenant.project}"
        self._chance = chance
        self._numbers = 0
        self.taken = 0
        self._acts: list[Callable[[], Awaitable[None]]] = [
            self._entity,
            self._entity,
            self._long_list,
            self._flag_settings,
            self._config_settings,
            self._flag_settings,
            self._flag_settings,
            self._flag_definition,
            self._life,
            self._experiment,
            self._experiment_life,
            self._environment,
            self._sdk_key,
            self._together,
            self._member,
        ]

    async def edit(self) -> None:
        await self._chance.choice(self._acts)()

    async def _write(self, method: str, path: str, body: Any = None, *, read: str | None = None) -> Any:
        headers = {}
        if read is not None:
            headers["If-Match"] = (await self._api("GET", read)).headers.get("etag", '"1"')
        answer = await self._api(method, path, body, headers=headers)
        assert answer.status_code < 500, (method, path, body, answer.text)
        self.taken += answer.is_success
        return answer.json() if answer.is_success and answer.content else {}

    def _key(self) -> str:
        return self._chance.choice(KEYS)

    def _environment_key(self) -> str:
        return self._chance.choice(("production", "staging"))

    def _condition(self) -> dict[str, Any]:
        plain = {"attribute": "plan", "operator": "eq", "value": self._chance.choice(["pro", 1, 1.5, True])}
        return self._chance.choice([plain, {"segment": self._key()}, {"not": {"segment": self._key()}}])

    async def _entity(self) -> None:
        creations: dict[str, dict[str, Any]] = {
            "flags": {name: value for name, value in FLAG.items() if name != "key"},
            "configs": {"value": {"n": self._chance.randint(0, 3)}},
            "segments": {"included": ["u1"], "if": self._condition()},
            "metrics": {"aggregation": "conversion", "event": "bought"},
            "holdouts": {"share": self._chance.randint(1, 9)},
            "layers": {},
        }
        noun = self._chance.choice(list(creations))
        await self._write("POST", f"{self._shop}/{noun}", {"key": self._key(), **creations[noun]})

    async def _long_list(self) -> None:
        keys = [f"{'user-' * 20}{each}" for each in self._chance.sample(range(100), 12)]
        change = {self._chance.choice(("add", "remove")): keys}
        await self._write("PATCH", f"{self._shop}/segments/{self._key()}/long-list", {"included": change})

    async def _flag_definition(self) -> None:
        at = f"{self._shop}/flags/{self._key()}"
        change = self._chance.choice(
            [
                {"name": self._key()},
                {"client_visible": self._chance.random() < 0.5},
                {"metadata": {"n": self._chance.randint(0, 3)}},
                {"variations": [*FLAG["variations"], {"key": self._key(), "value": "X"}]},
            ]
        )
        await self._write("PATCH", at, change, read=at)

    async def _flag_settings(self) -> None:
        at = f"{self._shop}/flags/{self._key()}/environments/{self._environment_key()}"
        change = self._chance.choice(
            [
                {"enabled": self._chance.random() < 0.6},
                {"rules": [{"if": self._condition(), "then": HALVES}]},
                {"rules": []},
                {"default": self._chance.choice([{"variation": "new"}, HALVES])},
                {"prerequisites": [{"flag": self._key(), "variation": "old"}]},
                {"prerequisites": []},
                {"targets": [{"key": "vip", "variation": "new"}]},
                {"report_exposures": self._chance.random() < 0.5},
            ]
        )
        await self._write("PATCH", at, change, read=at)

    async def _config_settings(self) -> None:
        at = f"{self._shop}/configs/{self._key()}/environments/{self._environment_key()}"
        change = self._chance.choice(
            [
                {"value": self._chance.choice([None, {"n": self._chance.randint(0, 3)}])},
                {"overrides": [{"if": self._condition(), "value": {"m": self._key()}}]},
                {"overrides": [], "resolve": self._chance.choice(["first", "merge"])},
            ]
        )
        await self._write("PATCH", at, change, read=at)

    async def _life(self) -> None:
        noun = self._chance.choice(["flags", "configs", "segments", "metrics", "holdouts", "layers"])
        at = f"{self._shop}/{noun}/{self._key()}"
        match self._chance.choice(["change", "archive", "restore", "delete"]):
            case "delete":
                await self._write("POST", f"{at}/archive", read=at)
                await self._write("DELETE", at, read=at)
            case "change":
                change = {"segments": {"excluded": [self._key()]}, "holdouts": {"share": self._chance.randint(1, 9)}}
                await self._write("PATCH", at, change.get(at.split("/")[-2], {"description": self._key()}), read=at)
            case action:
                await self._write("POST", f"{at}/{action}", read=at)

    async def _experiment(self) -> None:
        body: dict[str, Any] = {
            "key": self._key(),
            "environment": self._environment_key(),
            "flag": self._key(),
            "variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 50}],
            "holdouts": self._chance.choice([[], [self._key()]]),
            "metrics": self._chance.choice([[], [{"metric": self._key()}]]),
        }
        if self._chance.random() < 0.4:
            body["layer"] = {"key": self._key(), "share": 40}
        await self._write("POST", f"{self._shop}/experiments", body)

    async def _experiment_life(self) -> None:
        at = f"{self._shop}/experiments/{self._key()}"
        action = self._chance.choice(["start", "stop", "archive", "restore", "change", "delete"])
        if action == "change":
            await self._write("PATCH", at, {"hypothesis": self._key(), "traffic": 80}, read=at)
        elif action == "delete":
            await self._write("DELETE", at, read=at)
        else:
            await self._write("POST", f"{at}/{action}", {} if action == "start" else None, read=at)

    async def _environment(self) -> None:
        at = f"{self._shop}/environments/{self._environment_key()}"
        change = self._chance.choice([{"pii_attributes": [self._key()]}, {"exposure_attributes": [self._key()]}])
        await self._write("PATCH", at, change, read=at)

    async def _sdk_key(self) -> None:
        at = f"{self._shop}/environments/{self._environment_key()}/sdk-keys"
        made = await self._write("POST", at, {"kind": self._chance.choice(["server", "client"]), "name": "k"})
        if made and self._chance.random() < 0.5:
            await self._write("DELETE", f"{at}/{made['id']}")

    async def _together(self) -> None:
        """Edits that become one version."""
        edits: list[dict[str, Any]] = [
            {
                "entity": "flag_settings",
                "key": key,
                "environment": self._environment_key(),
                "action": "update",
                "document": {"enabled": self._chance.random() < 0.6},
            }
            for key in self._chance.sample(KEYS, 2)
        ]
        if self._chance.random() < 0.5:
            document = {"included": [self._key()]}
            edits.append({"entity": "segment", "key": self._key(), "action": "create", "document": document})
        made = await self._write("POST", f"{self._shop}/change-requests", {"title": "t", "edits": edits})
        if made:
            await self._write("POST", f"{self._shop}/change-requests/{made['number']}/apply")

    async def _member(self) -> None:
        self._numbers += 1
        if self._numbers <= 3:
            await joined(self._api, self._organization, f"m{self._numbers}@example.com", "viewer")


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_edits_in_any_order(tenant: Any, database: Database, seed: int) -> None:
    chance = random.Random(seed)
    both, editor = TwoWays(database), Editor(tenant, chance)
    await both.begin()
    await tenant.api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "S"})
    for key in KEYS[:2]:
        await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", FLAG | {"key": key})
    for _ in range(EDITS):
        await editor.edit()
        if chance.random() < 0.4:
            # Not after each: several versions are compiled together, too.
            await both.compare()
    await both.compare()
    assert editor.taken > EDITS / 4
    assert both.whole == 0


async def test_versions_that_the_audit_log_does_not_tell_are_read_whole(tenant: Any, database: Database) -> None:
    flags = f"/projects/{tenant.project}/flags"
    await tenant.api.ok("POST", flags, FLAG | {"key": "a"})
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    compiler = Compiler(database)
    assert await compiler.compile(environment) is not None
    for statement in (
        # As `recover` lifts it above what the stream holds.
        "UPDATE environments SET version = version + 7 WHERE id = $1",
        "UPDATE environments SET version = version - 3 WHERE id = $1",
    ):
        async with database.transaction() as tx:
            await tx.execute(statement, environment)
            await tx.execute("UPDATE flags SET name = name || '!', off_variation = 'new'")
        found = await compiler.compile(environment)
        assert found is not None
        assert found.after == 0
        assert found == await Compiler(database).compile(environment)


async def test_what_has_drifted_is_found_told_and_put_right(tenant: Any, database: Database) -> None:
    flags = f"/projects/{tenant.project}/flags"
    for key in KEYS:
        await tenant.api.ok("POST", flags, FLAG | {"key": key})
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    compiler = Compiler(database)
    assert await compiler.compile(environment) is not None
    async with database.transaction() as tx:
        # By hand, so no version and no audit entry tell of it.
        await tx.execute("UPDATE flags SET off_variation = 'new' WHERE key = 'b'")
    anew = await compiler.read_anew(environment)
    assert anew is not None
    await tenant.api.changed("PATCH", f"{flags}/c/environments/production", {"enabled": True})
    compiled = await compiler.compile(environment)
    assert compiled is not None
    repaired, drifted = compiler.repair(compiled, anew)
    assert drifted == {config_subject(str(environment), "flag", "b")}
    assert drifted < repaired.touched
    assert repaired == await Compiler(database).compile(environment)
    again = await compiler.compile(environment)
    assert again is not None
    assert (again.after, again.touched) == (repaired.number, frozenset())
