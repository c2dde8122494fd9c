"""An organization with a flag and an experiment on it, made and edited by way of the control plane's API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import httpx

from devstack.services import Services

FLAG = "checkout"
EXPERIMENT = "checkout-test"
METRICS = {"conversions": "conversion", "events": "count", "sum": "sum"}
"""The experiment's metrics by what they count in a ledger, and how each aggregates the event `purchase`."""
_EVENT = "purchase"
_SHARES = [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}]
_AGAIN_SECONDS = 0.1


class Tenant:
    """The administrator's view. `server_key` opens the edge and the ingestor; `experiment` is an id."""

    def __init__(self, services: Services, api: httpx.AsyncClient) -> None:
        self._services = services
        self._api = api
        self.project = ""
        self.server_key = ""
        self.experiment = ""
        self.version = 0

    @classmethod
    async def create(cls, services: Services) -> Self:
        """An organization, a project, an environment with a key, a flag, and a running experiment."""
        tenant = cls(services, httpx.AsyncClient(base_url=services.control_plane.url, timeout=10))
        await tenant._log_in()
        organization = (await tenant._post("/api/v1/organizations", {"key": "acme", "name": "Acme"}))["id"]
        await tenant._log_in()  # A token names the organizations of its bearer.
        body = {"key": "shop", "name": "Shop"}
        tenant.project = (await tenant._post(f"/api/v1/organizations/{organization}/projects", body))["id"]
        environments = f"/api/v1/projects/{tenant.project}/environments"
        await tenant._post(environments, {"key": "production", "name": "Production"})
        key = {"name": "chaos", "kind": "server"}
        tenant.server_key = (await tenant._post(f"{environments}/production/sdk-keys", key))["key"]
        await tenant.create_flag(FLAG)
        await tenant._create_experiment()
        return tenant

    async def create_key(self, name: str) -> tuple[str, str]:
        """The id of a new server key, and the key."""
        made = await self._post(self._url("environments/production/sdk-keys"), {"name": name, "kind": "server"})
        return made["id"], made["key"]

    async def revoke_key(self, identity: str) -> None:
        """The key's last act. Raises httpx.HTTPError."""
        keys = self._url("environments/production/sdk-keys")
        (await self._api.delete(f"{keys}/{identity}")).raise_for_status()

    async def create_flag(self, key: str) -> None:
        """A boolean flag, turned on."""
        variations = [{"key": "on", "value": True}, {"key": "off", "value": False}]
        body = {"key": key, "name": key, "type": "boolean", "variations": variations, "off_variation": "off"}
        await self.make("flags", body | {"default": {"variation": "off"}})
        await self.change(f"flags/{key}/environments/production", {"enabled": True})

    async def _create_experiment(self) -> None:
        for key, aggregation in METRICS.items():
            await self.make("metrics", {"key": key, "name": key, "aggregation": aggregation, "event": _EVENT})
        body = {
            "key": EXPERIMENT,
            "name": "Checkout test",
            "environment": "production",
            "flag": FLAG,
            "mode": "assigns",
            "variations": _SHARES,
            "control": "off",
            "metrics": [{"metric": key, "role": "secondary"} for key in METRICS],
        }
        self.experiment = (await self.make("experiments", body))["id"]
        url = self._url(f"experiments/{EXPERIMENT}")
        version = (await self._api.get(url)).headers["etag"]
        answer = await self._api.post(f"{url}/start", headers={"If-Match": version})
        self._see(answer)

    async def change(self, path: str, body: dict[str, Any]) -> None:
        """Changes an entity at the version it has now. Raises httpx.HTTPError; then it may have happened or not."""
        url = self._url(path)
        found = (await self._api.get(url)).raise_for_status()
        self._see(await self._api.patch(url, json=body, headers={"If-Match": found.headers["etag"]}))

    async def change_stubbornly(self, path: str, body: dict[str, Any]) -> None:
        """Changes until it is told that it has happened, as people do when the page shows an error."""
        while True:
            try:
                await self.change(path, body)
                return
            except httpx.HTTPError:
                await asyncio.sleep(_AGAIN_SECONDS)

    async def make(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new entity of the project. Raises httpx.HTTPError."""
        return self._see(await self._api.post(self._url(kind), json=body))

    async def act(self, path: str) -> None:
        """What an entity is told to do, as it is now. Raises httpx.HTTPError."""
        self._see(await self._api.post(self._url(path)))

    async def read(self, path: str) -> dict[str, Any]:
        """An entity of the project."""
        document: dict[str, Any] = (await self._api.get(self._url(path))).raise_for_status().json()
        return document

    async def results(self) -> dict[str, Any]:
        """The experiment's results, as the product computes them. Raises httpx.HTTPError."""
        url = f"{self._services.analytics.url}/v1/experiments/{self.experiment}/results"
        document: dict[str, Any] = (await self._api.get(url, timeout=60)).raise_for_status().json()
        return document

    async def reconciliation(self) -> dict[str, Any]:
        """What the product says was accepted, streamed and stored in the last two hours. Raises httpx.HTTPError."""
        where = {"project": self.project, "environment": "production", "minutes": "120"}
        url = f"{self._services.analytics.url}/v1/reconciliation"
        answer = await self._api.get(url, params=where, timeout=60)
        document: dict[str, Any] = answer.raise_for_status().json()
        return document

    @property
    def authorization(self) -> dict[str, str]:
        """The header that opens the control plane and analytics."""
        return {"Authorization": self._api.headers["Authorization"]}

    async def close(self) -> None:
        await self._api.aclose()

    async def _log_in(self) -> None:
        credentials = self._services.credentials
        body = {"email": credentials.admin_email, "password": credentials.admin_password}
        token = (await self._post("/api/v1/auth/login", body))["access_token"]
        self._api.headers["Authorization"] = f"Bearer {token}"

    async def _post(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = (await self._api.post(url, json=body)).raise_for_status().json()
        return document

    def _url(self, path: str) -> str:
        return f"/api/v1/projects/{self.project}/{path}"

    def _see(self, answer: httpx.Response) -> dict[str, Any]:
        document: dict[str, Any] = answer.raise_for_status().json()
        self.version = max(self.version, document.get("environment_versions", {}).get("production", 0))
        return document


def figures(results: dict[str, Any]) -> dict[str, dict[str, int]]:
    """What the product's results say of each variation, in the words of the ledger."""
    found: dict[str, dict[str, int]] = {
        each["variation"]: {"units": each["units"]} for each in results["units"]["variations"]
    }
    of: dict[str, Callable[[dict[str, Any]], float]] = {
        "conversions": lambda each: each["units"] * (each["rate"] or 0),
        "events": lambda each: each["units"] * (each["mean"] or 0),
        "sum": lambda each: each["units"] * (each["mean"] or 0),
    }
    for metric in results["metrics"]:
        for each in metric["variations"]:
            found[each["variation"]][metric["metric"]] = round(of[metric["metric"]](each))
    return dict(sorted(found.items()))
