"""The audit log is searched by who, what, where, when and why, and goes out as NDJSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from control_plane.audit import log
from service_kit.clock import ManualClock
from service_kit.reasons import REASON_HEADER

from tests.control_plane.conftest import Api, Tenant, joined

FLAG = {
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1")


@dataclass
class Day:
    """Two projects in which something happened, at noon each day of a week."""

    tenant: Tenant
    other: str
    bob: Api

    @property
    def path(self) -> str:
        return f"/organizations/{self.tenant.organization}/audit"

    async def found(self, api: Api | None = None, **wanted: Any) -> list[str]:
        """What is listed, as `entity/key/action`, the oldest first."""
        page = await (api or self.tenant.api).ok("GET", self.path, params={"limit": 200, **wanted})
        return [f"{each['entity']}/{each['entity_key']}/{each['action']}" for each in reversed(page["items"])]

    async def exported(self, api: Api | None = None, **wanted: Any) -> str:
        answer = await (api or self.tenant.api)("GET", f"{self.path}/export", params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
async def day(tenant: Tenant, clock: ManualClock) -> Day:
    api = tenant.api
    body = {"key": "blog", "name": "Blog"}
    other = (await api.ok("POST", f"/organizations/{tenant.organization}/projects", body))["id"]
    await api.ok("POST", f"/projects/{other}/environments", {"key": "production", "name": "Production"})
    clock.advance(60)
    why = {REASON_HEADER: quote("OPS-12: Größe prüfen")}
    await api.ok("POST", f"/projects/{tenant.project}/flags", {"key": "new-checkout", **FLAG}, headers=why)
    on = f"/projects/{tenant.project}/flags/new-checkout/environments/production/enabled"
    clock.advance(60)
    await api.ok("PUT", on, {"enabled": True}, headers={REASON_HEADER: "roll out"})
    bob = await joined(api, tenant.organization, "bob@example.com", "developer")
    await bob.ok("POST", f"/projects/{other}/segments", {"key": "new-readers", "included": ["u1"]})
    made = await api.ok("POST", f"/organizations/{tenant.organization}/tokens", {"name": "ci", "role": "developer"})
    await api.of(made["token"]).ok("POST", f"/projects/{other}/segments", {"key": "robots", "included": ["u2"]})
    return Day(tenant, other, bob)


async def test_each_filter_narrows_the_list(day: Day) -> None:
    flag = ["flag/new-checkout/create", "flag_settings/new-checkout/production/update"]
    segments = ["segment/new-readers/create", "segment/robots/create"]
    assert await day.found(project="shop", key_prefix="new-") == flag
    assert await day.found(project=day.tenant.project, key_prefix="new-") == flag
    assert await day.found(key_prefix="new-") == [*flag, segments[0]]
    assert await day.found(entity="segment") == segments
    assert await day.found(entity_key="robots") == segments[1:]
    assert await day.found(by="bob@example.com", entity="segment") == segments[:1]
    bob = (await day.bob.ok("GET", "/me"))["id"]
    assert await day.found(by=bob, entity="segment") == segments[:1]
    assert await day.found(by_kind="token") == segments[1:]
    assert await day.found(by="ci") == segments[1:]
    assert await day.found(reason="größe ops-12") == flag[:1]
    assert await day.found(reason="OUT") == flag[1:]
    assert await day.found(reason="nothing") == await day.found(reason="!!") == []
    assert flag[0] in await day.found(since="2026-01-05T10:01:00Z", until="2026-01-05T10:02:00Z")
    assert flag[1] not in await day.found(until="2026-01-05T10:02:00Z")
    assert await day.found(since="2026-01-05T12:02:00+02:00", entity="flag_settings") == flag[1:]
    serving = await day.found(project="blog", environment="production")
    assert serving == ["environment/production/create", *segments]
    assert await day.found(action="create", project="shop", entity="flag") == flag[:1]


NO_FILTERS: dict[str, tuple[dict[str, str], str]] = {
    "a project that is not there": ({"project": "nowhere"}, "project"),
    "an id of no project": ({"project": "00000000-0000-4000-8000-000000000000"}, "project"),
    "an environment of any project": ({"environment": "production"}, "environment"),
    "an environment that is not there": ({"environment": "nowhere", "project": "shop"}, "environment"),
    "another kind of actor": ({"by_kind": "robot"}, "by_kind"),
    "no moment": ({"since": "soon"}, "since"),
    "a moment without an offset": ({"since": "2026-01-05T10:00:00"}, "since"),
    "a moment before all years": ({"until": "0001-01-01T00:00:00+14:00"}, "until"),
    "an empty text": ({"reason": ""}, "reason"),
    "NUL": ({"reason": "a\x00"}, "reason"),
    "no id": ({"on_behalf_of": "ada"}, "on_behalf_of"),
    "a long text": ({"entity": "x" * 300}, "entity"),
    "another list's cursor": ({"cursor": "MTc="}, "cursor"),
    "a cursor after all years": ({"cursor": "OTk5OS0xMi0zMVQyMzowMDowMC0xNDowMCAx"}, "cursor"),
}


@pytest.mark.parametrize(("wanted", "field"), [pytest.param(*each, id=name) for name, each in NO_FILTERS.items()])
async def test_what_is_no_filter_is_refused_by_its_name(tenant: Tenant, wanted: dict[str, str], field: str) -> None:
    answer = await tenant.api("GET", f"/organizations/{tenant.organization}/audit", params=wanted)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_pages_neither_skip_nor_repeat_while_others_write(day: Day) -> None:
    everything = await day.found()
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await day.tenant.api.ok("GET", day.path, params={"limit": 3, **cursor})
        seen += [f"{each['entity']}/{each['entity_key']}/{each['action']}" for each in page["items"]]
        await day.tenant.api.changed("PATCH", day.tenant.path, {"name": f"seen {len(seen)}"})
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen[::-1] == everything


async def test_an_entry_tells_everything(day: Day) -> None:
    page = await day.tenant.api.ok("GET", day.path, params={"entity": "flag_settings"})
    [entry] = page["items"]
    assert entry["summary"].endswith("turned flag new-checkout on in production")
    assert entry["summary"].startswith("person-")
    assert (entry["project"], entry["environments"], entry["reason"]) == ("shop", ["production"], "roll out")
    assert "enabled: false → true" in entry["changes"]
    assert {"op": "replace", "path": "/enabled", "value": True} in entry["patch"]
    assert (entry["address"], len(entry["request_id"])) == ("127.0.0.1", 32)


async def test_a_page_holds_no_more_than_a_bound(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = await day.found()
    monkeypatch.setattr(log, "BYTES_MAX", 1)
    page = await day.tenant.api.ok("GET", day.path, params={"limit": 200})
    assert len(page["items"]) < len(everything)
    assert page["next_cursor"] is not None
    assert [json.loads(line)["number"] for line in (await day.exported()).splitlines()] == list(
        range(1, len(everything) + 1)
    )


async def test_an_export_has_every_entry_once_and_goes_on_where_it_broke_off(day: Day) -> None:
    listed = (await day.tenant.api.ok("GET", day.path, params={"limit": 200}))["items"]
    lines = [json.loads(line) for line in (await day.exported()).splitlines()]
    assert lines == listed[::-1]
    rest = [json.loads(line) for line in (await day.exported(after=lines[4]["number"])).splitlines()]
    assert rest == lines[5:]
    assert [json.loads(line)["entity_key"] for line in (await day.exported(entity="segment")).splitlines()] == [
        "new-readers",
        "robots",
    ]
    head = await day.tenant.api.ok("POST", f"{day.path}/heads")
    answer = await day.tenant.api("GET", f"{day.path}/export")
    assert answer.headers["x-verdict-audit-head"] == head["jws"]
    assert answer.headers["content-type"] == "application/x-ndjson"


async def test_a_spreadsheet_computes_nothing(day: Day) -> None:
    for number, formula in enumerate(FORMULAS):
        body = {"key": f"sheet-{number}", "name": "N", **FLAG}
        await day.tenant.api.ok("POST", f"/projects/{day.other}/flags", body, headers={REASON_HEADER: quote(formula)})
    text = await day.exported(format="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    listed = (await day.tenant.api.ok("GET", day.path, params={"limit": 200}))["items"][::-1]
    assert [int(row["number"]) for row in rows] == [each["number"] for each in listed]
    for row in rows:
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert [row["reason"] for row in rows[-5:]] == [f"'{each.strip()}" for each in FORMULAS]
    last, entry = rows[-1], listed[-1]
    assert json.loads(last["patch"]) == entry["patch"]
    assert (last["project"], last["environments"]) == ("blog", "production")
    goes_on = await day.exported(format="csv", after=listed[-2]["number"])
    assert text.endswith(goes_on)


async def test_who_reads_one_project_s_log_sees_nothing_beside_it(day: Day) -> None:
    api, organization = day.tenant.api, f"/organizations/{day.tenant.organization}"
    bob = (await day.bob.ok("GET", "/me"))["id"]
    await api.changed("PATCH", f"{organization}/members/{bob}", {"role": None})
    assert (await day.bob("GET", day.path)).status_code == 403
    await api.ok("PUT", f"/projects/{day.other}/members/{bob}", {"role": "viewer"})
    everything = (await api.ok("GET", day.path, params={"limit": 200}))["items"]
    visible = [each for each in everything if each["project"] == "blog"]
    assert 0 < len(visible) < len(everything)
    page = await day.bob.ok("GET", day.path, params={"limit": len(visible)})
    assert (page["items"], page["next_cursor"]) == (visible, None)
    assert [json.loads(line) for line in (await day.exported(day.bob)).splitlines()] == visible[::-1]
    assert await day.found(day.bob, entity="flag") == []
    unknown = [
        await day.bob("GET", day.path, params={"project": each})
        for each in ("shop", day.tenant.project, "nowhere", "00000000-0000-4000-8000-000000000000")
    ]
    assert {(each.status_code, each.json()["detail"]) for each in unknown} == {
        (422, "project: there is no such project")
    }
    for of_the_organization in ("verification", "heads"):
        assert (await day.bob("GET", f"{day.path}/{of_the_organization}")).status_code == 403
    await api.ok("PUT", f"/projects/{day.tenant.project}/members/{bob}", {"role": "viewer"})
    both = [each for each in everything if each["project"]]
    assert [each for each in await day.found(day.bob) if not each.startswith("project_role/")] == [
        f"{each['entity']}/{each['entity_key']}/{each['action']}"
        for each in reversed(both)
        if each["entity"] != "project_role"
    ]


async def test_a_foreign_log_is_as_absent_as_none(day: Day, make_tenant: Any) -> None:
    other = await make_tenant("other")
    answers = [
        await day.tenant.api("GET", f"/organizations/{each}/audit{rest}")
        for each in (other.organization, "other", "nowhere")
        for rest in ("", "/export", "/heads", "/verification")
    ]
    assert {(each.status_code, each.json()["detail"]) for each in answers} == {
        (404, "there is nothing at this address")
    }
