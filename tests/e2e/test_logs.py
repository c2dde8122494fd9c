"""What the services write while they are used at DEBUG, which one command turns on: no key, token, password or link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import httpx
import psutil
import pytest
from service_kit.log_level import listening

from devstack.services import Service
from tests.e2e.guarded_nats import PASSWORDS, GuardedNats
from tests.waiting import same, until_blocking

from .conftest import Tenant


def ours() -> list[int]:
    """The processes that these tests have begun, relays and others beside them among them."""
    begun = {each.pid for each in psutil.Process(os.getpid()).children(recursive=True)}
    return [each for each in listening(Path("/proc")) if each in begun]


def change_level(change: str) -> None:
    line = [sys.executable, "-m", "service_kit.log_level", change, *map(str, ours())]
    subprocess.run(line, check=True, capture_output=True)


def lines(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]


@pytest.fixture
def debugging() -> Iterator[None]:
    change_level("more")
    yield
    change_level("back")


def answered(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    return document


def use(tenant: Tenant, typed: str) -> list[str]:
    """Goes everywhere where a secret is sent or given; answers all of them. `typed`: what somebody types by mistake."""
    api, credentials = tenant.api, tenant.services.credentials
    at = f"/api/v1/organizations/{tenant.organization}"
    login = {"email": credentials.admin_email, "password": credentials.admin_password}
    session = answered(api.post("/api/v1/auth/login", json=login))
    token = answered(api.post(f"{at}/tokens", json={"name": "ci", "role": "developer"}))["token"]
    link = answered(api.post(f"{at}/invitations", json={"email": "new@example.com", "role": "viewer"}))["link"]
    hook = answered(api.post(f"{at}/webhooks", json={"url": "https://93.184.216.34/hook", "events": ["flag.*"]}))
    api.post("/api/v1/auth/login", json=login | {"password": typed})
    api.post("/api/v1/auth/login", content=f'{{"password": "{typed}')
    api.get(f"/api/v1/auth/invitations?secret={typed}")
    api.post("/api/v1/auth/refresh", json={"refresh_token": typed})
    services = tenant.services
    for base in (services.edge.url, services.ingestor.url, services.analytics.url, services.control_plane.url):
        for authorization in (f"Bearer {typed}", f"Bearer sdk-server-{typed}", f"Bearer {tenant.client_key}"):
            httpx.post(f"{base}/v1/events?client_key={typed}", headers={"Authorization": authorization}, json=[{}])
            httpx.get(f"{base}/api/v1/me", headers={"Authorization": authorization, "X-API-Key": typed})
    httpx.post(f"{services.ingestor.url}/v1/events?client_key={tenant.client_key}", json=[{"type": typed}])
    with tenant.edge() as edge:
        edge.post("/ofrep/v1/evaluate/flags", json={"context": {"targetingKey": typed}})
    given = [session["access_token"], session.get("refresh_token", ""), token, link.partition("=")[2]]
    return [typed, *given, hook.get("secret", ""), tenant.server_key, tenant.client_key, login["password"]]


def test_no_line_tells_a_secret_also_while_all_is_told(tenant: Tenant, debugging: None) -> None:
    services, typed = tenant.services, f"typed-{token_urlsafe(24)}"
    secrets = use(tenant, typed)
    credentials = services.credentials
    secrets += [credentials.jwt_secret, credentials.pii_secret, credentials.export_secret]
    secrets += [GuardedNats.password(user) for user in PASSWORDS]
    tenant.create("flags", FLAG)
    tenant.wait_for_edge()
    told = ["relay published", "http request"]
    until_blocking(
        lambda: same(
            {f"{each['logger']} {each['message']}" for each in lines(services.control_plane)} & {*told}, {*told}
        )
    )
    for service in services.all:
        text = service.log.read_text()
        assert [each for each in secrets if each and each in text] == [], service.name
        assert {each["level"] for each in lines(service) if each["message"] == "log level"} <= {"WARNING"}


def test_the_level_goes_back_for_all_of_them(tenant: Tenant) -> None:
    services = tenant.services
    changed = {service.name: len(lines(service)) for service in services.all}
    assert len(ours()) > len(services.all)
    for change, level in (("more", "DEBUG"), ("back", "INFO")):
        change_level(change)
        for service in services.all:
            until_blocking(
                lambda service=service, level=level: [  # type: ignore[misc]
                    line
                    for line in lines(service)[changed[service.name] :]
                    if line["message"] == "log level" and line["to"] == level
                ]
            )


FLAG = {
    "key": "logged",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
