"""What a segment's long list costs at the edge, and how long one key takes to get there.

    python -m benchmarks.long_lists [--keys 1000 1000000] [--edits 20] [--json FILE]

"key": bytes of memory beside the key's text, by tracemalloc, of what the engine holds; "set" is a frozenset of the
same keys. "load": CPU from the chunks' documents to the list. "member" and "other": microseconds of an evaluation of a
flag whose one rule names the segment, for units that are listed and units that aren't; the best of rounds that
alternate between the lists. Then servers, each a process of its own: the upload of the largest list as a file, until
the edge serves it; single keys that are added to it, until the edge serves them, beside edits of another flag.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.flagset import Fixed, Flag, FlagSet, FlagType, InSegment, Rule, Segment
from bucketing.long_lists import ListChunk, LongList
from control_plane.segments.list_edits import EditMode, KeyPartition, ListEdit, Listing, Standing, edited
from messages.documents import chunk_of
from streams.jetstream import JetStreamBus

from benchmarks.propagation import running
from benchmarks.propagation_stage import PROJECT, Console, Ear, Fleet
from benchmarks.report import Report, accept_json
from devstack.services import Credentials, control_plane
from devstack.stack import Stack

NOT_VARIED = ("keys of 37 characters, included ones", "one edge, one environment", "the targeting key is the unit")
ROUNDS = 5
ASKED = 20_000
_PADDING = 32


def key(number: int) -> str:
    return f"user-{number:0{_PADDING}d}"


def documents(keys: int) -> tuple[Standing, list[bytes]]:
    """As they are published."""
    edit = ListEdit(Listing.INCLUDED, EditMode.ADD, KeyPartition(map(key, range(keys))))
    made = edited(Standing(), [], {}, [edit])
    return made.standing, [each.document for each in made.chunks]


def listed(standing: Standing, chunks: list[bytes]) -> LongList:
    by_number: dict[int, ListChunk] = {each.number: each for each in map(chunk_of, chunks)}
    return LongList(standing.included, standing.excluded, standing.digest).with_chunks(by_number)


def flags(long_list: LongList) -> CompiledFlagSet:
    rule = Rule("beta", InSegment(("beta",)), Fixed("on"))
    flag = Flag("f", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("off"), rules=(rule,))
    return compile_flagset(FlagSet("salt", 1, {"f": flag}, {"beta": Segment("beta", long_list=long_list)}))


def held_bytes(make: Callable[[], Any]) -> int:
    """What is held of what `make` makes."""
    tracemalloc.start()
    held = make()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del held
    return size


def evaluation_us(compiled: CompiledFlagSet, contexts: list[dict[str, Any]]) -> float:
    began = time.process_time()
    for context in contexts:
        compiled.evaluate("f", context, 0)
    return (time.process_time() - began) / len(contexts) * 1e6


def measure_engine(sizes: list[int], report: Report) -> None:
    print(f"{'keys':>10} {'chunks':>7} {'B/key':>7} {'set':>6} {'load s':>7} {'member us':>10} {'other us':>9}")
    sets, rows = {}, {}
    for keys in sizes:
        standing, chunks = documents(keys)
        text = len(key(0))
        began = time.process_time()
        sets[keys] = flags(listed(standing, chunks))
        load = time.process_time() - began
        rows[keys] = {
            "keys": keys,
            "chunks": len(chunks),
            "bytes_a_key": held_bytes(lambda made=(standing, chunks): listed(*made)) / keys - text,  # type: ignore[misc]
            "set_bytes_a_key": held_bytes(lambda many=keys: frozenset(map(key, range(many)))) / keys - text,  # type: ignore[misc]
            "load_s": load,
            "member_us": float("inf"),
            "other_us": float("inf"),
        }
    for _ in range(ROUNDS):
        for keys, compiled in sets.items():
            for name, first in (("member_us", 0), ("other_us", keys)):
                asked = [{"targetingKey": key(first + number * 7919 % keys)} for number in range(ASKED)]
                rows[keys][name] = min(rows[keys][name], evaluation_us(compiled, asked))
    for row in rows.values():
        print(
            f"{row['keys']:10,} {row['chunks']:7,} {row['bytes_a_key']:7.1f} {row['set_bytes_a_key']:6.1f} "
            f"{row['load_s']:7.2f} {row['member_us']:10.2f} {row['other_us']:9.2f}"
        )
        report.add(**row)


async def measure_servers(keys: int, edits: int, report: Report) -> None:
    credentials = Credentials()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Stack(folder / "stack", ("postgres", "nats")) as stack,
            running(control_plane(folder / "services", stack, credentials)) as plane,
        ):
            bus = await JetStreamBus.connect(stack.nats.url, name="bench")
            fleet = Fleet(folder / "services", stack.nats.url)
            async with httpx.AsyncClient(base_url=plane.url, timeout=120) as client:
                console, ear = Console(client), Ear(bus)
                await console.begin(credentials)
                listening = asyncio.create_task(ear.listen(console.environment))
                try:
                    await asyncio.to_thread(fleet.grow, 1)
                    edge = psutil.Process(fleet.edges[0].pid)
                    await _edits(console, ear, 3)
                    small = edge.memory_info().rss
                    told = await _upload(client, ear, keys)
                    grown = (edge.memory_info().rss - small) / keys - len(key(0))
                    single = [await _add_one(client, ear, number) for number in range(edits)]
                    others = await _edits(console, ear, edits)
                    told |= {"edge_bytes_a_key": grown, "one_key_ms": median(single), "one_key_max_ms": max(single)}
                    told |= {"other_edit_ms": median(others)}
                    report.add(keys=keys, edits=edits, **told)
                    print(
                        f"\nupload of {keys:,} keys: answered in {told['upload_s']:.1f} s, at the edge in "
                        f"{told['upload_to_edge_s']:.1f} s; the edge's process grew by {grown:.0f} bytes a key beside "
                        f"its text\none key to the edge: median {told['one_key_ms']:.0f} ms, max "
                        f"{told['one_key_max_ms']:.0f} ms of {edits}; an edit of something else "
                        f"{told['other_edit_ms']:.0f} ms"
                    )
                finally:
                    listening.cancel()
                    await asyncio.to_thread(fleet.stop)
                    await bus.close()


async def _edits(console: Console, ear: Ear, edits: int) -> list[float]:
    taken = []
    for _ in range(edits):
        written = await console.edit()
        taken.append((await ear.reached(1, written.version) - written.started) * 1000)
    return taken


async def _upload(client: httpx.AsyncClient, ear: Ear, keys: int) -> dict[str, float]:
    file = "".join(f"{key(number)}\n" for number in range(keys)).encode()
    began = time.perf_counter()
    path = f"{PROJECT}/segments/people/long-list/included"
    answer = await client.put(path, content=file, headers={"Content-Type": "text/plain"})
    answered = time.perf_counter()
    version = answer.raise_for_status().json()["environment_versions"]["production"]
    return {"upload_s": answered - began, "upload_to_edge_s": await ear.reached(1, version) - began}


async def _add_one(client: httpx.AsyncClient, ear: Ear, number: int) -> float:
    began = time.perf_counter()
    body = {"included": {"add": [f"one more {number}"], "remove": [key(number)]}}
    answer = await client.patch(f"{PROJECT}/segments/people/long-list", json=body)
    version = answer.raise_for_status().json()["environment_versions"]["production"]
    return (await ear.reached(1, version) - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--edits", type=int, default=20, help="of one key; 0: no servers are started")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("long_lists", NOT_VARIED)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    measure_engine(sorted(options.keys), report)
    if options.edits:
        asyncio.run(measure_servers(max(options.keys), options.edits, report))
    report.finish(options.json)


if __name__ == "__main__":
    main()
