"""The comparison is to the last digit, and the table and the picture show what there is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from examples.cookie_cats.known_answers import KNOWN_ANSWERS, compare
from examples.cookie_cats.report import Outcome, draw_lifts, print_checks, print_outcomes
from examples.cookie_cats.stages import Stages

OUTCOME = Outcome("Day-7 retention", 0.1902, 0.182, -0.0431, -0.0691, -0.0164, 0.001554, "chi_square", True)
FOUND: dict[str, float | None] = {name: float(value) for name, value in KNOWN_ANSWERS.items()}


def test_figures_that_round_to_the_known_answers_agree() -> None:
    near = FOUND | {"day-7 retention p": 0.00155409, "rounds degrees of freedom": 58595.4512}
    assert all(check.agrees for check in compare(near))


@pytest.mark.parametrize(
    ("name", "value"),
    [("day-7 retention p", 0.0015551), ("rounds Welch t", 0.88544), ("players gate_30", 44701), ("rounds p", None)],
)
def test_a_figure_off_by_one_digit_or_missing_differs(name: str, value: float | None) -> None:
    assert [check.name for check in compare(FOUND | {name: value}) if not check.agrees] == [name]


def test_tables_show_every_figure() -> None:
    text = io.StringIO()
    console = Console(file=text, width=140)
    print_outcomes(console, [OUTCOME], 0.95)
    print_checks(console, compare(FOUND | {"rounds p": 0.1}))
    shown = text.getvalue()
    for part in ("Day-7 retention", "19.02%", "-4.31%", "-6.91% … -1.64%", "chi_square", "58595.5", "differs"):
        assert part in shown
    assert shown.count("agrees") == len(KNOWN_ANSWERS) - 1


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    file = tmp_path / "results.png"
    draw_lifts([OUTCOME, OUTCOME], 0.95, file)
    assert file.read_bytes().startswith(b"\x89PNG\r\n")


def test_stages_are_calm_elsewhere_than_on_a_terminal() -> None:
    text = io.StringIO()
    stages = Stages(Console(file=text, width=100))
    with stages.stage("Counting", 3) as advance:
        for _ in range(3):
            advance(1)
    first, second = text.getvalue().splitlines()
    assert first == "Counting …"
    assert second.strip().startswith("Counting: 3 in ")
    assert stages.seconds["Counting"] >= 0


def test_stages_draw_a_bar_on_a_terminal() -> None:
    text = io.StringIO()
    with Stages(Console(file=text, width=100, force_terminal=True)).stage("Counting", 3) as advance:
        advance(3)
    assert "Counting: 3 in " in text.getvalue()
    assert "✓" in text.getvalue()
