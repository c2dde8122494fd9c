"""The list of an environment's edges, and the way of one version to them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.control_plane.conftest import Api
from tests.control_plane.fleet.test_answers import FLAG, Stand, stand

__all__ = ["stand"]


async def published(stand: Stand) -> int:
    """As a relay would note it."""
    async with stand.database.transaction() as tx:
        version: int = await tx.fetchval(
            "UPDATE environments SET published_version = version, published_at = $2 WHERE id = $1 RETURNING version",
            stand.environment,
            datetime.fromtimestamp(stand.heard.clock.now() / 1000, UTC),
        )
    return version


def edges(stand: Stand) -> str:
    return f"{stand.tenant.path}/edges"


async def test_each_edge_stands_there_with_its_version_and_delay(stand: Stand) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    version = await published(stand)
    await stand.serve("a", version=version)
    stand.heard.pass_seconds(4)
    found = await stand.api.ok("GET", edges(stand))
    shown = {each["id"]: (each["state"], each["version"], each["versions_behind"]) for each in found["items"]}
    assert shown == {"a": ("live", version, 0), "b": ("behind", version - 1, 1)}
    assert [each["seconds_behind"] for each in found["items"]] == [0, 4]
    assert found["items"][0]["digest"] == bytes(range(32)).hex()
    stand.heard.pass_seconds(10)
    found = await stand.api.ok("GET", edges(stand))
    assert [each["state"] for each in found["items"]] == ["lost", "lost"]


async def test_an_edge_that_said_nothing_of_the_environment_is_behind(stand: Stand) -> None:
    version = await published(stand)
    stand.heard.hear("elsewhere", 5, "another")
    found = await stand.api.ok("GET", edges(stand))
    edge = next(each for each in found["items"] if each["id"] == "elsewhere")
    assert (edge["state"], edge["version"], edge["taken_at"], edge["versions_behind"]) == (
        "behind",
        None,
        None,
        version,
    )


async def test_while_the_bus_is_away_the_list_says_so(stand: Stand) -> None:
    await published(stand)
    stand.heard.connected = False
    stand.heard.pass_seconds(600)
    found = await stand.api.ok("GET", edges(stand))
    assert [each["state"] for each in found["items"]] == ["unknown", "unknown"]
    assert (await stand.api.ok("GET", f"{stand.tenant.path}/versions/1/propagation"))["heard_since"] is None


async def test_pages(stand: Stand) -> None:
    await stand.serve(*(f"edge-{number}" for number in range(5)))
    seen, path = [], edges(stand) + "?limit=3"
    while True:
        page = await stand.api.ok("GET", path)
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"{edges(stand)}?limit=3&cursor={page['next_cursor']}"
    assert seen == ["a", "b", *(f"edge-{number}" for number in range(5))]


async def test_the_way_of_a_version(stand: Stand) -> None:
    await stand.api.ok("POST", stand.flags, FLAG)
    version = await published(stand)
    path = f"{stand.tenant.path}/versions/{version}/propagation"
    waiting = await stand.api.ok("GET", path)
    assert (waiting["published"], waiting["edges"], waiting["serving"], waiting["last_edge"]) == (True, 2, 0, None)
    assert (waiting["laggards"], waiting["milliseconds"]) == (["a", "b"], None)
    published_at = stand.heard.clock.now()
    stand.heard.pass_seconds(0.5)
    for edge in ("b", "a"):
        stand.heard.hear(edge, version, str(stand.environment), published_at=published_at)
        stand.heard.pass_seconds(0.5)
    done = await stand.api.ok("GET", path)
    assert (done["serving"], done["laggards"], done["milliseconds"]) == (2, [], 1000)
    assert done["last_edge"]["id"] == "a"


@pytest.mark.parametrize(
    ("version", "status"),
    [("1", 200), ("2", 404), ("9223372036854775807", 404), ("0", 422), ("9223372036854775808", 422), ("x", 422)],
)
async def test_only_versions_that_were_given_have_a_way(stand: Stand, version: str, status: int) -> None:
    assert await stand.version() == 1
    answer = await stand.api("GET", f"{stand.tenant.path}/versions/{version}/propagation")
    assert answer.status_code == status


async def test_nobody_else_sees_them(stand: Stand) -> None:
    for path in (edges(stand), f"{stand.tenant.path}/versions/1/propagation"):
        assert (await Api(stand.api.client)("GET", path)).status_code == 401
        other = path.replace(stand.tenant.project, "11111111-1111-4111-8111-111111111111")
        assert (await stand.api("GET", other)).status_code == 404
