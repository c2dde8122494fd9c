"""SCIM as a directory speaks it: filters, pages, versions, what well-known ones send, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.database import Database

from tests.control_plane.directory.client import GROUP, PATCH, USER, Directory, refusal


async def test_names_are_unique_whatever_their_case(directory: Directory) -> None:
    await directory.person()
    other = await directory.person(name="bob@example.com")
    body = {"schemas": [USER], "userName": "ANN@example.com"}
    assert refusal(await directory("POST", "/Users", body)) == (409, "uniqueness")
    assert refusal(await directory("PUT", f"/Users/{other['id']}", body)) == (409, "uniqueness")


FILTERS = [
    ('userName eq "ANN@example.com"', {"ann"}),
    ('userName eq "ann@example.com" and active eq true', {"ann"}),
    ('userName eq "ann@example.com" and active eq false', set()),
    ('externalId eq "e2"', {"bob"}),
    ('userName co "example"', {"ann", "bob", "carol"}),
    ('userName sw "c"', {"carol"}),
    ('displayName ew "b"', {"bob"}),
    ("externalId pr", {"ann", "bob"}),
    ("not (externalId pr)", {"carol"}),
    ('externalId eq "e1" or displayName eq "Carol"', {"ann", "carol"}),
    ('emails[type eq "work" and value co "work"]', {"bob"}),
    ('emails.value eq "bob@work.example"', {"bob"}),
    ('meta.created gt "2000-01-01T00:00:00Z"', {"ann", "bob", "carol"}),
    ('meta.created lt "2000-01-01T00:00:00Z"', set()),
    ('userName eq "nobody\\u0001"', set()),
]


async def test_filters_sorting_and_pages(directory: Directory) -> None:
    work = [{"type": "work", "value": "bob@work.example"}]
    await directory.person(displayName="Ann", externalId="e1", active=True)
    await directory.person(name="bob@example.com", displayName="Bob", externalId="e2", emails=work)
    await directory.person(name="carol@example.com", displayName="Carol")
    for wanted, expected in FILTERS:
        answer = await directory.tenant.api.client.get(
            f"/scim/v2/{directory.tenant.organization}/Users",
            params={"filter": wanted},
            headers={"Authorization": f"Bearer {directory.token}"},
        )
        found = {each["userName"].partition("@")[0] for each in answer.json()["Resources"] or ()}
        assert found == expected, wanted
    listed = await directory.ok("GET", "/Users?sortBy=userName&sortOrder=descending&startIndex=2&count=1")
    assert (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"]) == (3, 2, 1)
    assert [each["userName"] for each in listed["Resources"]] == ["bob@example.com"]
    assert (await directory.ok("GET", "/Users?count=0"))["totalResults"] == 3
    assert (await directory.ok("GET", "/Users?startIndex=-5&count=-1"))["startIndex"] == 1


@pytest.mark.parametrize(
    "wanted", ["userName", 'bogus eq "x"', "userName eq", 'userName xx "a"', "active gt true", "((((", '"', "%00"]
)
async def test_a_filter_that_is_none_is_refused(directory: Directory, wanted: str) -> None:
    status, kind = refusal(await directory("GET", f"/Users?filter={wanted.replace(' ', '%20')}"))
    assert (status, kind) == (400, "invalidFilter")


async def test_versions_guard_writes(directory: Directory) -> None:
    made = await directory.person()
    path, seen = f"/Users/{made['id']}", made["meta"]["version"]
    body = {"schemas": [USER], "userName": "ann@example.com", "title": "Boss"}
    changed = await directory("PUT", path, body, If_Match=seen)
    assert changed.headers["etag"] != seen
    assert refusal(await directory("PUT", path, body, If_Match=seen)) == (412, None)
    assert refusal(await directory("DELETE", path, If_Match=seen)) == (412, None)
    assert (await directory("GET", path, If_None_Match=changed.headers["etag"])).status_code == 304
    same = await directory("PUT", path, body, If_Match=changed.headers["etag"])
    assert same.headers["etag"] == changed.headers["etag"]


async def test_what_well_known_directories_send_is_understood(directory: Directory) -> None:
    """Booleans as texts, operations in capitals, attributes of their own, removals by value."""
    person = await directory.person(active="True", bogus=1)
    body = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ann@work.example"},
            {"op": "Add", "value": {"name.givenName": "Ann", "name.familyName": "A"}},
            {"op": "Replace", "path": "active", "value": "False"},
        ],
    }
    changed = await directory.ok("PATCH", f"/Users/{person['id']}", body)
    assert changed["emails"] == [{"value": "ann@work.example", "type": "work"}]
    assert (changed["name"], changed["active"]) == ({"givenName": "Ann", "familyName": "A"}, False)
    members = [{"value": person["id"]}]
    group = await directory.ok("POST", "/Groups", {"schemas": [GROUP], "displayName": "G", "members": members})
    removal = {"schemas": [PATCH], "Operations": [{"op": "Remove", "path": "members", "value": members}]}
    assert "members" not in await directory.ok("PATCH", f"/Groups/{group['id']}", removal)


BODIES: list[Any] = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"{", id="no JSON"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"7", id="a number"),
    pytest.param(b'{"userName": "a", "userName": "b"}', id="twice"),
    pytest.param(b'{"userName": "a\\u0000"}', id="NUL"),
    pytest.param(b'{"userName": "\\ud800"}', id="a lone surrogate"),
    pytest.param(b'{"userName": 7}', id="a number for a name"),
    pytest.param(b'{"userName": ""}', id="an empty name"),
    pytest.param(b'{"userName": "a", "emails": "x"}', id="a text for a list"),
    pytest.param(b'{"userName": "a", "active": "perhaps"}', id="no boolean"),
    pytest.param(b"[" * 1000, id="deep"),
    pytest.param(b"\xff", id="no UTF-8"),
]


@pytest.mark.parametrize("body", BODIES)
async def test_bad_bodies_are_refused_in_its_form(directory: Directory, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {directory.token}", "Content-Type": "application/scim+json"}
    for path in ("/Users", "/Groups"):
        answer = await directory.tenant.api.client.post(
            f"/scim/v2/{directory.tenant.organization}{path}", content=body, headers=headers
        )
        assert refusal(answer)[0] == 400, (path, answer.text)


async def test_what_is_too_large_is_refused(directory: Directory) -> None:
    body = {"schemas": [USER], "userName": "a", "title": "x" * 100_000}
    assert refusal(await directory("POST", "/Users", body)) == (413, None)


async def test_quotas_hold(directory: Directory, database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO quota_overrides VALUES ($1, 'directory_users', 1), ($1, 'directory_groups', 0), "
            "($1, 'members', 0)",
            directory.tenant.organization,
        )
    body = {"schemas": [USER], "userName": "ann@example.com"}
    assert refusal(await directory("POST", "/Users", body)) == (409, None)
    await directory.person(name="a")
    assert refusal(await directory("POST", "/Users", {**body, "userName": "b"})) == (409, None)
    assert refusal(await directory("POST", "/Groups", {"schemas": [GROUP], "displayName": "G"})) == (409, None)
