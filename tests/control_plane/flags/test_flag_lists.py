"""Lists of flags, in pages, and edits at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

FLAG = {
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
COUNT = 1001


async def _fill(tenant: Any, database: Any) -> None:
    """Copies of one flag, made in the database since a thousand requests would take a minute."""
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", {"key": "flag-0000", **FLAG})
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO flags SELECT gen_random_uuid(), organization_id, project_id, "
            "'flag-' || lpad(n::text, 4, '0'), name, description, tags, type, variations, off_variation, "
            "default_serve, client_visible, archived, version, created_at, updated_at "
            "FROM flags, generate_series(1, $1) AS n",
            COUNT - 1,
        )


async def test_the_thousand_and_first_flag_is_listed(tenant: Any, database: Any) -> None:
    await _fill(tenant, database)
    flags = f"/projects/{tenant.project}/flags"
    found: list[str] = []
    cursor, pages = "", 0
    while True:
        page = await tenant.api.ok("GET", f"{flags}?limit=200{cursor}")
        found += [each["key"] for each in page["items"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [f"flag-{number:04d}" for number in range(COUNT)]
    assert pages == 6
    last = await tenant.api.changed("PATCH", f"{flags}/flag-1000/environments/production", {"enabled": True})
    assert last["enabled"] is True


async def test_a_list_is_narrowed(tenant: Any) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    await api.ok("POST", flags, {"key": "checkout", "name": "Pay 100%", "tags": ["web", "money"], **FLAG})
    text = {"variations": [{"key": "on", "value": "x"}], "off_variation": "on", "default": {"variation": "on"}}
    await api.ok("POST", flags, {"key": "banner", "type": "string", "tags": ["web"], "purpose": "permission", **text})

    async def keys(query: str) -> list[str]:
        return [each["key"] for each in (await api.ok("GET", f"{flags}?{query}"))["items"]]

    assert await keys("") == ["banner", "checkout"]
    assert await keys("tag=money") == ["checkout"]
    assert await keys("type=string") == ["banner"]
    assert await keys("purpose=permission") == ["banner"]
    assert await keys("purpose=release&tag=web") == ["checkout"]
    assert await keys("q=OUT") == ["checkout"]
    assert await keys("q=100%25") == ["checkout"]
    assert await keys("q=%25") == ["checkout"]
    assert await keys("q=_") == []
    assert await keys("limit=1") == ["banner"]
    for query, field in (
        ("purpose=x", "purpose"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=%", "cursor"),
        ("type=json", "type"),
    ):
        answer = await api("GET", f"{flags}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_of_edits_at_the_same_time_one_wins(tenant: Any) -> None:
    api, one = tenant.api, f"/projects/{tenant.project}/flags/checkout"
    await api.ok("POST", f"/projects/{tenant.project}/flags", {"key": "checkout", **FLAG})
    before = (await api.ok("GET", tenant.path))["config_version"]
    answers = await asyncio.gather(
        *(api("PATCH", one, {"name": f"Edit {number}"}, headers={"If-Match": '"1"'}) for number in range(10))
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200, *([412] * 9)]
    assert (await api.ok("GET", one))["name"] == won[0].json()["name"]
    assert (await api.ok("GET", tenant.path))["config_version"] == before + 1


async def test_of_two_halves_of_a_circle_one_is_saved(tenant: Any) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    for key in ("a", "b"):
        await api.ok("POST", flags, {"key": key, **FLAG})
    answers = await asyncio.gather(
        *(
            api(
                "PATCH",
                f"{flags}/{key}/environments/production",
                {"prerequisites": [{"flag": other, "variation": "on"}]},
                headers={"If-Match": '"1"'},
            )
            for key, other in (("a", "b"), ("b", "a"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_segment_is_not_deleted_while_a_rule_comes_to_name_it(tenant: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", {"key": "checkout", **FLAG})
    await api.ok("POST", f"{project}/segments", {"key": "beta"})
    rules = [{"if": {"segment": "beta"}, "then": {"variation": "off"}}]
    saved, deleted = await asyncio.gather(
        api(
            "PATCH", f"{project}/flags/checkout/environments/production", {"rules": rules}, headers={"If-Match": '"1"'}
        ),
        api("DELETE", f"{project}/segments/beta"),
    )
    assert (saved.status_code, deleted.status_code) in {(200, 409), (422, 200)}
