"""The dashboards: one for each thing that a platform team looks after; a panel says what good looks like."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from deploy.observability.catalogue import ROOT
from deploy.observability.dashboards.analytics import ANALYTICS
from deploy.observability.dashboards.control_plane import CONTROL_PLANE
from deploy.observability.dashboards.edge import EDGE
from deploy.observability.dashboards.events import EVENTS
from deploy.observability.dashboards.overview import OVERVIEW
from deploy.observability.dashboards.publishing import PUBLISHING
from deploy.observability.panels import Dashboard, grafana

FOLDER = ROOT / "deploy/helm/verdict/files/dashboards"
DASHBOARDS = (OVERVIEW, EDGE, PUBLISHING, EVENTS, ANALYTICS, CONTROL_PLANE)


def dashboard_files(dashboards: Sequence[Dashboard] = DASHBOARDS) -> dict[Path, str]:
    """The JSON of each, by its place in the chart."""
    return {
        FOLDER / f"{each.uid}.json": json.dumps(
            grafana(each, [other for other in dashboards if other != each]), indent=1
        )
        + "\n"
        for each in dashboards
    }
