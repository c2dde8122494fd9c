"""A report as PDF: its sections flow over pages of A4 across; a table that goes on repeats its head."""

from __future__ import annotations

from analytics.reports.content import (
    Block,
    Facts,
    Grid,
    Listing,
    Paragraph,
    Pictures,
    Report,
    Section,
)
from analytics.reports.drawings import FAINT, INK, MUTED, Area, Drawing, Label, Stroke, moved, rectangle
from analytics.reports.fonts import shown, wrapped
from analytics.reports.paper import HEIGHT, LINE, WIDTH, Paper
from analytics.reports.pdf_file import PdfFile, pdf_text
from analytics.reports.pdf_marks import RESOURCES, PageContent
from analytics.reports.pdf_tables import write_table
from analytics.reports.typefaces import typeface

_BODY, _SMALL, _MONO = 8.5, 7.5, 6.5
_NAMES = 170.0
_GAP = 14.0


def as_pdf(report: Report) -> bytes:
    """Text stays text; nothing in it is of the moment, so the same report is the same file."""
    paper = Paper(report.title)
    paper.text(report.title, 18.0, face="bold")
    paper.text(report.where, _SMALL, MUTED)
    for section in report.sections:
        _write_section(paper, section)
    return _file(report, paper)


def _file(report: Report, paper: Paper) -> bytes:
    file = PdfFile()
    fonts = " ".join(f"{name} {file.add_typeface(typeface(face))} 0 R" for face, name in RESOURCES.items())
    pages = file.reserve()
    made = []
    for sheet in paper.finished():
        content = PageContent(sheet, HEIGHT)
        states = " ".join(f"{name} << /ca {opacity:g} >>" for name, opacity in content.opacities.items())
        stream = file.add_stream(content.data)
        made.append(
            file.add(
                f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {WIDTH:g} {HEIGHT:g}] /Contents {stream} 0 R"
                f" /Resources << /Font << {fonts} >> /ExtGState << {states} >> >> >>"
            )
        )
    file.put(pages, f"<< /Type /Pages /Count {len(made)} /Kids [{' '.join(f'{each} 0 R' for each in made)}] >>")
    outline = _outline(file, paper, made)
    root = file.add(
        f"<< /Type /Catalog /Pages {pages} 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >>"
        f" /Outlines {outline} 0 R /PageMode /UseOutlines >>"
    )
    return file.written(root, file.add(f"<< /Title {pdf_text(report.title)} /Subject {pdf_text(report.where)} >>"))


def _outline(file: PdfFile, paper: Paper, pages: list[int]) -> int:
    """The sections, for who jumps to one."""
    outline = file.reserve()
    items = [file.reserve() for _ in paper.sections]
    for number, (title, page, top) in enumerate(paper.sections):
        before = f" /Prev {items[number - 1]} 0 R" if number else ""
        after = f" /Next {items[number + 1]} 0 R" if number + 1 < len(items) else ""
        file.put(
            items[number],
            f"<< /Title {pdf_text(title)} /Parent {outline} 0 R{before}{after}"
            f" /Dest [{pages[page]} 0 R /XYZ 0 {HEIGHT - top:.1f} 0] >>",
        )
    ends = f" /First {items[0]} 0 R /Last {items[-1]} 0 R" if items else ""
    file.put(outline, f"<< /Type /Outlines /Count {len(items)}{ends} >>")
    return outline


def _write_section(paper: Paper, section: Section) -> None:
    if not section.blocks:
        return
    paper.need(70.0)
    paper.skip(14.0)
    paper.begin(section.title)
    paper.text(section.title, 12.0, face="bold")
    paper.draw([Stroke(((paper.left, paper.at), (paper.right, paper.at)), FAINT, 1.2)])
    paper.skip(6.0)
    for block in section.blocks:
        _write_block(paper, block)


def _write_block(paper: Paper, block: Block) -> None:
    if isinstance(block, Paragraph):
        paper.text(block.text, _BODY, MUTED if block.muted else INK)
        paper.skip(3.0)
    elif isinstance(block, Facts):
        _write_facts(paper, block)
    elif isinstance(block, Pictures):
        _write_pictures(paper, block)
    elif isinstance(block, Listing):
        _write_listing(paper, block)
    elif isinstance(block, Grid):
        write_table(paper, block)


def _write_facts(paper: Paper, facts: Facts) -> None:
    for name, value in facts.pairs:
        names = wrapped(shown(name), _BODY, _NAMES - 8)
        values = wrapped(shown(value), _BODY, paper.right - paper.left - _NAMES)
        for number in range(max(len(names), len(values))):
            paper.need(LINE * _BODY)
            paper.skip(LINE * _BODY)
            for lines, left, colour in ((names, paper.left, MUTED), (values, paper.left + _NAMES, INK)):
                if number < len(lines):
                    paper.draw([Label((left, paper.at - 3), lines[number], _BODY, colour)])
    paper.skip(4.0)


def _write_pictures(paper: Paper, pictures: Pictures) -> None:
    """As many beside each other as there is room for."""
    row: list[Drawing] = []
    for each in (*pictures.drawings, None):
        room = paper.right - paper.left - sum(one.width + _GAP for one in row)
        if row and (each is None or each.width > room):
            _write_row_of_pictures(paper, row)
            row = []
        if each is not None:
            row.append(each)


def _write_row_of_pictures(paper: Paper, row: list[Drawing]) -> None:
    height = max(each.height for each in row)
    paper.need(height)
    left = paper.left
    for each in row:
        paper.draw([moved(mark, left, paper.at) for mark in each.marks])
        left += each.width + _GAP
    paper.skip(height + 8.0)


def _write_listing(paper: Paper, listing: Listing) -> None:
    paper.need(LINE * (_SMALL + 3 * _MONO))
    paper.text(listing.title, _SMALL, face="bold")
    for line in wrapped(shown(listing.text), _MONO, paper.right - paper.left - 8, "mono"):
        step = LINE * _MONO
        paper.need(step)
        paper.draw([Area(rectangle(paper.left, paper.at, paper.right - paper.left, step), "#f6f7f9")])
        paper.skip(step)
        paper.draw([Label((paper.left + 4, paper.at - 2.2), line, _MONO, face="mono")])
    paper.skip(5.0)
