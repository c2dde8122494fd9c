"""The main job on real data: a flag, an experiment, 90,189 players, and results that are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from .addresses import Addresses
from .errors import ServiceAwayError
from .evaluation import Served, evaluate_players
from .events import exposures, outcome_events, send_events
from .known_answers import Check, compare
from .outcomes import CONFIDENCE, Results, figures, outcomes, sent_totals, wait_for_results
from .players import Player, read_players
from .project import ControlPlane, Demo, SetUp, set_up, wait_for_edge
from .report import draw_lifts, print_checks, print_outcomes
from .stages import Stages

_REQUEST_SECONDS = 30.0


@dataclass(frozen=True)
class Replayed:
    """How the replay ended."""

    demo: Demo
    checks: list[Check]

    @property
    def agrees(self) -> bool:
        """Whether every known answer was found again."""
        return all(check.agrees for check in self.checks)


async def replay(addresses: Addresses, stages: Stages, folder: Path) -> Replayed:
    """Do everything, tell the user about it, and leave `results.json` and `results.png` in the folder.

    The services must be empty of this demo. Raises `ReplayError` when a service does not do its part.
    """
    try:
        return await _replay(addresses, stages, folder)
    except (httpx.TransportError, ConnectionError) as error:
        raise ServiceAwayError(f"a service does not answer: {error or type(error).__name__}") from error


async def _replay(addresses: Addresses, stages: Stages, folder: Path) -> Replayed:
    players = read_players()
    async with _client(addresses.control_plane) as client:
        api = ControlPlane(client)
        with stages.stage("Creating the project, the flag, the metrics and the experiment"):
            setup = await set_up(api, addresses, len(players))
        token = await api.sign_in(addresses.admin_email, addresses.admin_password)
    propagation_seconds = await _wait_for_edge(addresses, setup, stages)
    served = await _play(addresses, setup.demo, players, stages)
    results = await _collect(addresses, setup.demo, token, served, stages)
    checks = compare(figures(results))
    _show(stages, results, checks, folder)
    _write(folder / "results.json", results, checks, propagation_seconds, stages)
    stages.say(f"Results: {folder / 'results.json'}, picture: {folder / 'results.png'}")
    return Replayed(setup.demo, checks)


def _client(base_url: str, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A client that never goes through a proxy: the services listen on this machine."""
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=_REQUEST_SECONDS, trust_env=False)


async def _wait_for_edge(addresses: Addresses, setup: SetUp, stages: Stages) -> float:
    async with _client(addresses.edge) as client:
        seconds = await wait_for_edge(client, setup)
    stages.say(f"The edge held version {setup.config_version} after {seconds * 1000:.0f} ms.")
    return seconds


async def _play(addresses: Addresses, demo: Demo, players: Sequence[Player], stages: Stages) -> list[Served]:
    with stages.stage("Evaluating the players at the edge", len(players)) as advance:
        served = await evaluate_players(addresses.edge, demo.client_key, players, advance)
    seen, done = list(exposures(served)), list(outcome_events(served))
    # Exposures are sent last: once all have been received the plan has its units, and what is known by then is decided.
    with stages.stage("Sending returns and rounds", len(done)) as advance:
        await send_events(addresses.ingestor, demo.client_key, done, advance)
    with stages.stage("Sending exposures", len(seen)) as advance:
        await send_events(addresses.ingestor, demo.client_key, seen, advance)
    return served


async def _collect(addresses: Addresses, demo: Demo, token: str, served: list[Served], stages: Stages) -> Results:
    headers = {"Authorization": f"Bearer {token}"}
    with stages.stage("Waiting for the results", len(served)) as advance:
        async with _client(addresses.analytics, headers) as client:
            return await wait_for_results(client, demo.experiment_id, sent_totals(served), advance)


def _show(stages: Stages, results: Results, checks: list[Check], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = outcomes(results)
    print_outcomes(stages.console, rows, CONFIDENCE)
    stages.say(results["summary"])
    print_checks(stages.console, checks)
    draw_lifts(rows, CONFIDENCE, folder / "results.png")


def _write(file: Path, results: Results, checks: list[Check], propagation_seconds: float, stages: Stages) -> None:
    document = {
        "agrees": all(check.agrees for check in checks),
        "checks": [asdict(check) | {"agrees": check.agrees} for check in checks],
        "propagation_seconds": propagation_seconds,
        "stage_seconds": stages.seconds,
        "results": results,
    }
    file.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
