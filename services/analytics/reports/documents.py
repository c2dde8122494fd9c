"""What reports are made of, and what may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analytics.results.documents import ResultDocument
from analytics.results.segment_documents import DailyDocument, SegmentedDocument

ReportForm = Literal["html", "pdf", "png"]
Picture = Literal["intervals", "lift_over_time", "daily_units"]


@dataclass(frozen=True, slots=True)
class Documents:
    """What a report is made of. `segmented` None: nobody asked for segments."""

    results: ResultDocument
    over_time: DailyDocument
    segmented: SegmentedDocument | None = None
