"""A process loads what its work uses: each package is memory in each of them. The edge has a test of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

REPORTS = {"fontTools", "matplotlib", "numpy", "pyarrow", "scipy"}
DATABASES = {"asyncpg", "clickhouse_connect"}
UNUSED = {
    "event_ingestor.main": REPORTS | DATABASES | {"casbin", "httpx", "redis", "re2", "rich", "yaml"},
    "analytics.main": REPORTS | DATABASES | {"fastapi", "httpx", "pydantic", "redis"},
    "analytics.commands.load": REPORTS | {"asyncpg", "fastapi", "httpx", "jwt", "pydantic", "redis"},
    "analytics.commands.serve": {"asyncpg", "fontTools", "matplotlib", "pyarrow.compute", "redis", "scipy.optimize"},
    "analytics.commands.export": {"asyncpg", "fastapi", "fontTools", "matplotlib", "redis", "scipy.optimize"},
    "analytics.commands.monitor": {"asyncpg", "fastapi", "fontTools", "matplotlib", "redis", "scipy.optimize"},
    "control_plane.main": REPORTS | {"clickhouse_connect", "redis", "scim2_models", "yaml"},
}
"""By the module that a process begins with: packages, and modules of some, that it must not load."""


@pytest.mark.parametrize("module", UNUSED)
def test_what_a_process_does_not_use_is_not_loaded(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    line = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    told = subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout
    loaded = set(told.split())
    assert (loaded | {each.partition(".")[0] for each in loaded}) & UNUSED[module] == set()
