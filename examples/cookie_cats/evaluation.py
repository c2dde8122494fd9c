"""Every player asks the edge, over OFREP, which gate to stand before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .lanes import Endpoint, post_all
from .players import Player
from .stages import Advance

FLAG = "gate-level"
RECORDED_ARM = "recorded_arm"
_LANES = 16


@dataclass(frozen=True, slots=True)
class Served:
    """What the edge served to a player, under which version of the configuration and in which experiment, if any."""

    player: Player
    variant: str
    config_version: int
    experiment: str | None


async def evaluate_players(edge: str, key: str, players: Sequence[Player], advance: Advance) -> list[Served]:
    """Evaluate the flag once per player, in order of arrival. Raises `RequestFailedError`."""
    path = f"/ofrep/v1/evaluate/flags/{FLAG}"
    target = Endpoint(edge, path, {"Authorization": f"Bearer {key}"})
    served: list[Served] = []

    def take(player: Player, body: bytes) -> None:
        answer = json.loads(body)
        metadata = answer["metadata"]
        served.append(Served(player, answer["variant"], int(metadata["version"]), metadata.get("experiment")))
        advance(1)

    await post_all(edge, (target.request(player, _context(player)) for player in players), take, _LANES)
    return served


def _context(player: Player) -> dict[str, object]:
    return {"context": {"targetingKey": player.user_key, RECORDED_ARM: player.arm}}
