"""What was seen, as the rows of the page of faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .walk import Fault

HEAD = (
    "| what was done | alerts: after, ended | fired besides | commands that ran | panels |",
    "|---|---|---|---|---|",
)


def page_rows(documents: Iterable[Mapping[str, Any]], faults: Sequence[Fault]) -> list[str]:
    """One for each fault, from files that `--json` wrote; of one that is in several the last that went through."""
    walked: dict[str, Mapping[str, Any]] = {}
    for each in (each for document in documents for each in document["walked"]):
        if each["fault"] not in walked or None not in each["fired_after_seconds"].values():
            walked[each["fault"]] = each
    return [*HEAD, *(_row(walked[each.key]) if each.key in walked else _unseen(each) for each in faults)]


def _row(seen: Mapping[str, Any]) -> str:
    ended = seen["ended_after_seconds"]
    alerts = "; ".join(
        f"{_link(alert)} {'not seen' if after is None else _times(after, ended.get(alert))}"
        for alert, after in seen["fired_after_seconds"].items()
    )
    with_it = ", ".join(each.removeprefix("Verdict") for each in (*seen["fired_with_it"], *seen["fired_besides"]))
    panels = ", ".join(sorted({titles[0] for titles in seen["panels"].values() if titles}))
    told = [each for commands in seen["commands"].values() for each in commands]
    ran = sum(each["outcome"] == "ran" for each in told)
    followed = f"{ran} of {len(told)}" if told else "-"
    return f"| {seen['done']} (`{seen['fault']}`) | {alerts} | {with_it or '-'} | {followed} | {panels or '-'} |"


def _unseen(fault: Fault) -> str:
    alerts = ", ".join(map(_link, fault.fires))
    return f"| {fault.done} (`{fault.key}`) | {alerts}: not in this run | - | - | - |"


def _link(alert: str) -> str:
    return f"[{alert}](runbooks/{alert}.md)"


def _times(after: float, ended: float | None) -> str:
    return f"{after:.0f} s" if ended is None else f"{after:.0f} s, ended {ended:.0f} s"
