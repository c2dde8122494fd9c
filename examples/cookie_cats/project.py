"""What the replay needs, created over the control plane's API: tenant, project, keys, flag, metrics, experiment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from .addresses import Addresses
from .errors import SetUpError
from .evaluation import FLAG, RECORDED_ARM
from .events import DAY_1, DAY_7, ROUNDS
from .players import ARMS

ORGANIZATION = "cookie-cats-studio"
PROJECT = "cookie-cats"
ENVIRONMENT = "production"
EXPERIMENT = "first-gate"

_METRICS = (
    (DAY_1, "Day-1 retention", "conversion"),
    (DAY_7, "Day-7 retention", "conversion"),
    (ROUNDS, "Rounds played", "sum"),
)
_ROLES = {DAY_1: "secondary", DAY_7: "goal", ROUNDS: "secondary"}


@dataclass(frozen=True)
class Demo:
    """What was created and is needed from now on."""

    project: str
    experiment_id: str
    server_key: str
    client_key: str


@dataclass(frozen=True)
class SetUp:
    """A fresh demo, the version of the configuration after its last change, and when (`time.monotonic`) that was."""

    demo: Demo
    config_version: int
    changed_at: float


class ControlPlane:
    """The control plane's API as its first administrator sees it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sign_in(self, email: str, password: str) -> str:
        """Sign in and return the token, which opens what exists by now."""
        answer = await self.post("/auth/login", {"email": email, "password": password})
        token = str(answer["access_token"])
        self._client.headers["Authorization"] = f"Bearer {token}"
        return token

    async def post(self, path: str, body: dict[str, Any], version: int | None = None) -> dict[str, Any]:
        """POST and return the answer. Raises `SetUpError`."""
        return await self._call("POST", path, body, version)

    async def patch(self, path: str, body: dict[str, Any], version: int) -> dict[str, Any]:
        """PATCH what is at this version and return the answer. Raises `SetUpError`."""
        return await self._call("PATCH", path, body, version)

    async def get(self, path: str) -> dict[str, Any]:
        """GET. Raises `SetUpError`."""
        return await self._call("GET", path, None, None)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None, version: int | None) -> dict[str, Any]:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        answer = await self._client.request(method, f"/api/v1{path}", json=body, headers=headers)
        if not answer.is_success:
            raise SetUpError(f"{method} {path}: HTTP {answer.status_code}: {answer.text[:1000]}")
        document: dict[str, Any] = answer.json()
        return document


async def set_up(api: ControlPlane, addresses: Addresses, players: int) -> SetUp:
    """Create the demo from nothing for so many players; the last change is the start of the experiment.

    Raises `SetUpError`.
    """
    await api.sign_in(addresses.admin_email, addresses.admin_password)
    await api.post("/organizations", {"key": ORGANIZATION, "name": "Cookie Cats Studio"})
    # A token names the organizations of its bearer, so a new one is needed.
    await api.sign_in(addresses.admin_email, addresses.admin_password)
    await api.post(f"/organizations/{ORGANIZATION}/projects", {"key": PROJECT, "name": "Cookie Cats"})
    project = f"/projects/{PROJECT}"
    await api.post(f"{project}/environments", {"key": ENVIRONMENT, "name": "Production"})
    keys = f"{project}/environments/{ENVIRONMENT}/sdk-keys"
    server_key = await api.post(keys, {"kind": "server", "name": "Game backend"})
    client_key = await api.post(keys, {"kind": "client", "name": "Game client"})
    await _flag(api, project)
    for key, name, aggregation in _METRICS:
        await api.post(f"{project}/metrics", {"key": key, "name": name, "aggregation": aggregation})
    experiment_id, config_version = await _experiment(api, project, players)
    changed_at = time.monotonic()
    demo = Demo(PROJECT, experiment_id, server_key["key"], client_key["key"])
    return SetUp(demo, config_version, changed_at)


async def _flag(api: ControlPlane, project: str) -> None:
    flag = {
        "key": FLAG,
        "name": "Level of the first gate",
        "type": "integer",
        "variations": [{"key": arm, "value": int(arm.removeprefix("gate_"))} for arm in ARMS],
        "off_variation": ARMS[0],
        "default": {"variation": ARMS[0]},
        "client_visible": True,
    }
    written = await api.post(f"{project}/flags", flag)
    settings = f"{project}/flags/{FLAG}/environments/{ENVIRONMENT}"
    rules = [
        {"if": {"attribute": RECORDED_ARM, "operator": "eq", "value": arm}, "then": {"variation": arm}} for arm in ARMS
    ]
    version = written["environments"][ENVIRONMENT]["version"]
    await api.patch(settings, {"enabled": True, "rules": rules}, version)


async def _experiment(api: ControlPlane, project: str, players: int) -> tuple[str, int]:
    """Create and start the experiment, which ends with its last player.

    Returns its id and the version of the configuration that holds it.
    """
    experiment = {
        "key": EXPERIMENT,
        "name": "The first gate at level 40 instead of 30",
        "hypothesis": "Players who meet the first gate later come back more often.",
        "environment": ENVIRONMENT,
        "flag": FLAG,
        "mode": "observes",
        "variations": [{"key": arm, "weight": 50} for arm in ARMS],
        "control": ARMS[0],
        "metrics": [{"metric": key, "role": role} for key, role in _ROLES.items()],
        # The players of two weeks are replayed in a minute.
        "plan": {"mode": "fixed", "planned_units": players, "minimum_days": 0},
    }
    created = await api.post(f"{project}/experiments", experiment)
    started = await api.post(f"{project}/experiments/{EXPERIMENT}/start", {}, created["version"])
    return started["id"], started["environment_versions"][ENVIRONMENT]


async def wait_for_edge(client: httpx.AsyncClient, setup: SetUp) -> float:
    """Return how many seconds after the last change the edge held it. Raises `SetUpError` after a minute."""
    headers = {"Authorization": f"Bearer {setup.demo.server_key}"}
    deadline = setup.changed_at + 60
    held = "nothing"
    while time.monotonic() < deadline:
        answer = await client.get(f"/v1/flags/{FLAG}", params={"user_id": "probe"}, headers=headers)
        if answer.is_success:
            held = answer.json()["metadata"]["version"]
            if int(held) >= setup.config_version:
                return time.monotonic() - setup.changed_at
        else:
            held = f"HTTP {answer.status_code}"
    raise SetUpError(f"the edge does not hold version {setup.config_version} after a minute, but {held}")
