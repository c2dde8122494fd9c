"""What was seen, as the rows of the page of faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def page_rows(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """One for each fault of files that `--json` wrote; a fault that is in several has the row of the last one."""
    walked = {each["fault"]: each for document in documents for each in document["walked"]}
    return [_row(each) for each in walked.values()]


def _row(seen: Mapping[str, Any]) -> str:
    ended = seen["ended_after_seconds"]
    alerts = "; ".join(
        f"[{alert}](runbooks/{alert}.md) {_seconds(after)}, ended {_seconds(ended.get(alert))}"
        for alert, after in seen["fired_after_seconds"].items()
    )
    with_it = ", ".join(each.removeprefix("Verdict") for each in (*seen["fired_with_it"], *seen["fired_besides"]))
    panels = ", ".join(sorted({titles[0] for titles in seen["panels"].values() if titles}))
    told = [each for commands in seen["commands"].values() for each in commands]
    ran = sum(each["outcome"] == "ran" for each in told)
    return (
        f"| {seen['done']} (`{seen['fault']}`) | {alerts} | {with_it or '-'} | {ran} of {len(told)} | {panels or '-'} |"
    )


def _seconds(seconds: float | None) -> str:
    return "not seen" if seconds is None else f"{seconds:.0f} s"
