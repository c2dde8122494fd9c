"""What one organization's load costs another: the quiet one's times with and without the loud one, in turns in one run.

The loud one sends over many connections, each request as soon as the last one was answered: without limits of its own
(`free`), and far above them (`over its limit`). The quiet one asks the same kind of thing fifteen times a second. One
process of each service, embedded servers, and both clients on the same machine.

With `--apart` the loud one also asks a second platform that only shares the machine: what the quiet one's times are
then is the machine's doing, and what they are more beside the loud one is the product's.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.edge_traffic import Template
from benchmarks.lean_client import Answered, LeanClient
from benchmarks.loud_tenants_made import TWO, Tenant
from benchmarks.report import Report, accept_json
from devstack.services import Service, Services

GOAL = 2.0
NOT_VARIED = ("processes of a service (one)", "tenants (two)", "what the quiet one asks (fifteen times a second)")
_QUIET_PER_SECOND = 15.0
_RISES_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """`asked`: a request of a tenant; the quiet one asks it, or `quiet` where that is something else."""

    name: str
    service: Callable[[Services], Service]
    asked: Callable[[Tenant], bytes]
    connections: int
    settings: Mapping[str, str] = field(default_factory=dict)
    quiet: Callable[[Tenant], bytes] | None = None


@dataclass(slots=True)
class Times:
    """Of the quiet one's requests, in milliseconds."""

    each: list[float] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.each)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


CASES = (
    Case("edge: evaluations, free", lambda all_: all_.edge, TWO.evaluation, 32),
    Case(
        "edge: evaluations, over its limit",
        lambda all_: all_.edge,
        TWO.evaluation,
        32,
        {"FF_EDGE_REQUESTS_PER_KEY_PER_SECOND": "30"},
    ),
    Case("ingestor: bodies of 200 events, free", lambda all_: all_.ingestor, TWO.events, 16, quiet=TWO.event),
    Case(
        "ingestor: bodies of 200 events, over its limit",
        lambda all_: all_.ingestor,
        TWO.events,
        16,
        {"FF_EVENTS_PER_KEY_PER_SECOND": "200"},
        quiet=TWO.event,
    ),
    Case("ingestor: bodies of 5,000 events, free", lambda all_: all_.ingestor, TWO.many_events, 4, quiet=TWO.event),
    Case("ingestor: bodies of 200 bad events, free", lambda all_: all_.ingestor, TWO.bad_events, 16, quiet=TWO.event),
    Case("control plane: lists, free", lambda all_: all_.control_plane, TWO.flags, 16),
    Case(
        "control plane: lists, over its limit",
        lambda all_: all_.control_plane,
        TWO.flags,
        16,
        {"FF_CONTROL_PLANE_READS_PER_ACTOR_PER_SECOND": "30"},
    ),
    Case("control plane: new flags, free", lambda all_: all_.control_plane, TWO.new_flag, 8, quiet=TWO.flags),
    Case("analytics: results, free", lambda all_: all_.analytics, TWO.results, 16),
    Case(
        "analytics: results, over its limit",
        lambda all_: all_.analytics,
        TWO.results,
        16,
        {"FF_ANALYTICS_READS_PER_ACTOR_PER_SECOND": "30"},
    ),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """All services, and the loud and the quiet tenant on them."""

    services: Services
    loud: Tenant
    quiet: Tenant


def measure(
    case: Case, platform: Platform, apart: Platform | None, client: LeanClient, rounds: int, seconds: float
) -> dict[str, float]:
    """The quiet one alone, beside the loud one, and beside one that asks another platform, in turns."""
    port, asked = case.service(platform.services).port, (case.quiet or case.asked)(platform.quiet)
    sent: list[Answered] = []
    sent_apart: list[Answered] = []
    alone, beside, beside_apart = Times(), Times(), Times()

    def ask_beside(loud: Platform, into: Times, answered: list[Answered]) -> None:
        noise = [Template(case.asked(loud.loud), case.asked(loud.loud).count(b"%016x"))]
        lasts = seconds + 2 * _RISES_SECONDS
        with _loud(client, case.service(loud.services).port, noise, case.connections, lasts, answered):
            time.sleep(_RISES_SECONDS)
            _ask(port, asked, seconds, into)

    for _ in range(rounds):
        _ask(port, asked, seconds, alone)
        ask_beside(platform, beside, sent)
        if apart is not None:
            ask_beside(apart, beside_apart, sent_apart)
    lasted = rounds * (seconds + 2 * _RISES_SECONDS)
    figures = {
        "loud_per_second": round(sum(each.requests for each in sent) / lasted),
        "loud_refused_share": round(sum(each.refused for each in sent) / sum(each.requests for each in sent), 3),
        "alone_p50_ms": round(alone.percentile(50), 2),
        "alone_p99_ms": round(alone.percentile(99), 2),
        "beside_p50_ms": round(beside.percentile(50), 2),
        "beside_p99_ms": round(beside.percentile(99), 2),
        "ratio_p50": round(beside.percentile(50) / alone.percentile(50), 2),
        "ratio_p99": round(beside.percentile(99) / alone.percentile(99), 2),
    }
    if apart is not None:
        figures |= {
            "apart_loud_per_second": round(sum(each.requests for each in sent_apart) / lasted),
            "apart_p50_ms": round(beside_apart.percentile(50), 2),
            "apart_p99_ms": round(beside_apart.percentile(99), 2),
            "ratio_p50_apart": round(beside.percentile(50) / beside_apart.percentile(50), 2),
            "ratio_p99_apart": round(beside.percentile(99) / beside_apart.percentile(99), 2),
        }
    return figures


@contextmanager
def _loud(
    client: LeanClient, port: int, noise: list[Template], connections: int, seconds: float, sent: list[Answered]
) -> Iterator[None]:
    def send() -> None:
        sent.append(client.run(port, noise, status="...", connections=connections, seconds=seconds))

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        sending.join()


def _ask(port: int, request: bytes, seconds: float, times: Times) -> None:
    """Over one connection, at a steady pace: a moment that is late is not made up for."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    headers = dict(each.split(": ", 1) for each in lines)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        filled = _filled(body)
        connection.request(method, path, body=filled or None, headers=headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - started
        if answer.status >= 400:
            raise SystemExit(f"the quiet one was refused: {method} {path}: {answer.status}")
        times.each.append(took * 1000)
        time.sleep(max(0.0, 1 / _QUIET_PER_SECOND - took))
    connection.close()


def _filled(body: bytes) -> bytes:
    return body.replace(b"%016x", b"%016x" % (time.time_ns() & (2**64 - 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each of the two in a round (%(default)s)")
    parser.add_argument("--only", help="cases whose name holds this")
    parser.add_argument("--apart", action="store_true", help="also beside a loud one on a platform of its own")
    accept_json(parser)
    given = parser.parse_args()
    report = Report("loud_tenant", NOT_VARIED)
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        platform = running.enter_context(_platform(Path(name) / "one"))
        apart = running.enter_context(_platform(Path(name) / "apart")) if given.apart else None
        client = LeanClient(Path(name))
        print(f"{'the loud one':<50}{'a second':>9}{'refused':>9}{'alone p50':>11}{'p99':>8}", end="")
        print(f"{'beside p50':>12}{'p99':>8}{'ratio p99':>11}", end="")
        print(f"{'apart p50':>11}{'p99':>8}{'ratio p99':>11}" if apart else "")
        for case in CASES:
            if given.only and given.only not in case.name:
                continue
            with ExitStack() as settings:
                for each in (platform, apart):
                    if each is not None:
                        settings.enter_context(_settings(case.service(each.services), case.settings))
                row = measure(case, platform, apart, client, given.rounds, given.seconds)
            report.add(row=case.name, **row)
            print(
                f"{case.name:<50}{row['loud_per_second']:>9.0f}{row['loud_refused_share']:>9.1%}"
                f"{row['alone_p50_ms']:>11.2f}{row['alone_p99_ms']:>8.2f}"
                f"{row['beside_p50_ms']:>12.2f}{row['beside_p99_ms']:>8.2f}{row['ratio_p99']:>11.2f}",
                f"{row['apart_p50_ms']:>10.2f}{row['apart_p99_ms']:>8.2f}{row['ratio_p99_apart']:>11.2f}"
                if apart
                else "",
                flush=True,
            )
    report.finish(given.json)


@contextmanager
def _platform(folder: Path) -> Iterator[Platform]:
    with TWO.running(folder) as (services, (loud, quiet)):
        yield Platform(services, loud, quiet)


@contextmanager
def _settings(service: Service, settings: Mapping[str, str]) -> Iterator[None]:
    """The service with these settings for the time of the block."""
    kept = dict(service.environment)
    if settings:
        service.environment.update(settings)
        service.restart()
    try:
        yield
    finally:
        service.environment = kept
        if settings:
            service.restart()


if __name__ == "__main__":
    main()
