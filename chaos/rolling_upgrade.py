"""`python -m chaos.rolling_upgrade`: from the version before to this one under load, replica by replica.

Two of each service of the version before stand behind a balancer; each is replaced by one of this version, in the order
of an upgrade, so that old and new serve beside each other. Each request is tried once. Exit status 1 if any failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from devstack.processes import PartFailedError
from devstack.released import ReleaseMissing, python_path, released_commit, unpack
from devstack.services import Service
from devstack.services import loader as a_loader

from .promises import Promise, print_promises, write_report
from .rolling_restarts import Platform, answered, none_lost, opened, streams_back, under_load
from .waiting import until

_FOLDER = Path("build/chaos-upgrade")
_ORDER = ("edge_evaluator", "event_ingestor", "analytics", "control_plane")
"""Readers first, writers last; loaders come after the ingestors."""

_SLOWER = {"analytics": 10, "control_plane": 2}
"""So many times fewer requests are asked of them."""
_PATIENCE_SECONDS = 300.0


async def run(
    folder: Path, beside: int, *, durable: bool = True, commit: str | None = None, whole: Sequence[str] = _ORDER
) -> list[Promise]:
    """`beside`: so many requests each service answers while old and new stand beside each other; of those that are not
    in `whole` the second one stays of the version before. The report is in the folder, emptied before. Raises
    ReleaseMissing, PartFailedError."""
    shutil.rmtree(folder, ignore_errors=True)
    commit = commit or released_commit()
    before = python_path(await asyncio.to_thread(unpack, commit, folder / "before"))
    async with opened(folder, durable=durable, python_path=before) as platform:
        second_loader = a_loader(folder / "services", platform.stack, "second_loader")
        second_loader.environment["PYTHONPATH"] = before
        await asyncio.to_thread(second_loader.start)
        try:
            mixed: Counter[str] = Counter()
            async with under_load(platform) as ends:
                for name in _ORDER:
                    await _upgrade(platform, name, 0)
                    mixed[name] = await _serve(platform, name, beside)
                    if name in whole:
                        await _upgrade(platform, name, 1)
                    if name == "event_ingestor":
                        for each in (platform.services.loader, second_loader):
                            await _renew(each)
            done = {
                name: f"replaced one by one; {mixed[name]:,} requests while both versions served"
                for name in platform.replicas
            }
            promises = [
                *answered(platform, "upgrading is not failing", done),
                await none_lost(
                    platform, "no event is lost by an upgrade", "ingestors and two loaders replaced while events came"
                ),
                streams_back(platform, ends),
            ]
            write_report(folder / "report.json", promises, {"from": commit, "beside": dict(mixed)})
        finally:
            await asyncio.to_thread(second_loader.stop)
    return promises


async def _upgrade(platform: Platform, name: str, which: int) -> None:
    del platform.replicas[name][which].environment["PYTHONPATH"]
    await platform.restart(name, which)


async def _renew(service: Service) -> None:
    del service.environment["PYTHONPATH"]
    await asyncio.to_thread(service.restart)


async def _serve(platform: Platform, name: str, requests: int) -> int:
    balancer = platform.balancers[name]
    requests = max(1, requests // _SLOWER.get(name, 1))
    before = balancer.answers.total()

    async def enough() -> bool:
        return balancer.answers.total() - before >= requests

    await until(enough, _PATIENCE_SECONDS)
    return balancer.answers.total() - before


def main() -> int:
    """0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="chaos.rolling_upgrade", description=__doc__)
    parser.add_argument("--beside", type=int, default=100, help="requests to each while both serve (%(default)s)")
    parser.add_argument("--from", dest="commit", help="a commit instead of the last release's")
    parser.add_argument("--json", type=Path, help="a further file for the report")
    given = parser.parse_args()
    console = Console()
    try:
        promises = asyncio.run(run(_FOLDER, given.beside, commit=given.commit))
    except (ReleaseMissing, PartFailedError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    print_promises(console, promises)
    if given.json:
        given.json.write_text(json.dumps(json.loads((_FOLDER / "report.json").read_text()), indent=2) + "\n")
    return 0 if all(each.met for each in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
