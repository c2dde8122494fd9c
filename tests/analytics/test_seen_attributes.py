"""Attributes that are counted, however many somebody sends."""

from __future__ import annotations

import json
from typing import Any

from analytics.attributes import seen


def unit(number: int, **attributes: object) -> dict[str, Any]:
    return {"user_key": f"u{number}", "contexts": [(1_000 + number, "checkout", json.dumps(attributes))]}


def test_common_ones_are_found_among_names_that_nobody_shares(monkeypatch: Any) -> None:
    monkeypatch.setattr(seen, "_NAMES_MAX", 100)
    rows = [unit(number, **{f"junk-{number}-{each}": each for each in range(90)}, plan="pro") for number in range(50)]
    rows += [unit(100 + number, plan="free", country="AT") for number in range(30)]
    found = seen.seen_attributes(rows, [])
    assert list(found)[:2] == ["plan", "country"]
    assert (found["plan"].units, found["country"].units) == (80, 30)
    assert found["plan"].commonest() == [("pro", 50), ("free", 30)]


def test_few_names_are_followed_however_many_are_sent(monkeypatch: Any) -> None:
    made = 0

    class Counted(seen.SeenAttribute):
        def __init__(self) -> None:
            nonlocal made
            made += 1
            super().__init__()

    monkeypatch.setattr(seen, "SeenAttribute", Counted)
    rows = [unit(number, **{f"junk-{number}-{each}": each for each in range(100)}) for number in range(100)]
    assert len(seen.seen_attributes(rows, [])) == seen.ATTRIBUTES_MAX
    assert made <= 2 * seen.ATTRIBUTES_MAX


def test_of_few_names_all_are_told_by_how_many_have_them() -> None:
    rows = [unit(number, plan="pro", **({"country": "AT"} if number % 2 else {})) for number in range(4)]
    found = seen.seen_attributes(rows, ["country"])
    assert [(name, each.units) for name, each in found.items()] == [("plan", 4), ("country", 2)]
    assert found["country"].commonest() == []
