"""An upgrade of a release changes nothing that Kubernetes lets nobody change, and takes no object's name away.

Who means it: WRITE_SNAPSHOTS=1, and a line in the changelog that says what is to be deleted before.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deploy.helm.immutable import immutable_parts
from tests.deploy.manifests import rendered_of

AGREED = Path(__file__).parent / "agreed"


@pytest.mark.parametrize("name", ["own", "standard", "regional-edges", "demo"])
def test_what_cannot_be_changed_stays(name: str) -> None:
    path = AGREED / f"{name}.json"
    parts = immutable_parts(rendered_of(name))
    if os.environ.get("WRITE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(parts, indent=1) + "\n")
    agreed = json.loads(path.read_text())
    assert {key: parts.get(key) for key in agreed} == agreed


def test_a_change_is_seen() -> None:
    agreed = json.loads((AGREED / "standard.json").read_text())
    claims = agreed["StatefulSet/verdict-edge-evaluator"]["volumeClaimTemplates"]
    assert claims[0]["spec"]["resources"]["requests"]["storage"] == "1Gi"
    assert agreed["Deployment/verdict-loader"]["selector"]["matchLabels"]
