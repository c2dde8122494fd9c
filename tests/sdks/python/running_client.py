"""Clients of tests: with short pauses, and closed at their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edge_script.process import ScriptedEdge
from feature_flag_platform import FeatureFlagClient

NOWHERE = "http://127.0.0.1:9"
"""An address for clients that are offline."""


@contextmanager
def client_of(edge: ScriptedEdge, **options: Any) -> Iterator[FeatureFlagClient]:
    """A client of the scripted edge."""
    given = {"env_key": edge.server_key, "endpoint": edge.edge, "start_wait": 30, "retry_first": 0.02, **options}
    client = FeatureFlagClient(**given)
    try:
        yield client
    finally:
        client.close(0)


def offline(document: Any, **options: Any) -> FeatureFlagClient:
    """A client that has only a bootstrap."""
    return FeatureFlagClient("srv_of_tests", NOWHERE, offline=True, bootstrap=document, **options)
