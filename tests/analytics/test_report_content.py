"""What a report says: decision, plan, health, each metric as a row; its words and colours follow the readings alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.reports.composition import report_of
from analytics.reports.content import Badge, Facts, Listing, Words
from analytics.reports.documents import Documents
from analytics.reports.drawings import BAD, GOOD, UNCLEAR, Area, Drawing
from analytics.reports.html_page import html_page
from analytics.reports.interval_pictures import WIDTH
from analytics.reports.pdf_pages import as_pdf
from analytics.results.comparison_documents import ComparisonDocument
from analytics.results.metric_documents import MetricDocument
from analytics.results.post_stratification import PostStratifiedBlock
from stats import Lift, State, Status
from stats.effects import ONLY_LOOK, SetKind

from tests.analytics.report_cases import documents_of, grid_of, texts_of, words
from tests.documents.pdf_text import read_pdf

_BADGES = {State.BETTER: "better", State.WORSE: "worse", State.UNCLEAR: "unclear", State.TOO_EARLY: "too early"}
_COLOURS = {State.BETTER: GOOD, State.WORSE: BAD, State.UNCLEAR: UNCLEAR}


def with_comparison(documents: Documents, position: int, **changed: object) -> Documents:
    """The first comparison of a metric with other fields."""
    metrics = list(documents.results.metrics)
    metric = metrics[position]
    variations = list(metric.variations)
    found = variations[1].comparison
    assert found is not None
    variations[1] = replace(variations[1], comparison=replace(found, **changed))  # type: ignore[arg-type]
    metrics[position] = replace(metric, variations=variations)
    return replace(documents, results=replace(documents.results, metrics=metrics))


def comparison_of(metric: MetricDocument) -> ComparisonDocument:
    found = metric.variations[1].comparison
    assert found is not None
    return found


async def test_the_sections_stand_in_the_order_of_a_decision() -> None:
    report = report_of(await documents_of("group", by="country"))

    assert [each.title for each in report.sections] == [
        "Decision",
        "Plan",
        "Health",
        "Goals",
        "Guardrails",
        "Secondary metrics, exploratory",
        "Over time",
        "Segments by country",
        "New units per day",
        "Fixed horizon",
        "How to compute it again",
    ]


async def test_the_decision_has_its_rule_and_reasons() -> None:
    documents = await documents_of()
    grid = grid_of(report_of(documents), "Decision")

    for row, told in zip(grid.rows, documents.results.decisions, strict=True):
        assert isinstance(row.cells[1], Badge)
        assert row.cells[1].text == told.verdict.value.replace("_", " ")
        assert row.cells[2] == Words(" ".join(told.reasons))
        assert row.cells[3] == Words(told.rule.replace("_", " "))


@pytest.mark.parametrize("state", list(_BADGES))
async def test_words_and_colours_follow_the_reading_and_no_p(state: State) -> None:
    documents = await documents_of(metrics=1)
    reading = comparison_of(documents.results.metrics[0]).reading
    for p_value in (1e-9, 0.9):
        changed = with_comparison(
            documents,
            0,
            reading=replace(reading, state=state, p_value=p_value, adjusted_p=p_value),
            p_value=p_value,
            adjusted_p=p_value,
            significant=p_value < 0.5,
        )
        row = grid_of(report_of(changed), "Goals").rows[0]
        badge, picture = row.cells[1], row.cells[4]
        assert isinstance(badge, Badge)
        assert isinstance(picture, Drawing)
        assert badge.text == _BADGES[state]
        drawn = {each.colour for each in picture.marks if isinstance(each, Area)}
        assert drawn & set(_COLOURS.values()) == ({_COLOURS[state]} if state in _COLOURS else set())


async def test_both_p_stand_beside_each_other_with_the_method() -> None:
    documents = await documents_of()
    goals = [each for each in documents.results.metrics if each.role == "goal"]
    grid = grid_of(report_of(documents), "Goals")

    assert [each.title for each in grid.headings][-3:] == ["p", "p adjusted", "Method"]
    readings = [each.comparison.reading for metric in goals for each in metric.variations if each.comparison]
    assert words(grid, 5) == [f"{each.p_value:.4f}" for each in readings]
    assert words(grid, 6) == [f"{each.adjusted_p:.4f}" for each in readings]
    assert words(grid, 7) == [each.method.replace("_", " ") for each in readings]


async def test_a_huge_lift_flattens_no_other() -> None:
    documents = await documents_of(metrics=2)
    lift = comparison_of(documents.results.metrics[0]).lift
    wide = with_comparison(documents, 0, lift=replace(lift, estimate=4.0, lower=3.0, upper=5.2))
    before, after = (grid_of(report_of(each), "Goals").rows[2].cells[4] for each in (documents, wide))

    assert before == after
    assert isinstance(after, Drawing)
    interval = next(each for each in after.marks if isinstance(each, Area))
    across = [x for x, _ in interval.points]
    assert max(across) - min(across) > WIDTH / 3


@pytest.mark.parametrize(
    ("lift", "named"),
    [
        (
            Lift(Status.LIFT_UNBOUNDED, 0.2, SetKind.COMPLEMENT, excluded=(-3.0, -0.5)),
            "unbounded: all but −300.00% to −50.00%",
        ),
        (Lift(Status.LIFT_UNBOUNDED, 0.2, SetKind.ALL_REALS), "unbounded: every lift is possible"),
    ],
    ids=["complement", "all"],
)
async def test_unbounded_sets_are_named(lift: Lift, named: str) -> None:
    report = report_of(with_comparison(await documents_of(metrics=1), 0, lift=lift))
    assert words(grid_of(report, "Goals"), 3)[0] == f"+20.00% ({named})"


async def test_a_figure_too_large_for_an_axis_costs_its_picture_alone() -> None:
    lift = Lift(Status.OK, 1e300, SetKind.INTERVAL, -1e308, 1e308)
    report = report_of(with_comparison(await documents_of(metrics=1), 0, lift=lift))
    assert "too wide to draw" in set(texts_of(report))


async def test_guardrails_have_margin_power_and_their_own_p() -> None:
    documents = await documents_of()
    guardrail = next(each for each in documents.results.metrics if each.role == "guardrail")
    block = comparison_of(guardrail).guardrail
    assert block is not None
    assert block.power is not None
    row = grid_of(report_of(documents), "Guardrails").rows[0]

    assert row.cells[2] == Words("2% relative", f"power {100 * block.power:.0f}%")
    assert row.cells[5] == Words(f"{block.p_value:.4f}")


async def test_a_guardrail_without_margin_is_shown_and_not_judged() -> None:
    report = report_of(with_comparison(await documents_of(metrics=4), 3, guardrail=None))
    assert words(grid_of(report, "Guardrails"), 1)[0] == "no margin"


async def test_secondary_metrics_are_called_exploratory() -> None:
    grid = grid_of(report_of(await documents_of()), "Secondary metrics, exploratory")
    assert {each.cells[1].below for each in grid.rows if isinstance(each.cells[1], Badge)} == {"exploratory"}


async def test_the_fixed_horizon_stands_apart_with_its_caution() -> None:
    documents = await documents_of()
    grid = grid_of(report_of(documents), "Fixed horizon")

    assert "valid if this is the only look" in grid.caption
    fixed = comparison_of(documents.results.metrics[0]).fixed_horizon
    assert words(grid, 1)[0] == f"{fixed.p_value:.4f}"


async def test_what_computes_it_again_is_there() -> None:
    documents = await documents_of()
    section = report_of(documents).sections[-1]

    facts = next(each for each in section.blocks if isinstance(each, Facts))
    assert ("Engine", f"stats {documents.results.engine_version}") in facts.pairs
    assert sum(isinstance(each, Listing) for each in section.blocks) == len(documents.results.metrics)


async def test_a_metric_that_cannot_be_analysed_has_a_row_that_says_why() -> None:
    documents = await documents_of(metrics=2)
    broken = replace(documents.results.metrics[0], variations=[], explanation="the filter is broken")
    results = replace(documents.results, metrics=[broken, documents.results.metrics[1]])
    rows = grid_of(report_of(replace(documents, results=results)), "Goals").rows

    assert rows[-1].note == "the filter is broken"
    assert isinstance(rows[-1].cells[1], Badge)
    assert rows[-1].cells[1].text == "not estimable"


async def test_the_difference_within_strata_stands_beside_and_says_that_it_decides_nothing() -> None:
    block = PostStratifiedBlock(
        attribute="country",
        strata=12,
        status=Status.OK,
        difference=0.0125,
        se=0.004,
        lower=0.0047,
        upper=0.0203,
        p_value=0.0018,
        caution=ONLY_LOOK,
    )
    report = report_of(with_comparison(await documents_of(metrics=1), 0, post_stratified=block))
    said = (
        "Within 12 strata of country: difference +0.0125 (+0.0047 to +0.0203), p 0.0018; it decides nothing: valid if"
        " this is the only look."
    )
    note = grid_of(report, "Goals").rows[0].note
    assert said in note
    assert said in html_page(report)
    assert "".join(said.split()) in "".join(read_pdf(as_pdf(report)).text.split())
