"""What Kubernetes lets nobody change of an object that is there: an upgrade that does would have to delete it first."""

from __future__ import annotations

from typing import Any

from deploy.helm.charts import Manifest

_OF_A_WORKLOAD = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")


def immutable_parts(manifests: tuple[Manifest, ...]) -> dict[str, dict[str, Any]]:
    """By kind and name, sorted; objects of hooks are made anew each time."""
    parts = {}
    for each in manifests:
        if "helm.sh/hook" in each["metadata"].get("annotations", {}):
            continue
        spec = each.get("spec", {})
        if each["kind"] in ("Deployment", "StatefulSet"):
            kept = {name: spec[name] for name in _OF_A_WORKLOAD if name in spec}
        elif each["kind"] == "Service":
            kept = {name: spec[name] for name in ("clusterIP",) if name in spec}
        else:
            kept = {}
        parts[f"{each['kind']}/{each['metadata']['name']}"] = kept
    return dict(sorted(parts.items()))
