"""A report as one HTML page that needs nothing else: no script, no file, no host. Every text is escaped."""

from __future__ import annotations

from html import escape

from analytics.reports.content import (
    Badge,
    Block,
    Cell,
    Facts,
    Grid,
    Listing,
    Paragraph,
    Pictures,
    Report,
    Row,
    Section,
)
from analytics.reports.drawings import BAD, GOOD, INK, MUTED, UNCLEAR, Drawing
from analytics.reports.svg import as_svg

_STYLE = f"""
:root{{color-scheme:light}}*{{box-sizing:border-box}}
body{{font:14px/1.45 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;color:{INK};background:#fff;
max-width:1240px;margin:2rem auto;padding:0 1.2rem}}
h1{{font-size:1.7rem;margin:0;overflow-wrap:anywhere}}h2{{font-size:1.15rem;margin:2.2rem 0 .6rem;
border-bottom:2px solid #e3e7ee;padding-bottom:.25rem}}
h3{{font-size:.95rem;margin:1rem 0 .2rem;overflow-wrap:anywhere}}p{{margin:.5rem 0;overflow-wrap:anywhere}}
.muted,caption,small,.note td{{color:{MUTED}}}
small{{display:block;font-size:.85em;font-weight:400;overflow-wrap:anywhere}}
.scroll{{overflow-x:auto;margin:.6rem 0 1.2rem}}
table{{border-collapse:collapse;width:100%;min-width:56rem;table-layout:fixed;font-variant-numeric:tabular-nums}}
caption{{text-align:left;padding:0 0 .5rem;font-size:.92em}}
th,td{{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;overflow-wrap:break-word}}
thead th{{font-size:.85em;color:{MUTED};border-bottom:1px solid #aab3c0;vertical-align:bottom}}
tbody th{{font-weight:600;overflow-wrap:anywhere}}
tbody tr{{border-top:1px solid #e3e7ee}}tbody tr.note{{border-top:0}}.note td{{padding-top:0;font-size:.88em}}
.n{{text-align:right}}
.badge{{font-weight:600}}
.good{{color:{GOOD}}}.bad{{color:{BAD}}}.unclear{{color:{UNCLEAR}}}.waiting,.plain{{color:{MUTED}}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.6rem 0}}dt{{color:{MUTED}}}
dd{{margin:0;overflow-wrap:anywhere}}
.pictures{{display:flex;flex-wrap:wrap;gap:1.2rem}}figure{{margin:0;max-width:100%}}
svg{{max-width:100%;height:auto;font-family:inherit;display:block}}.pictures svg{{width:calc(1.5px*var(--w))}}
pre{{font:11px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;
background:#f6f7f9;padding:.5rem .7rem;margin:.2rem 0}}
@page{{size:A4 landscape;margin:12mm}}
@media print{{body{{margin:0;max-width:none;padding:0;font-size:10px}}h2,h3,caption{{break-after:avoid}}
tr,figure{{break-inside:avoid}}thead{{display:table-header-group}}.scroll{{overflow:visible}}
*{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}}}
"""


def html_page(report: Report) -> str:
    title = escape(report.title)
    sections = "".join(_section(number, each) for number, each in enumerate(report.sections))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><header>"
        f"<h1 dir=auto>{escape(report.title)}</h1>"
        f'<p class="muted">{escape(report.where)}</p></header>{sections}</main></body></html>'
    )


def _section(number: int, section: Section) -> str:
    blocks = "".join(_block(each) for each in section.blocks)
    return f'<section aria-labelledby="s{number}"><h2 id="s{number}">{escape(section.title)}</h2>{blocks}</section>'


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p{' class=muted' if block.muted else ''}>{escape(block.text)}</p>"
    if isinstance(block, Facts):
        pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in block.pairs)
        return f"<dl>{pairs}</dl>"
    if isinstance(block, Pictures):
        shown = "".join(f'<figure style="--w:{each.width:g}">{as_svg(each)}</figure>' for each in block.drawings)
        return f'<div class="pictures">{shown}</div>'
    if isinstance(block, Listing):
        return f"<h3>{escape(block.title)}</h3><pre>{escape(block.text)}</pre>"
    return _table(block)


def _table(grid: Grid) -> str:
    heads = "".join(
        f'<th scope="col"{" class=n" if each.numeric else ""}>{escape(each.title)}</th>' for each in grid.headings
    )
    whole = sum(each.share for each in grid.headings)
    columns = "".join(f'<col style="width:{100 * each.share / whole:.1f}%">' for each in grid.headings)
    rows = "".join(_row(grid, each) for each in grid.rows)
    return (
        f'<div class="scroll"><table><caption>{escape(grid.caption)}</caption>'
        f"<colgroup>{columns}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(grid: Grid, row: Row) -> str:
    cells = [
        f'<th scope="row">{_cell(cell)}</th>'
        if number == 0
        else f"<td{' class=n' if heading.numeric else ''}>{_cell(cell)}</td>"
        for number, (heading, cell) in enumerate(zip(grid.headings, row.cells, strict=True))
    ]
    note = f'<tr class="note"><td colspan="{len(cells)}">{escape(row.note)}</td></tr>' if row.note else ""
    return f"<tr>{''.join(cells)}</tr>{note}"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Drawing):
        return as_svg(cell)
    below = f"<small>{escape(cell.below)}</small>" if cell.below else ""
    if isinstance(cell, Badge):
        sign = f'<span aria-hidden="true">{escape(cell.sign)}</span>'
        return f'<span class="badge {cell.tone}">{sign} {escape(cell.text)}</span>{below}'
    return f"{escape(cell.text)}{below}"
