"""The recorded players: who saw which gate, and what they did afterwards."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA_FILE = Path(__file__).with_name("cookie_cats.csv.gz")
ARMS = ("gate_30", "gate_40")
_COLUMNS = ["userid", "version", "sum_gamerounds", "retention_1", "retention_7"]
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Player:
    """One row: `rounds` played in the first 14 days, and whether the player came back after 1 and 7 days."""

    user_key: str
    arm: str
    rounds: int
    back_on_day_1: bool
    back_on_day_7: bool


def read_players(path: Path = DATA_FILE) -> list[Player]:
    """Read all players. Raises `ValueError` naming the line when the file is not of the expected form."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(_players(csv.reader(file)))


def _players(rows: Iterator[list[str]]) -> Iterator[Player]:
    heading = next(rows, None)
    if heading != _COLUMNS:
        raise ValueError(f"line 1: expected the columns {_COLUMNS}, found {heading}")
    for number, row in enumerate(rows, start=2):
        try:
            user_key, arm, rounds, day_1, day_7 = row
            if arm not in ARMS:
                raise ValueError(f"unknown version {arm!r}")
            yield Player(user_key, arm, int(rounds), _BOOLEANS[day_1], _BOOLEANS[day_7])
        except (ValueError, KeyError) as error:
            raise ValueError(f"line {number}: {error}") from error
