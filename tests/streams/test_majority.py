"""A leader's word counts while it has just heard most of those that hold the stream with it."""

from __future__ import annotations

from typing import Any

import pytest
from streams.majority import CutOff, require_majority

HEARD, SILENT = 900_000_000, 4_000_000_000


def details(*active: int, offline: bool = False) -> dict[str, Any]:
    return {"cluster": {"leader": "a", "replicas": [{"active": each, "offline": offline} for each in active]}}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="one-server"),
        pytest.param(details(), id="one-replica-in-a-cluster"),
        pytest.param(details(HEARD, HEARD), id="all-of-three"),
        pytest.param(details(HEARD, SILENT), id="two-of-three"),
        pytest.param(details(HEARD, HEARD, SILENT, SILENT), id="three-of-five"),
    ],
)
def test_a_majority_is_heard(answer: dict[str, Any]) -> None:
    require_majority(answer)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(details(SILENT, SILENT), id="alone-of-three"),
        pytest.param(details(HEARD, HEARD, offline=True), id="both-known-to-be-away"),
        pytest.param(details(HEARD, SILENT, SILENT, SILENT), id="two-of-five"),
    ],
)
def test_who_hears_too_few_is_cut_off(answer: dict[str, Any]) -> None:
    with pytest.raises(CutOff, match="hears"):
        require_majority(answer)


def test_who_asks_after_trouble_asks_for_a_fresher_word() -> None:
    require_majority(details(HEARD, HEARD), within_seconds=1.2)
    with pytest.raises(CutOff):
        require_majority(details(1_500_000_000, 1_500_000_000), within_seconds=1.2)
