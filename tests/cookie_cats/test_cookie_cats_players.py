"""The recorded players are read whole, and a damaged file is refused with its line."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from examples.cookie_cats.players import Player, read_players


def written(folder: Path, *lines: str) -> Path:
    file = folder / "players.csv.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write("\n".join(["userid,version,sum_gamerounds,retention_1,retention_7", *lines]) + "\n")
    return file


def test_all_players_are_there() -> None:
    players = read_players()
    assert Counter(player.arm for player in players) == {"gate_30": 44_700, "gate_40": 45_489}
    assert len({player.user_key for player in players}) == 90_189
    assert players[0] == Player("116", "gate_30", 3, False, False)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1,gate_50,1,true,false", "line 3: unknown version 'gate_50'"),
        ("1,gate_30,many,true,false", "line 3: invalid literal"),
        ("1,gate_30,1,yes,false", "line 3: 'yes'"),
        ("1,gate_30,1,true", "line 3: not enough values"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_players(written(tmp_path, "1,gate_30,1,true,false", line))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.csv.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write("a,b\n")
    with pytest.raises(ValueError, match="line 1: expected the columns"):
        read_players(file)
