"""A look at the edges: heard for a few seconds, and compared with the stream and with each other."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from importlib.metadata import version

from messages.subjects import edges_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from streams import Bus

from control_plane.diagnosis.findings import Findings, counted
from control_plane.fleet.memory import Edge, Fleet
from control_plane.fleet.telemetry import FleetTelemetry
from control_plane.publishing.stream_contents import read_manifests

LISTEN_SECONDS = 5.0
"""Edges speak every two seconds."""
_NAMES_MAX = 10


async def look(findings: Findings, *, bus: Bus, clock: Clock, seconds: float = LISTEN_SECONDS) -> None:
    """Raises `BusError`."""
    before = {each: held.version for each, held in (await read_manifests(bus)).environments.items()}
    edges = await heard(bus, clock, seconds)
    if not edges:
        findings.fault(
            f"no edge was heard for {seconds:g} s: nobody is answered, or nobody tells so",
            "start one, and see its log",
            "VerdictEdgeLost",
        )
        return
    findings.well(f"{counted(len(edges), 'edge')} heard: {_named([each.id for each in edges])}")
    own = version("verdict-platform")
    others = Counter(each.software_version or "?" for each in edges if each.software_version != own)
    if others:
        told = ", ".join(f"{count} of {other}" for other, count in others.most_common())
        findings.warning(f"this is version {own}; of other versions are edges, {told}", "finish the upgrade")
    late = sorted(each.id for each in edges if _is_behind(each, before))
    if late:
        findings.fault(
            f"{_named(late)} serve older versions than the stream had {seconds:g} s ago",
            "see their readiness and their way to NATS",
            "VerdictEdgesBehind",
        )
    else:
        findings.well("each serves the newest configuration")
    for environment_id, digests in _digests(edges).items():
        if len(digests) > 1:
            findings.fault(
                f"edges serve different contents of one version of environment {environment_id}",
                "restart those that differ, and report it: this must not be",
                "VerdictConfigMismatches",
            )


async def heard(bus: Bus, clock: Clock, seconds: float) -> list[Edge]:
    """All that speak within so many seconds."""
    fleet = Fleet(clock, FleetTelemetry(CollectorRegistry()))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for payload in bus.listen(edges_subject("*")):
                fleet.take(payload)
    return fleet.edges


def _is_behind(edge: Edge, published: dict[str, int]) -> bool:
    return any(served.version < published.get(each, -1) for each, served in edge.serves.items())


def _digests(edges: list[Edge]) -> dict[str, set[str]]:
    """The digests of the newest version that is served of each environment."""
    newest: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    for edge in edges:
        for environment_id, served in edge.serves.items():
            if served.version > newest.get(environment_id, -1):
                newest[environment_id], found[environment_id] = served.version, set()
            if served.version == newest[environment_id]:
                found[environment_id].add(served.digest)
    return found


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    return ", ".join(names[:_NAMES_MAX]) + more
