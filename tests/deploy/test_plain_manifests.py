"""The plain manifests are the chart's, for whoever has no Helm."""

from __future__ import annotations

import yaml

from deploy.helm.plain import FOLDER, plain_files


def test_every_manifest_is_listed_for_kustomize_and_there_is_no_other() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    there = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed) == there
    assert len(set(listed)) == len(listed)


def test_nothing_stands_there_that_only_helm_can_use() -> None:
    text = "".join(plain_files().values())
    assert "helm.sh/" not in text
    assert "managed-by" not in text
    assert "kind: Job" not in text
