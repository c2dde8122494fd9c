"""The script that `helm test` runs, against the real services."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

from deploy.helm.charts import CHART
from devstack.services import Services
from tests.e2e.conftest import log_in


def run(services: Services, password: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "CONTROL_PLANE": services.control_plane.url,
        "EDGE": services.edge.url,
        "EVENTS": services.ingestor.url,
        "ADMIN_EMAIL": services.credentials.admin_email,
        "ADMIN_PASSWORD": password,
    }
    command = [sys.executable, str(CHART / "files/smoke.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_flag_is_evaluated_and_an_event_taken_as_often_as_one_likes(services: Services) -> None:
    for _ in range(2):
        found = run(services, services.credentials.admin_password)
        assert found.returncode == 0, found.stderr
        assert found.stdout.splitlines() == ["the edge says True, STATIC", "the ingestor has an event on the bus"]
    with closing(log_in(services)) as api:
        path = "/api/v1/projects/installation-check/environments/installation-check/sdk-keys"
        keys = api.get(path).json()["items"]
    assert all(each["revoked_at"] for each in keys)


def test_a_password_that_was_changed_since_is_told(services: Services) -> None:
    found = run(services, "another password")
    assert found.returncode == 1
    assert "test.secretName" in found.stderr
