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


async def test_a_list_tells_what_is_served_where_and_whose_change_it_was(tenant: Any, make_member: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/segments", {"key": "beta", "included": ["u1"]})
    await api.ok("POST", f"{project}/flags", {"key": "checkout", **FLAG})
    await api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    developer = await make_member(tenant, "developer")
    halves = {"rollout": {"variations": [{"key": "on", "weight": 12.5}, {"key": "off", "weight": 87.5}]}}
    rules = [{"if": {"not": {"and": [{"segment": "beta"}]}}, "then": halves}]
    settings = f"{project}/flags/checkout/environments/production"
    changed = {"enabled": True, "rules": rules, "targets": [{"key": "vip", "variation": "on"}]}
    await developer.changed("PATCH", settings, changed)
    name = (await developer.ok("GET", "/me"))["email"]
    (listed,) = (await api.ok("GET", f"{project}/flags"))["items"]
    there = listed["environments"]["production"]
    assert there["serves"] == {
        "kind": "rules",
        "shares": [{"variation": "on", "weight": 100.0}],
        "rules": 1,
        "targets": 1,
        "prerequisites": 0,
        "segments": ["beta"],
        "rule": {
            "if": rules[0]["if"],
            "shares": [{"variation": "on", "weight": 12.5}, {"variation": "off", "weight": 87.5}],
        },
    }
    assert (there["changed_by"]["name"], there["experiments"]) == (name, [])
    untouched = listed["environments"]["staging"]
    assert (untouched["serves"]["kind"], untouched["changed_by"], untouched["changed_at"]) == ("off", None, None)
    assert untouched["serves"]["shares"] == [{"variation": "off", "weight": 100.0}]
    owner = (await api.ok("GET", "/me"))["email"]
    assert listed["changed_by"]["name"] == owner
    assert await api.ok("GET", f"{project}/flags/checkout") == listed
    written = await api.changed("PATCH", f"{project}/flags/checkout", {"name": "Till"})
    assert written["environments"]["production"] == there
    await api.changed("PATCH", settings, {"rules": [], "default": halves})
    (listed,) = (await api.ok("GET", f"{project}/flags"))["items"]
    assert listed["environments"]["production"]["serves"]["kind"] == "split"
    await api.ok("POST", f"{project}/flags/checkout/archive")
    (listed,) = (await api.ok("GET", f"{project}/flags?archived=only"))["items"]
    assert listed["environments"]["production"]["serves"]["kind"] == "off"


async def test_rules_that_are_long_are_counted_alone(tenant: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", {"key": "checkout", **FLAG})
    long = {"attribute": "id", "operator": "in", "value": [f"user-{number}" for number in range(2000)]}
    rules = [{"if": long, "then": {"variation": "on"}}]
    path = f"{project}/flags/checkout/environments/production"
    await api.changed("PATCH", path, {"enabled": True, "rules": rules})
    serves = (await api.ok("GET", f"{project}/flags/checkout"))["environments"]["production"]["serves"]
    assert (serves["kind"], serves["rules"], serves["rule"]) == ("rules", 1, None)


async def test_flags_are_listed_by_their_experiments_and_by_their_day(tenant: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    for key, end in (("a", "2020-01-31"), ("b", "2100-01-31"), ("c", None)):
        await api.ok("POST", f"{project}/flags", {"key": key, "expected_end": end, **FLAG})
    halves = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    test = {"key": "test", "environment": "production", "flag": "b", "variations": halves}
    await api.ok("POST", f"{project}/experiments", test)

    async def keys(query: str) -> list[str]:
        return [each["key"] for each in (await api.ok("GET", f"{project}/flags?{query}"))["items"]]

    assert await keys("experiment=true") == []
    await api.ok("POST", f"{project}/experiments/test/start")
    assert (await keys("experiment=true"), await keys("experiment=false")) == (["b"], ["a", "c"])
    await api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    assert await keys("experiment=true&environment=staging") == []
    assert (await keys("overdue=true"), await keys("overdue=false")) == (["a"], ["b", "c"])
    listed = await api.ok("GET", f"{project}/flags/b")
    assert listed["environments"]["production"]["experiments"] == [{"key": "test", "status": "running"}]


HALVES = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]


async def test_a_write_answers_what_is_read_afterwards(tenant: Any, make_member: Any) -> None:
    """Who changed what, and the experiments under way, as well: `environment_versions` alone tells of the write."""
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    other = await make_member(tenant, "developer")

    async def same(method: str, path: str, body: Any = None, *, by: Any = api) -> Any:
        key = path.partition("/")[0]
        headers = {"If-Match": (await api("GET", f"{flags}/{key}")).headers["etag"]} if key else {}
        written = await by.ok(method, f"{flags}/{path}".rstrip("/"), body, headers=headers)
        read = await api.ok("GET", f"{flags}/{written['key']}")
        of_writes = {name: written[name] for name in ("environment_versions", "warnings")}
        assert written == {**read, **of_writes}
        return written

    made = await same("POST", "", {"key": "checkout", **FLAG})
    assert made["environments"]["production"]["experiments"] == []
    settings = f"{flags}/checkout/environments/production"
    await other.changed("PATCH", settings, {"enabled": True})
    experiment = {"key": "test", "environment": "production", "flag": "checkout", "variations": HALVES}
    await api.ok("POST", f"/projects/{tenant.project}/experiments", experiment)
    await api.ok("POST", f"/projects/{tenant.project}/experiments/test/start", {})
    renamed = await same("PATCH", "checkout", {"name": "Till"}, by=other)
    there = renamed["environments"]["production"]
    assert there["experiments"] == [{"key": "test", "status": "running"}]
    assert renamed["changed_by"] == there["changed_by"] != made["changed_by"]
    await api.ok("POST", f"/projects/{tenant.project}/experiments/test/stop")
    await api.ok("POST", f"/projects/{tenant.project}/experiments/test/archive")
    await same("POST", "checkout/clone", {"key": "copied"})
    await same("POST", "checkout/archive", by=other)
    # A restored flag is switched off by whoever restores it.
    restored = await same("POST", "checkout/restore")
    assert restored["environments"]["production"]["changed_by"] == made["changed_by"]
