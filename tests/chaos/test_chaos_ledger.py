"""What the ledger adds up to, and that a loss or a double can't hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.ledger import Entry, Ledger, Tally
from chaos.tenant import figures
from chaos.trials.settlement import differences

ENTRIES = [
    Entry("e1", "exposure", "anna", "on"),
    Entry("e2", "exposure", "anna", "on"),
    Entry("e3", "exposure", "bert", "off"),
    Entry("e4", "metric", "anna", "on", 7),
    Entry("e5", "metric", "anna", "on", 5),
]
EXPECTED = {
    "off": {"units": 1, "conversions": 0, "events": 0, "sum": 0},
    "on": {"units": 1, "conversions": 1, "events": 2, "sum": 12},
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


def test_it_is_written_before_it_is_counted(ledger: Ledger) -> None:
    ledger.acknowledge(ENTRIES)
    assert ledger.acknowledged == len(ledger.path.read_text().splitlines()) == 5


def test_it_adds_up_by_variation(ledger: Ledger) -> None:
    ledger.acknowledge(ENTRIES)
    tally = Tally.read(ledger.path)
    assert tally.figures() == EXPECTED
    assert tally.events == 5
    assert tally.ids == {"exposure": {"e1", "e2", "e3"}, "metric": {"e4", "e5"}}


def test_an_id_twice_is_a_fault_of_the_harness(ledger: Ledger) -> None:
    ledger.acknowledge([ENTRIES[0], ENTRIES[0]])
    with pytest.raises(ValueError, match="e1 stands in the ledger twice"):
        Tally.read(ledger.path)


def test_equal_figures_have_no_differences() -> None:
    assert differences(EXPECTED, {key: dict(arm) for key, arm in EXPECTED.items()}) == ""


@pytest.mark.parametrize(("name", "found"), [("events", 3), ("sum", 7), ("units", 0)])
def test_one_event_too_many_or_too_few_is_told(name: str, found: int) -> None:
    wrong = EXPECTED | {"on": EXPECTED["on"] | {name: found}}
    assert differences(EXPECTED, wrong) == f"on {name}: ledger {EXPECTED['on'][name]}, product {found}"


def test_a_missing_variation_is_told() -> None:
    assert "off units: ledger 1, product None" in differences(EXPECTED, {"on": EXPECTED["on"]})


def test_results_are_read_in_the_words_of_the_ledger() -> None:
    def metric(key: str, **on: float) -> dict[str, object]:
        off = {"variation": "off", "units": 1, "rate": 0.0, "mean": 0.0}
        return {"metric": key, "variations": [off, {"variation": "on", "units": 3} | on]}

    results = {
        "units": {"variations": [{"variation": "on", "units": 3}, {"variation": "off", "units": 1}]},
        "metrics": [metric("conversions", rate=1 / 3), metric("events", mean=2 / 3), metric("sum", mean=4.0)],
    }
    assert figures(results) == {
        "off": {"units": 1, "conversions": 0, "events": 0, "sum": 0},
        "on": {"units": 3, "conversions": 1, "events": 2, "sum": 12},
    }
