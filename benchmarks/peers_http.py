"""The edge beside the servers of others: CPU microseconds a request, and how many requests a second.

    python -m benchmarks.peers_http [--seconds 4] [--rounds 2] [--json FILE]

Every server is one process on one core and holds 50 flags that say the same in its own words; the client is on the
other core. All speak OFREP. Before anything is measured, each must answer the same contexts with the same values as
the edge, one at a time and in bulk; users who are split by their hash must be split in halves. What can't be had, or
answers otherwise, is left out with the reason. CPU is user and system time over the requests served at full load.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from streams.jetstream import JetStreamBus

from benchmarks.edge_config import SEGMENT, flag
from benchmarks.edge_servers import Case, Publisher, Row, Server, best_of, edge, pin, serving, settled
from benchmarks.edge_traffic import BULK, NOT_VARIED, SINGLE, Traffic, requests_of
from benchmarks.peer_servers import flagd, go_feature_flag
from benchmarks.peer_servers.peer_server import Holding, NotToBeHad, PeerServer
from benchmarks.report import Report, accept_json
from devstack.ports import free_port
from devstack.stack import Stack
from tests.edge_evaluator.config_writer import SERVER_KEY
from tests.environment_writer import open_stream

PEERS = (go_feature_flag.SERVER, flagd.SERVER)
LEFT_OUT = {
    "Unleash Edge": "it speaks no OFREP; `make bench-peers` has its engine",
}
HOLDING = Holding(tuple(flag(number) for number in range(50)), {SEGMENT.key: SEGMENT})
CASES = {
    "one flag": Traffic(path=SINGLE, tracing="none"),
    "one flag, new headers": Traffic(path=SINGLE, tracing="new"),
    "bulk of 50": Traffic(path=BULK, tracing="none"),
    "bulk of 50, new headers": Traffic(path=BULK, tracing="new"),
}
USERS = 256
BULKS = 8

Answers = tuple[list[Any], list[dict[str, Any]]]
"""Values of one flag, and of all flags by key."""


class AnswersOtherwise(Exception):
    """What a server says that the edge doesn't."""


def answers(port: int) -> tuple[Answers, list[bool]]:
    """What a server says to each context, and which of them are split."""
    bodies = [each.partition(b"\r\n\r\n")[2] for each in requests_of(Traffic(path=SINGLE, users=USERS).templates())]
    headers = {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:

        def asked(path: str, body: bytes) -> dict[str, Any]:
            answer = client.post(path, content=body)
            if answer.status_code != httpx.codes.OK:
                raise AnswersOtherwise(f"{answer.status_code} {answer.text[:200]}")
            found: dict[str, Any] = answer.json()
            return found

        singles = [asked(SINGLE, body) for body in bodies]
        bulks = [asked(BULK, body)["flags"] for body in bodies[:BULKS]]
    found = [each["value"] for each in singles], [{each["key"]: each["value"] for each in bulk} for bulk in bulks]
    return found, [each["reason"] == "SPLIT" for each in singles]


def check(theirs: Answers, ours: Answers, split: list[bool]) -> None:
    """Raises AnswersOtherwise. `split`: whose value is a matter of the hash."""
    keys = {each.key for each in HOLDING.flags}
    for number, (one, other, by_hash) in enumerate(zip(theirs[0], ours[0], split, strict=True)):
        if not by_hash and one != other:
            raise AnswersOtherwise(f"context {number}: {one}, and the edge {other}")
    halves = [value for value, by_hash in zip(theirs[0], split, strict=True) if by_hash]
    if not 0.25 < sum(halves) / len(halves) < 0.75:
        raise AnswersOtherwise(f"{sum(halves)} of {len(halves)} users of a rollout in halves are in the one")
    for number, (some, all_of_ours) in enumerate(zip(theirs[1], ours[1], strict=True)):
        if some.keys() != keys:
            raise AnswersOtherwise(f"a bulk has {len(some)} flags")
        wrong = [key for key, value in some.items() if not split[number] and value != all_of_ours[key]]
        if wrong or some[HOLDING.flags[0].key] != theirs[0][number]:
            raise AnswersOtherwise(f"the bulk of context {number}: {wrong or 'another value than alone'}")


@contextmanager
def peer(server: PeerServer, folder: Path) -> Iterator[Server]:
    program = server.obtain()
    port = free_port()
    line = server.command(program, folder, port, HOLDING)
    with serving(server.name, line, port, folder, dict(server.environment)) as running:
        yield running


def show(rows: dict[str, dict[str, Row]]) -> None:
    print(f"\n{'CPU µs a request':30}" + "".join(f"{name:>25}" for name in CASES))
    for name, row in rows.items():
        print(f"{name:30}" + "".join(f"{row[case].cpu_microseconds:>25.1f}" for case in CASES))
    print(f"\n{'requests a second, at most':30}" + "".join(f"{name:>25}" for name in CASES))
    for name, row in rows.items():
        print(f"{name:30}" + "".join(f"{row[case].per_second:>25,.0f}" for case in CASES))


async def run(folder: Path, nats_url: str, seconds: float, rounds: int, report: Report) -> None:
    bus = await JetStreamBus.connect(nats_url, name="bench")
    await open_stream(bus)
    left_out = dict(LEFT_OUT)
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {SERVER_KEY}"}) as client:
        with ExitStack() as stack:
            ours = stack.enter_context(edge(folder, nats_url))
            await Publisher(bus, client, ours).write(HOLDING.flags)
            await settled(ours)
            pin(1)
            expected, split = answers(ours.port)
            servers = {"Verdict": ours}
            for each in PEERS:
                try:
                    running = stack.enter_context(peer(each, folder))
                    check(answers(running.port)[0], expected, split)
                    servers[each.name] = running
                except NotToBeHad as why:
                    left_out[each.name] = f"not to be had here: {why}"
                except AnswersOtherwise as why:
                    left_out[each.name] = f"answers otherwise: {why}"
            cases = [
                Case(f"{name}, {case}", server, traffic.templates())
                for case, traffic in CASES.items()
                for name, server in servers.items()
            ]
            found = {row.name: row for row in best_of(cases, seconds, rounds, latencies=False)}
    await bus.close()
    show({name: {case: found[f"{name}, {case}"] for case in CASES} for name in servers})
    for name in servers:
        for case in CASES:
            row = found[f"{name}, {case}"]
            cpu, rate = round(row.cpu_microseconds, 2), round(row.per_second)
            report.add(server=name, case=case, cpu_us=cpu, requests_per_second=rate)
    print()
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}")
        report.add(server=name, left_out=reason)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2)
    accept_json(parser)
    given = parser.parse_args()
    report = Report("peers-http", NOT_VARIED)
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("nats",), durable=False) as stack:
        asyncio.run(run(Path(name), stack.nats.url, given.seconds, given.rounds, report))
    report.finish(given.json)


if __name__ == "__main__":
    main()
