"""A look at NATS: its servers, how full its streams are, and whether each has the copies that were asked for."""

from __future__ import annotations

from messages.subjects import ACTS, CONFIG, DEAD_LETTERS, EVENTS, VERDICTS
from service_kit.clock import Clock
from streams.connection import BusConnection
from streams.inspection import StreamInspection, inspect

from control_plane.diagnosis.findings import Findings

SECONDS = 5.0
FULL_SHARE = 0.8
_MADE_BY = {
    CONFIG: "the control plane's relay",
    ACTS: "the control plane, or analytics",
    EVENTS: "an ingestor",
    DEAD_LETTERS: "a loader",
    VERDICTS: "a monitor",
}
_FULL_PAGES = {CONFIG: "VerdictConfigStreamFilling", EVENTS: "VerdictEventStreamFull"}
_NEEDED = (CONFIG, ACTS, EVENTS)


async def look(findings: Findings, *, connection: BusConnection, replicas: int, clock: Clock) -> None:
    """`replicas`: the copies that `FF_NATS_REPLICAS` asks for. Raises `BusUnavailable`."""
    bus = await inspect(connection, tuple(_MADE_BY), SECONDS, clock.now)
    where = f"cluster {bus.cluster}, {bus.servers} known servers" if bus.cluster else "one server"
    findings.well(f"NATS {bus.server_version}, {where}, {bus.storage / 1024**2:,.0f} MiB in streams")
    if bus.storage_max and bus.storage >= FULL_SHARE * bus.storage_max:
        findings.warning(
            f"its account has used {bus.storage / bus.storage_max:.0%} of what its streams may take",
            "raise max_storage of the account, or lower the streams' sizes (FF_…_MAX_BYTES)",
        )
    if bus.time is not None:
        findings.compare_clocks("its", bus.time / 1000, bus.asked_at / 1000)
    for name in bus.missing:
        text = f"there is no stream {name}: {_MADE_BY[name]} makes it"
        if name in _NEEDED:
            findings.fault(text, "start it; its log says why where it can't make the stream", "VerdictStreamNotReady")
        else:
            findings.warning(text, "start it, or go without what it does")
    for stream in bus.streams:
        _look_at(findings, stream, replicas)


def _look_at(findings: Findings, stream: StreamInspection, replicas: int) -> None:
    share = stream.bytes / stream.bytes_max if stream.bytes_max else 0.0
    findings.well(f"{stream.name}: {share:.1%} of {stream.bytes_max / 1024**2:,.0f} MiB, {_copies(stream.copies)}")
    if share >= FULL_SHARE:
        findings.warning(
            f"{stream.name} is {share:.0%} full: then it refuses what comes",
            f"raise FF_{stream.name}_MAX_BYTES where the disk has room, or see why nobody takes what it holds",
            _FULL_PAGES.get(stream.name, ""),
        )
    if stream.copies < replicas:
        findings.fault(
            f"{stream.name} has {stream.copies} of {_copies(replicas)}: a server that is lost takes it along",
            "have as many servers as FF_NATS_REPLICAS, and restart who makes the stream",
        )
    if stream.clustered and not stream.leader:
        findings.fault(f"{stream.name} has no leader: nothing is taken", "bring back a majority of its servers")
    for replica in stream.replicas:
        if replica.offline or not replica.current:
            state = "is away" if replica.offline else f"is {replica.behind} messages behind"
            findings.warning(
                f"{stream.name}: the copy on {replica.server} {state}",
                "bring the server back, and wait for it to catch up",
            )


def _copies(number: int) -> str:
    return f"{number} {'copy' if number == 1 else 'copies'}"
