"""State that is lost or restored: a store's data gone, the database of an hour ago, an edge without its folder.

Nothing older is published without a command, nothing is forgotten, and what the bus still holds is stored again.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import httpx

from chaos.edge_client import EdgeClient
from chaos.harness import Harness
from chaos.promises import Promise
from chaos.tenant import figures
from chaos.trials.settlement import differences
from chaos.waiting import until
from devstack.backups import copy_database, lose_data, restore_database
from devstack.services import DATABASE, Service

_COMMAND_SECONDS_MAX = 60.0
_STAYED_OFF, _NEWER, _LATEST = "stayed-off", "newer", "latest"
_USERS = [f"keeper-{number}" for number in range(20)]


async def lost_state(harness: Harness) -> list[Promise]:
    """After the ledger was settled: the stores are lost one after the other."""
    return [await _warehouse_lost(harness), await _database_restored(harness), await _bus_lost(harness)]


async def _warehouse_lost(harness: Harness) -> Promise:
    before = figures(await harness.tenant.results())
    async with harness.supervisor.down("clickhouse"):
        lose_data(harness.bed.stack.clickhouse)
    started = time.monotonic()
    await harness.supervisor.ready("clickhouse")
    await until(lambda: _says_lost(harness))
    tables = time.monotonic() - started
    said = await _command(harness.bed.services.loader, "analytics", "rewind", "--since", "2000-01-01T00:00:00Z")
    told = "not yet"

    async def same() -> bool:
        nonlocal told
        told = differences(before, figures(await harness.tenant.results()))
        return not told

    await until(same)
    return Promise(
        "a lost warehouse is filled again from the stream",
        "ClickHouse killed and its data removed, then `analytics rewind`",
        told
        or f"results said so after {tables:.1f} s, without a restart; then every figure as before ({said.strip()})",
        not told and tables <= harness.plan.told_seconds,
    )


async def _says_lost(harness: Harness) -> bool:
    """Whether the results are refused with the reason, instead of told from what is left."""
    try:
        await harness.tenant.results()
    except httpx.HTTPStatusError as error:
        return "warehouse_events_lost" in error.response.text
    return False


async def _database_restored(harness: Harness) -> Promise:
    tenant, postgres = harness.tenant, harness.bed.stack.postgres
    await tenant.create_flag(_STAYED_OFF)
    identity, key = await tenant.create_key("to be revoked")
    await _served(harness, _STAYED_OFF)
    await asyncio.to_thread(copy_database, postgres, DATABASE, "backup")
    await tenant.change_stubbornly(f"flags/{_STAYED_OFF}/environments/production", {"enabled": False})
    await tenant.revoke_key(identity)
    await tenant.create_flag(_NEWER)
    await _served(harness, _NEWER)
    newest = tenant.version

    await asyncio.to_thread(restore_database, postgres, "backup", DATABASE)
    started = time.monotonic()
    await until(lambda: _blocked(harness))
    red = time.monotonic() - started
    await tenant.change_stubbornly("flags/checkout/environments/production", {"rules": []})
    kept = [await _kept(edge, key) for edge in harness.edges]
    shown = await _command(harness.bed.services.control_plane, "control_plane", "recover", "--show")
    named = all(name in shown for name in (_STAYED_OFF, _NEWER))
    await _command(harness.bed.services.control_plane, "control_plane", "recover", "--accept-database")
    await until(lambda: _all_serve_above(harness, newest))
    await until(lambda: _green(harness))
    gone = [await _status_of(edge, harness.tenant.server_key, _NEWER) for edge in harness.edges]
    accepted = set(gone) == {httpx.codes.NOT_FOUND}
    return Promise(
        "a restored database is published by a command alone",
        "a flag switched off, a key revoked and a flag made, then the database of before them; an edit of that one",
        f"told after {red:.1f} s; {sum(kept)} of {len(kept)} edges served what they had; the command "
        f"{'names the difference' if named else 'does NOT name the difference'}; afterwards the database "
        f"{'is' if accepted else 'is NOT'} what is served",
        all(kept) and named and accepted and red <= harness.plan.told_seconds,
    )


async def _kept(edge: EdgeClient, revoked: str) -> bool:
    """Whether what was done last still holds at this edge."""
    off, newer = await edge.evaluate("somebody", _STAYED_OFF), await edge.evaluate("somebody", _NEWER)
    return (
        off is not None
        and newer is not None
        and off.json().get("reason") == "DISABLED"
        and newer.status_code == httpx.codes.OK
        and await _status_of(edge, revoked, _NEWER) == httpx.codes.UNAUTHORIZED
    )


async def _status_of(edge: EdgeClient, key: str, flag: str) -> int | None:
    """Of an evaluation that may be refused, and so isn't counted with the others."""
    client = edge.with_key(key)
    answer = await client.evaluate("somebody", flag)
    await client.close()
    return answer.status_code if answer is not None else None


async def _bus_lost(harness: Harness) -> Promise:
    held = [await edge.environment() or (0, "") for edge in harness.edges]
    version = max(version for version, _ in held)
    before = [(await edge.ask_all(_USERS)).variants for edge in harness.edges]
    async with harness.supervisor.down("nats"):
        lose_data(harness.bed.stack.nats)
        newcomer = harness.bed.new_edge("edge_of_the_lost_bus")
        await asyncio.to_thread(newcomer.launch)
        unready = await _ready_status(newcomer)
        alone = [(await edge.ask_all(_USERS)).variants for edge in harness.edges]
    started = time.monotonic()
    await harness.supervisor.ready("nats")
    client = EdgeClient(newcomer.url, harness.tenant.server_key)

    async def healed() -> bool:
        held = await client.environment()
        return held is not None and held[0] >= version

    await until(healed)
    seconds = time.monotonic() - started
    after = [(await edge.ask_all(_USERS)).variants for edge in (*harness.edges, client)]
    batch = await harness.new_population("after-the-loss").batch()
    await harness.sdk.deliver(batch)
    await client.close()
    same = all(each == before[0] for each in (*before, *alone, *after))
    return Promise(
        "a lost bus is filled again from the database",
        "NATS killed and its data removed, nobody edits; a new edge without a snapshot beside those that run",
        f"the new edge said {unready} before and serves version {version} {seconds:.1f} s after the bus was back; "
        f"{'the same variants all the time' if same else 'OTHER variants'}; events are taken again",
        same and unready != httpx.codes.OK and seconds <= harness.plan.told_seconds,
    )


async def _served(harness: Harness, flag: str) -> None:
    async def served() -> bool:
        answers = [await _status_of(edge, harness.tenant.server_key, flag) for edge in harness.edges]
        return set(answers) == {httpx.codes.OK}

    await until(served)


async def _all_serve_above(harness: Harness, version: int) -> bool:
    held = [await edge.environment() for edge in harness.edges]
    return all(each is not None and each[0] > version for each in held)


async def _blocked(harness: Harness) -> bool:
    return "degraded" in (await _readiness(harness.bed.services.control_plane)).text


async def _green(harness: Harness) -> bool:
    answer = await _readiness(harness.bed.services.control_plane)
    return answer.status_code == httpx.codes.OK and "degraded" not in answer.text


async def _readiness(service: Service) -> httpx.Response:
    async with httpx.AsyncClient(timeout=5) as http:
        return await http.get(f"{service.url}/readyz")


async def _ready_status(service: Service) -> int:
    """Of readiness, as soon as the service, which is just starting, answers at all."""
    statuses: list[int] = []

    async def answered() -> bool:
        statuses.append((await _readiness(service)).status_code)
        return True

    await until(answered)
    return statuses[-1]


async def _command(service: Service, *words: str) -> str:
    """What a command of the product prints, with the settings of one of its services."""
    script = str(Path(sys.executable).with_name(words[0]))
    process = await asyncio.create_subprocess_exec(
        script, *words[1:], env=service.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_COMMAND_SECONDS_MAX):
        printed, errors = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {errors.decode()[-2000:]}")
    return printed.decode()
