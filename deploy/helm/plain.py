"""The plain manifests in deploy/k8s: the chart as `plain.yaml` says, without what only Helm can use."""

from __future__ import annotations

from pathlib import Path

import yaml

from deploy.helm.charts import CHART, NAMESPACE, Manifest, rendered_files

FOLDER = CHART.parents[1] / "k8s"
VALUES = Path(__file__).parent / "plain.yaml"
_OF_HELM = ("app.kubernetes.io/managed-by", "helm.sh/chart")
_HEAD = "# Rendered from deploy/helm/verdict with deploy/helm/plain.yaml: .venv/bin/python -m deploy.helm\n"


def plain_files() -> dict[str, str]:
    """Text by file name, with the list for kustomize."""
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    files = {}
    for path, manifests in rendered_files(values):
        kept = [_without_helm(each) for each in manifests if not _is_hook(each)]
        if kept:
            files[path.rpartition("/")[2]] = _HEAD + "---\n".join(_text(each) for each in kept)
    listing: Manifest = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": sorted(files),
    }
    return {**files, "kustomization.yaml": _HEAD + _text(listing)}


def _is_hook(manifest: Manifest) -> bool:
    return "helm.sh/hook" in manifest["metadata"].get("annotations", {})


def _without_helm(manifest: Manifest) -> Manifest:
    labels = manifest["metadata"]["labels"]
    kept = {name: value for name, value in labels.items() if name not in _OF_HELM}
    return {**manifest, "metadata": {**manifest["metadata"], "labels": kept}}


def _text(manifest: Manifest) -> str:
    return yaml.safe_dump(manifest, sort_keys=False, width=1000, allow_unicode=True)
