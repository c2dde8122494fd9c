"""`scim2-tester` finds nothing to object to in the app itself, on a real database."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpx
from scim2_client.client import BaseSyncSCIMClient, RawResponse
from scim2_tester import Status, check_server

from tests.control_plane.conftest import Tenant

CHECKS_MIN = 100


class Directory(BaseSyncSCIMClient):
    """A client in a thread of its own, which asks an app in the loop of the test."""

    def __init__(self, client: httpx.AsyncClient, base: str, token: str) -> None:
        super().__init__()
        self._client = client
        self._base = base
        self._headers = {"Authorization": f"Bearer {token}"}
        self._loop = asyncio.get_running_loop()

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        headers = {**self._headers, **(more.pop("headers", None) or {})}
        address = url if url.startswith("http") else f"{self._base}/{url.lstrip('/')}"
        asked = self._client.request(method, address, headers=headers, **more)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(60)

    def _parse_json(self, response: RawResponse) -> Any:
        return cast("httpx.Response", response).json()

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return not endpoint.startswith("http") or endpoint.startswith(self._base)


async def test_scim2_tester_is_content(tenant: Tenant) -> None:
    made = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/provisioning-tokens", {"name": "Okta"})
    directory = Directory(tenant.api.client, f"http://test/scim/v2/{tenant.organization}", made["token"])
    results = await asyncio.to_thread(check_server, directory)
    wrong = [each for each in results if each.status not in (Status.SUCCESS, Status.COMPLIANT, Status.SKIPPED)]
    told = "\n".join(f"{each.status.name} {each.title}: {each.reason}" for each in wrong)
    assert not told
    assert len(results) > CHECKS_MIN
    assert [each.title for each in results if each.status is Status.SKIPPED] == []
