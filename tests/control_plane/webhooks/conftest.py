"""A control plane whose webhooks may lead to this machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from control_plane.database import Database
from control_plane.webhooks.worker import WebhookWorker
from fastapi import FastAPI
from service_kit.clock import ManualClock
from service_kit.outbound import OutboundGuard

from tests.control_plane.conftest import Api, Tenant, new_tenant
from tests.control_plane.running_app import app_on
from tests.control_plane.webhooks.stand import LOCAL, Hooks, worker_on


@pytest.fixture
def begins_furnished() -> bool:
    """The tenant is another one here."""
    return False


@pytest.fixture
async def app(database: Database, clock: ManualClock) -> FastAPI:
    return await app_on(database, clock, guard=OutboundGuard([LOCAL]))


@pytest.fixture
async def tenant(admin: Api) -> Tenant:
    """Spoken to by a program, whose token outlives the days that tests let pass."""
    tenant = await new_tenant(admin, "acme")
    body = {"name": "ci", "role": "owner"}
    made = await tenant.api.ok("POST", f"/organizations/{tenant.organization}/tokens", body)
    return replace(tenant, api=tenant.api.of(made["token"]))


@pytest.fixture
def hooks(tenant: Tenant) -> Hooks:
    return Hooks(tenant)


@pytest.fixture
def worker(database: Database, clock: ManualClock) -> WebhookWorker:
    return worker_on(database, clock)
