"""An environment may ask for the reason of each change of what it serves; switching off never waits."""

from __future__ import annotations

from typing import Any

import pytest
from service_kit.reasons import REASON_HEADER

from tests.control_plane.conftest import Api, Tenant

FLAG = {
    "key": "new",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
WHY = {REASON_HEADER: "OPS-12"}


async def refused(api: Api, method: str, path: str, body: Any = None, *, read: str | None = None) -> None:
    """Without a reason it is refused; with one it is done, and the log has the reason."""
    headers = {"If-Match": (await api("GET", read)).headers["etag"]} if read else {}
    answer = await api(method, path, body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "reason_required"), (method, path, answer.text)
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (REASON_HEADER, "reason_required")
    blank = await api(method, path, body, headers={**headers, REASON_HEADER: "%20"})
    assert blank.status_code == 422
    await api.ok(method, path, body, headers={**headers, **WHY})


@pytest.fixture
async def strict(tenant: Tenant) -> Tenant:
    """A tenant with a flag that is on in production, which asks for reasons, and an environment that doesn't."""
    shop = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{shop}/environments", {"key": "dev", "name": "Dev"})
    await tenant.api.ok("POST", f"{shop}/flags", FLAG)
    await tenant.api.ok("POST", f"{shop}/segments", {"key": "beta", "included": ["u1"]})
    settings = f"{shop}/flags/new/environments/production"
    await tenant.api.changed("PATCH", settings, {"rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]})
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": True})
    await tenant.api.changed("PATCH", tenant.path, {"reason_required": True})
    return tenant


async def test_what_changes_its_answers_asks_why(strict: Tenant) -> None:
    api, shop = strict.api, f"/projects/{strict.project}"
    settings = f"{shop}/flags/new/environments/production"
    await refused(api, "PATCH", settings, {"default": {"variation": "off"}}, read=settings)
    await refused(api, "PATCH", f"{shop}/segments/beta", {"included": ["u2"]}, read=f"{shop}/segments/beta")
    await api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    await refused(api, "PUT", f"{settings}/enabled", {"enabled": True})
    page = await api.ok("GET", f"/organizations/{strict.organization}/audit", params={"reason": "ops-12"})
    assert [each["entity"] for each in page["items"]] == ["flag_settings", "segment", "flag_settings"]


async def test_what_doesn_t_change_its_answers_asks_nothing(strict: Tenant) -> None:
    api, shop = strict.api, f"/projects/{strict.project}"
    await api.ok("PUT", f"{shop}/flags/new/environments/dev/enabled", {"enabled": True})
    await api.changed("PATCH", f"{shop}/flags/new", {"description": "What it is for"})
    await api.ok("POST", f"{shop}/layers", {"key": "top"})


async def test_switching_off_never_waits(strict: Tenant) -> None:
    settings = f"/projects/{strict.project}/flags/new/environments/production"
    await strict.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
