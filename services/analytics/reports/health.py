"""The checks of the data, the shares of units, where a mismatch comes from, and what disturbed the experiment."""

from __future__ import annotations

from analytics.reports.content import Block, Cell, Grid, Heading, Paragraph, Row, Section, Words, plain
from analytics.reports.phrases import NOTHING, check_badge, count, moment, number, percent, probability, spaced
from analytics.reports.segment_names import named
from analytics.results.disturbances import DisturbancesDocument, path_told
from analytics.results.documents import ResultDocument
from analytics.results.mismatch_sources import CALLED
from analytics.results.sample_ratio_documents import MismatchSourceDocument, SampleRatioDocument, SliceDocument

_SLICES_MAX = 10
_MARKS_MAX = 10


def health(results: ResultDocument) -> Section:
    """What each check found, and what it means where it is not met."""
    rows = tuple(
        Row(
            (Words(spaced(each.name)), check_badge(each.state), Words(plain(each.finding))),
            plain(f"{each.meaning} {each.action}") if each.state in {"warning", "problem"} else "",
        )
        for each in results.health
    )
    headings = (Heading("Check", 22), Heading("State", 14), Heading("Finding", 64))
    ratio = results.sample_ratio
    blocks: list[Block] = [
        Grid("Checks of the data", headings, rows),
        _shares(ratio),
        *(_source(each, ratio) for each in ratio.sources if each.slices),
    ]
    if results.disturbances.marks:
        blocks.append(_disturbances(results.disturbances))
    left_out = results.units.in_several_variations
    if left_out:
        blocks.append(Paragraph(f"{count(left_out)} units saw several variations and are in no figure.", muted=True))
    return Section("Health", tuple(blocks))


def _disturbances(found: DisturbancesDocument) -> Grid:
    """What disturbed the experiment, the last first."""
    shown = found.marks[::-1][:_MARKS_MAX]
    more = found.total - len(shown)
    rows = tuple(
        Row(
            (
                Words(moment(each.at)),
                Words(plain(f"{each.entity} {each.key}")),
                Words(plain("; ".join(path_told(effect) for effect in each.effects))),
                Words(plain(each.reason or NOTHING), below=spaced(each.cause)),
            )
        )
        for each in shown
    )
    headings = (Heading("When", 20), Heading("Changed", 20), Heading("What, and on which path", 34), Heading("Why", 26))
    caption = "What disturbed the experiment while it ran; nothing was left out for it"
    return Grid(f"{caption}; {more:,} earlier ones are left out." if more else f"{caption}.", headings, rows)


def _shares(ratio: SampleRatioDocument) -> Grid:
    rows = tuple(
        Row(
            (
                Words(plain(each.variation)),
                Words(count(each.units)),
                Words(percent(each.share, ".2f")),
                Words(percent(each.expected_share, ".2f")),
            )
        )
        for each in ratio.variations
    )
    headings = (
        Heading("Variation", 40),
        Heading("Units", 20, numeric=True),
        Heading("Share", 20, numeric=True),
        Heading("Expected", 20, numeric=True),
    )
    return Grid(f"Sample ratio. {plain(ratio.summary)}", headings, rows)


def _source(source: MismatchSourceDocument, ratio: SampleRatioDocument) -> Grid:
    """The slices with most of the deviation, and whether all the others agree without each."""
    shown = source.slices[:_SLICES_MAX]
    more = len(source.slices) - len(shown) + source.left_out
    caption = f"Where the mismatch comes from, by {CALLED.get(source.by, plain(source.by))}"
    names = [each.variation for each in ratio.variations]
    headings = (
        Heading("Slice", 24),
        Heading("Shares", 14),
        Heading("Part of the deviation", 14, numeric=True),
        Heading("p", 10, numeric=True),
        Heading("p elsewhere", 12, numeric=True),
        Heading("Units, and more than expected", 40),
    )
    return Grid(
        f"{caption}; {more:,} smaller ones are left out." if more else f"{caption}.",
        headings,
        tuple(Row(_slice(each, names)) for each in shown),
    )


def _slice(found: SliceDocument, names: list[str]) -> tuple[Cell, ...]:
    by_name = {each.variation: each for each in found.variations}
    excess = ", ".join(
        f"{plain(name)} {count(by_name[name].units)} ({number(by_name[name].excess, '+,.0f')})"
        for name in names
        if name in by_name
    )
    p_value = found.sequential.p_value if found.sequential is not None else found.p_value
    state = "problem" if found.mismatch else "unknown" if found.mismatch is None else "ok"
    return (
        Words(named(found.segment)),
        check_badge(state),
        Words(percent(found.contribution, ".0f") if found.contribution is not None else NOTHING),
        Words(probability(p_value)),
        Words(probability(found.p_elsewhere)),
        Words(excess),
    )
