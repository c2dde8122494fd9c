"""The chart as Helm renders it, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import yaml

CHART = Path(__file__).parent / "verdict"
RELEASE = "verdict"
NAMESPACE = "verdict"
Manifest = dict[str, Any]


def rendered(values: dict[str, Any] | None = None, chart: Path = CHART) -> list[Manifest]:
    """All objects, those of hooks too, in the order of the files. Raises helm_python.HelmError."""
    return [each for _, manifests in rendered_files(values, chart) for each in manifests]


def rendered_files(values: dict[str, Any] | None = None, chart: Path = CHART) -> Iterator[tuple[str, list[Manifest]]]:
    """The path of each template that gives objects, and these."""
    with helm_python.Chart.load(chart) as loaded:
        texts = loaded.render(values or {}, name=RELEASE, namespace=NAMESPACE)
    for path, text in sorted(texts.items()):
        if path.endswith((".yaml", ".yml")):
            manifests = [each for each in yaml.safe_load_all(text) if each]
            if manifests:
                yield path, manifests


def notes(values: dict[str, Any] | None = None, chart: Path = CHART) -> str:
    """What is told after an installation."""
    with helm_python.Chart.load(chart) as loaded:
        texts = loaded.render(values or {}, name=RELEASE, namespace=NAMESPACE)
    return next(text for path, text in texts.items() if path.endswith("NOTES.txt"))


def refusal(values: dict[str, Any], chart: Path = CHART) -> str | None:
    """Why the schema refuses values; None where it takes them."""
    with helm_python.Chart.load(chart) as loaded:
        try:
            loaded.validate_schema(values)
        except helm_python.HelmError as error:
            return str(error)
    return None
