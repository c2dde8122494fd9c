"""The SDK and its engine beside the Python SDKs of others: nanoseconds for one flag, evaluated inside this process.

    python -m benchmarks.peers [--rounds 15] [--without-c] [--json FILE]

Every engine holds 50 flags that say the same in its own words: three rules of two conditions, one of them a segment
of four, the last one a split in halves; a user has six attributes. Before anything is timed, each must serve every
kind of user as the rules say. Then all are measured in turns, round after round; shown is the median of the rounds,
and of each round's ratio to this SDK. No connection is opened: one that is tried ends the run. Exits 1 if this
SDK isn't faster than each of the others in each column.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.engine_flags import CONTEXT
from benchmarks.peer_sdks.peer import Attributes, Peer
from benchmarks.report import Report, accept_json

SECONDS_PER_TURN = 0.03
UNITS = 1000
SPLIT = CONTEXT
FIRST = {**CONTEXT, "plan": "pro"}
NOBODY = {**CONTEXT, "email": "dave@example.org"}
BETA = {**NOBODY, "email": "erin+beta@example.org"}
EXPECTED: dict[str, tuple[Attributes, bool]] = {
    "the first rule": (FIRST, True),
    "the first rule's other country": ({**FIRST, "country": "X7"}, True),
    "the second rule and its segment": (BETA, True),
    "not the second rule": ({**BETA, "age": 17}, False),
    "not the segment's country": ({**BETA, "country": "DE"}, False),
    "not the segment's plan": ({**BETA, "plan": "free"}, False),
    "not the segment's age": ({**BETA, "age": 18}, False),
    "not the third rule's version": ({**SPLIT, "version": "1.1.9"}, False),
    "no rule": (NOBODY, False),
}
NOT_VARIED = (
    "one flag of 50 is asked for",
    "six flat attributes",
    "the user of a column but for the split's key",
    "one thread",
)
COLUMNS = ("split", "split, context ready", "first rule, context ready")
Turn = Callable[[int], float]


def offline() -> None:
    """From now on, connecting to anything ends the process."""

    def refuse(_: socket.socket, address: object) -> None:
        print(f"an SDK tried to connect to {address}", file=sys.stderr)
        os._exit(1)

    socket.socket.connect = refuse  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign,assignment]


def without_c() -> None:
    """Makes the next import of this engine one that finds no compiled bucket."""
    for name in [
        each
        for each in sys.modules
        if each.startswith(("bucketing", "feature_flag_platform", "benchmarks.engine_flags"))
    ]:
        del sys.modules[name]
    sys.modules["bucketing.native._bucket"] = None  # type: ignore[assignment]


def every_peer() -> list[Peer]:
    """This platform's SDK first, then its engine alone."""
    from benchmarks.peer_sdks import flagd, growthbook, launchdarkly, sdk, unleash, verdict  # noqa: PLC0415

    makers = (sdk.peer, verdict.peer, growthbook.peer, launchdarkly.peer, unleash.peer, unleash.engine, flagd.peer)
    return [make() for make in makers]


def check(peer: Peer) -> None:
    """Raises AssertionError unless the peer serves the flag as its rules say, and splits users in halves."""
    for name, (attributes, expected) in EXPECTED.items():
        served = peer.serve(peer.context(attributes))
        if served is not expected:
            raise AssertionError(f"{peer.name} serves {served} to a user of: {name}")
    users = ({**SPLIT, "targetingKey": f"user-{number}"} for number in range(UNITS))
    share = sum(peer.serve(peer.context(user)) for user in users) / UNITS
    if not 0.4 < share < 0.6:
        raise AssertionError(f"{peer.name} serves the variation of one half to {share:.1%}")


def turns(peer: Peer) -> dict[str, Turn]:
    """What is timed of a peer, by column: each does `calls` evaluations and returns their seconds."""
    context, serve = peer.context, peer.serve

    def whole(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            serve(context(SPLIT))
        return time.perf_counter() - began

    def ready(attributes: Attributes) -> Turn:
        def turn(calls: int) -> float:
            asked = context(attributes)
            began = time.perf_counter()
            for _ in range(calls):
                serve(asked)
            return time.perf_counter() - began

        return turn

    return dict(zip(COLUMNS, (whole, ready(SPLIT), ready(FIRST)), strict=True))


def measure(peers: list[Peer], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Nanoseconds per evaluation of each round, by peer and column; peers take turns within a round."""
    work = {peer.name: turns(peer) for peer in peers}
    calls = {
        (name, column): max(1, int(SECONDS_PER_TURN / (turn(200) / 200)))
        for name, columns in work.items()
        for column, turn in columns.items()
    }
    times: dict[str, dict[str, list[float]]] = {name: {column: [] for column in COLUMNS} for name in work}
    for _ in range(rounds):
        for column in COLUMNS:
            for name, columns in work.items():
                count = calls[name, column]
                times[name][column].append(columns[column](count) / count * 1e9)
    return times


def ratio(times: list[float], own: list[float]) -> float:
    """The median over the rounds of what one took to what the other took in the same round."""
    return median(one / other for one, other in zip(times, own, strict=True))


def show(peers: list[Peer], times: dict[str, dict[str, list[float]]], report: Report) -> bool:
    """Prints the table. Returns whether the first peer is faster in each column than those that aren't ours."""
    own = times[peers[0].name]
    ratios = {peer.name: {c: ratio(times[peer.name][c], own[c]) for c in COLUMNS} for peer in peers}
    print("| engine | version | " + " | ".join(f"{column}, ns | ×" for column in COLUMNS) + " |")
    print("|---|---|" + "---:|---:|" * len(COLUMNS))
    for peer in peers:
        cells = (f"{median(times[peer.name][c]):,.0f} | {ratios[peer.name][c]:.1f}" for c in COLUMNS)
        print(f"| {peer.name} | {peer.version} | " + " | ".join(cells) + " |")
        for c in COLUMNS:
            took = {"median_ns": round(median(times[peer.name][c])), "ratio": round(ratios[peer.name][c], 2)}
            report.add(table=c, row=peer.name, version=peer.version, **took)
    print()
    for peer in peers:
        print(f"- {peer.name}: {peer.note}.")
    return all(each > 1 for peer in peers if not peer.ours for each in ratios[peer.name].values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--without-c", action="store_true", help="this engine's bucket in Python instead of C")
    accept_json(parser)
    options = parser.parse_args()
    report = Report("peers", NOT_VARIED)
    if options.without_c:
        without_c()
    offline()
    peers = every_peer()
    for peer in peers:
        check(peer)
    print(f"Python {platform.python_version()}, {options.rounds} rounds, every engine serves all {len(EXPECTED)} users")
    print("as the rules say\n")
    fastest = show(peers, measure(peers, options.rounds), report)
    for peer in peers:
        peer.close()
    report.finish(options.json)
    return 0 if fastest else 1


if __name__ == "__main__":
    sys.exit(main())
