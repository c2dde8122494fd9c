"""The processes that the control plane's benchmark runs, and the people that work in its project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from devstack.services import Credentials, Service, control_plane
from devstack.stack import Stack

_ROLES = ("owner", "administrator", "developer")
_PASSWORD = "a password of one's own"


def api_process(folder: Path, stack: Stack, credentials: Credentials) -> Service:
    """The API alone, without limits on how much one person asks; tokens live longer than a run."""
    service = control_plane(folder, stack, credentials)
    service.environment |= {"FF_RELAY_ENABLED": "false", "FF_AUTH_TOKEN_MINUTES": "1440"}
    for what in ("REQUESTS_PER_ADDRESS", "READS_PER_ACTOR", "WRITES_PER_ACTOR"):
        service.environment[f"FF_CONTROL_PLANE_{what}_PER_SECOND"] = "1000000"
    return service


def relay_process(folder: Path, stack: Stack, credentials: Credentials) -> Service:
    environment = control_plane(folder, stack, credentials, "relay").environment
    return Service(
        folder, "relay", ("control_plane", "relay"), {k: v for k, v in environment.items() if k != "FF_PORT"}
    )


async def people(
    url: str, credentials: Credentials, flag: dict[str, Any], rules: list[dict[str, Any]]
) -> tuple[str, list[str]]:
    """The path of a new project that holds the flag `thing`, and the access tokens of those who work in it."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60) as client:

        async def ok(method: str, path: str, body: Any = None, headers: Any = None) -> Any:
            answer = await client.request(method, path, json=body, headers=headers)
            if answer.is_error:
                raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
            return answer.json()

        login = {"email": credentials.admin_email, "password": credentials.admin_password}
        tokens = [(await ok("POST", "/auth/login", login))["access_token"]]
        client.headers["Authorization"] = f"Bearer {tokens[0]}"
        organization = (await ok("POST", "/organizations", {"key": "b", "name": "B"}))["id"]
        project = (await ok("POST", f"/organizations/{organization}/projects", {"key": "p", "name": "P"}))["id"]
        for key in ("production", "staging"):
            await ok("POST", f"/projects/{project}/environments", {"key": key, "name": key})
        for number in range(9):
            body = {"email": f"person-{number}@example.com", "role": _ROLES[number % len(_ROLES)]}
            invitation = await ok("POST", f"/organizations/{organization}/invitations", body)
            accepted = {"secret": invitation["link"].partition("#invitation=")[2], "password": _PASSWORD}
            tokens.append((await ok("POST", "/auth/invitations/accept", accepted))["access_token"])
        path = f"/projects/{project}"
        await ok("POST", f"{path}/flags", {**flag, "key": "thing"})
        settings = f"{path}/flags/thing/environments/production"
        await ok("PATCH", settings, {"enabled": True, "rules": rules}, {"If-Match": '"1"'})
    return path, tokens
