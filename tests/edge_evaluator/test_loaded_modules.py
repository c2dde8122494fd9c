"""An edge loads what it uses, and nothing else: each package is memory in each process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

import pytest

UNUSED = {
    "asyncpg": "PostgreSQL is the control plane's",
    "casbin": "rights of people are the control plane's",
    "cryptography": "but for a NATS credentials file",
    "email_validator": "FastAPI's description of a document",
    "fastapi": "its endpoints check by themselves what they are sent",
    "httpcore": "but for exposures, with an ingestor",
    "httpx": "but for exposures, with an ingestor",
    "numpy": "statistics",
    "opentelemetry": "but for traces, with a collector",
    "pydantic": "its settings are few, and read without",
    "pygments": "httpx's command, where rich is installed",
    "re2": "but for a flag that asks for a pattern",
    "redis": "but for limits that are counted together, with a Redis",
    "rich": "httpx's command, where rich is installed",
    "scipy": "statistics",
    "uvicorn.protocols.websockets": "there are no websockets",
    "yaml": "documents are JSON",
}
"""What an edge by itself must not load, each with the reason."""
BUILD = """
import sys
from edge_evaluator.main import Edge
from edge_evaluator.settings import EdgeSettings
from service_kit.serving import Server
from streams.memory import MemoryBus
settings = EdgeSettings(**{given!r})
edge = Edge(settings, MemoryBus())
Server(edge.app, settings, protocol=edge.protocol(), closing=edge.open_streams.close).config.load()
print(*sys.modules)
"""


def loaded(variables: Mapping[str, str] = MappingProxyType({}), **settings: object) -> set[str]:
    """What a process that has built an edge with these settings and variables holds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FF_", "COV", "OTEL_"))}
    environment = {**kept, **variables}
    line = [sys.executable, "-c", BUILD.format(given=settings)]
    return set(subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def modules() -> set[str]:
    return loaded()


@pytest.mark.parametrize("name", UNUSED)
def test_what_an_edge_does_not_use_is_not_loaded(modules: set[str], name: str) -> None:
    assert [module for module in modules if module == name or module.startswith(f"{name}.")] == []


def test_an_edge_with_an_ingestor_loads_what_it_sends_with() -> None:
    assert "httpx" in loaded(ingestor_url="http://127.0.0.1:1")


def test_an_edge_with_a_collector_loads_what_it_traces_with() -> None:
    assert "opentelemetry.sdk.trace" in loaded({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
