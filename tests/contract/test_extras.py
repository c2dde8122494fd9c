"""Each service's lock file holds every package that its code imports, so its image can start."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("actors", "bucketing", "stats", "messages", "streams", "service_kit")
EXTRAS = {
    "control_plane": "control-plane",
    "edge_evaluator": "edge",
    "event_ingestor": "ingestor",
    "analytics": "analytics",
}
# Imported only where an operator chose the feature; the code says what to install when it is missing.
OPTIONAL = {"analytics": {"snowflake-connector-python"}}


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*OURS, *EXTRAS, include_external_packages=True, cache_dir=None)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("service", EXTRAS)
def test_the_lock_file_has_what_the_service_imports(service: str) -> None:
    modules = graph().find_upstream_modules(service, as_package=True)
    external = {name.split(".")[0] for name in modules} - {*OURS, *EXTRAS} - sys.stdlib_module_names
    locked = {
        normal(name)
        for name in re.findall(
            r"^([A-Za-z0-9._-]+)==", (ROOT / f"requirements/{EXTRAS[service]}.txt").read_text(), re.MULTILINE
        )
    }
    distributions = packages_distributions()
    missing = {
        package: distributions.get(package)
        for package in external
        if not {normal(name) for name in distributions.get(package, [])} & (locked | OPTIONAL.get(service, set()))
    }
    assert external
    assert missing == {}
