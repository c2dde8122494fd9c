"""What tests ask of rendered manifests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from deploy.helm.charts import Manifest, rendered
from tests.deploy.values import MATRIX

COMPONENT = "app.kubernetes.io/component"
WITH_PODS = ("Deployment", "StatefulSet", "Job", "Pod")


@cache
def rendered_of(name: str) -> tuple[Manifest, ...]:
    """The manifests of a named set of values, rendered once."""
    return tuple(rendered(MATRIX[name]))


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def component(manifest: Manifest) -> str:
    """Of a release's object; empty for what belongs to none."""
    named: str = manifest["metadata"]["labels"].get(COMPONENT, "")
    return named


def pods(manifests: tuple[Manifest, ...]) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    """Each manifest that makes pods, and the spec of these."""
    for each in of_kind(manifests, *WITH_PODS):
        yield each, each["spec"] if each["kind"] == "Pod" else each["spec"]["template"]["spec"]


def labels_of_pods(manifest: Manifest) -> dict[str, str]:
    labels: dict[str, str] = (
        manifest["metadata"]["labels"]
        if manifest["kind"] == "Pod"
        else manifest["spec"]["template"]["metadata"]["labels"]
    )
    return labels


def variables(manifests: tuple[Manifest, ...], workload: Manifest) -> dict[str, str]:
    """What a workload's container is told: its settings, and for what comes of the Secret the entry's name.

    Entries that may be missing are."""
    [container] = workload["spec"]["template"]["spec"]["containers"]
    told: dict[str, str] = {}
    for source in container.get("envFrom", []):
        named = source["configMapRef"]["name"]
        told |= next(
            (each["data"] for each in of_kind(manifests, "ConfigMap") if each["metadata"]["name"] == named), {}
        )
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        if reference and reference.get("optional"):
            continue
        told[variable["name"]] = f"secret:{reference['key']}" if reference else variable["value"]
    return told
