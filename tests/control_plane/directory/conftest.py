"""A directory that speaks for its domain."""

from __future__ import annotations

import pytest
from control_plane.database import Database

from tests.control_plane.conftest import Tenant
from tests.control_plane.directory.client import Directory, connected, speaks_for


@pytest.fixture
async def directory(tenant: Tenant, database: Database) -> Directory:
    await speaks_for(database, tenant)
    return await connected(tenant)
