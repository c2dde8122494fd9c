"""Two organizations on the whole platform, each with a flag, an experiment, a key and a token; and what they ask."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from event_ingestor.admission.event_types import EVENTS_PER_REQUEST_MAX

from devstack.services import Credentials, Services
from devstack.stack import Stack

_FLAGS = 60
_EVENTS = 200
_NEW_MAX = 1000
"""Fields that the client fills in a request."""
_FIELD = "%016x"


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization: its project's id, its experiment's, a server key, and a token of a program."""

    project: str
    experiment: str
    key: str
    token: str


def request_of(method: str, path: str, authorization: str, body: object = None) -> bytes:
    """A request over a connection that is kept; `%016x` in it stands for another number each time."""
    text = "" if body is None else json.dumps(body, separators=(",", ":"))
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {authorization}",
        "Content-Type: application/json",
        f"Content-Length: {len(text.replace(_FIELD, '0' * 16))}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


class TwoTenants:
    """Makes them, and says what each asks."""

    @contextmanager
    def running(self, folder: Path) -> Iterator[tuple[Services, tuple[Tenant, Tenant]]]:
        """The whole platform with both: the loud one first."""
        with Stack(folder / "stack", durable=False) as stack:
            services = Services(folder / "services", stack, Credentials())
            # A run is longer than a token of a person lives.
            services.control_plane.environment["FF_AUTH_TOKEN_MINUTES"] = "1440"
            with services:
                yield services, (self._made(services, "loud"), self._made(services, "quiet"))

    def evaluation(self, tenant: Tenant) -> bytes:
        """One flag for a user who hasn't come before."""
        body = {"context": {"targetingKey": f"user-{_FIELD}", "country": "DE", "plan": "pro"}}
        return request_of("POST", "/ofrep/v1/evaluate/flags/flag-0", tenant.key, body)

    def events(self, tenant: Tenant) -> bytes:
        """Two hundred events."""
        return self._events(tenant, _EVENTS)

    def many_events(self, tenant: Tenant) -> bytes:
        """As many as a request may hold."""
        return self._events(tenant, EVENTS_PER_REQUEST_MAX)

    def bad_events(self, tenant: Tenant) -> bytes:
        """Two hundred that are refused one by one: they lack their time."""
        bad = [{**_event(number), "timestamp": None} for number in range(_EVENTS)]
        return request_of("POST", "/v1/events", tenant.key, bad)

    def event(self, tenant: Tenant) -> bytes:
        """One event."""
        return self._events(tenant, 1)

    def flags(self, tenant: Tenant) -> bytes:
        """A page of fifty flags."""
        return request_of("GET", f"/api/v1/projects/{tenant.project}/flags?limit=50", tenant.token)

    def new_flag(self, tenant: Tenant) -> bytes:
        """A flag with another key each time."""
        return request_of("POST", f"/api/v1/projects/{tenant.project}/flags", tenant.token, _flag(f"new-{_FIELD}"))

    def results(self, tenant: Tenant) -> bytes:
        """Of the experiment."""
        return request_of("GET", f"/v1/experiments/{tenant.experiment}/results", tenant.token)

    def _events(self, tenant: Tenant, count: int) -> bytes:
        return request_of("POST", "/v1/events", tenant.key, [_event(number) for number in range(count)])

    def _made(self, services: Services, name: str) -> Tenant:
        with httpx.Client(base_url=f"{services.control_plane.url}/api/v1", timeout=60, trust_env=False) as http:
            credentials = services.credentials
            login = {"email": credentials.admin_email, "password": credentials.admin_password}

            def post(path: str, body: Any) -> Any:
                answer = http.post(path, json=body)
                if answer.is_error:
                    raise SystemExit(f"{path}: {answer.status_code} {answer.text}")
                return answer.json()

            http.headers["Authorization"] = f"Bearer {post('/auth/login', login)['access_token']}"
            organization = post("/organizations", {"key": name, "name": name})["id"]
            http.headers["Authorization"] = f"Bearer {post('/auth/login', login)['access_token']}"
            project = post(f"/organizations/{organization}/projects", {"key": "shop", "name": "Shop"})["id"]
            shop = f"/projects/{project}"
            post(f"{shop}/environments", {"key": "production", "name": "Production"})
            key = post(f"{shop}/environments/production/sdk-keys", {"name": "k", "kind": "server"})["key"]
            for number in range(_FLAGS):
                post(f"{shop}/flags", _flag(f"flag-{number}"))
            http.patch(
                f"{shop}/flags/flag-0/environments/production", json={"enabled": True}, headers={"If-Match": '"1"'}
            ).raise_for_status()
            post(f"{shop}/metrics", {"key": "m", "name": "M", "aggregation": "conversion", "event": "purchase"})
            experiment = post(
                f"{shop}/experiments",
                {
                    "key": "e",
                    "name": "E",
                    "environment": "production",
                    "flag": "flag-0",
                    "mode": "assigns",
                    "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
                    "control": "off",
                    "metrics": [{"metric": "m", "role": "goal"}],
                },
            )["id"]
            version = http.get(f"{shop}/experiments/e").headers["etag"]
            http.post(f"{shop}/experiments/e/start", headers={"If-Match": version}).raise_for_status()
            ends = {"name": "bench", "role": "owner", "expires_at": "2099-01-01T00:00:00Z"}
            token = post(f"/organizations/{organization}/tokens", ends)
            tenant = Tenant(project, experiment, key, token["token"])
        _until_served(services, tenant)
        return tenant


TWO = TwoTenants()


def _until_served(services: Services, tenant: Tenant) -> None:
    deadline = time.monotonic() + 60
    headers = {"Authorization": f"Bearer {tenant.key}"}
    body = {"context": {"targetingKey": "somebody"}}
    with httpx.Client(trust_env=False, headers=headers) as http:
        while http.post(f"{services.edge.url}/ofrep/v1/evaluate/flags/flag-0", json=body).status_code != 200:
            if time.monotonic() > deadline:
                raise SystemExit("the edge doesn't serve what was made")
            time.sleep(0.1)


def _flag(key: str) -> dict[str, Any]:
    variations = [{"key": "on", "value": True}, {"key": "off", "value": False}]
    serve = {"variation": "off"}
    return {
        "key": key,
        "name": "F",
        "type": "boolean",
        "variations": variations,
        "off_variation": "off",
        "default": serve,
    }


def _event(number: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "event_id": f"{_FIELD}-{number}" if number < _NEW_MAX else f"again-{number}",
        "timestamp": round(time.time() * 1000),
        "user_key": f"user-{number}",
        "metric": "purchase",
        "value": 1,
    }
