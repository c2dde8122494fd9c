"""The chart renders with every kind of values, passes its linter, and Kubernetes knows what comes out."""

from __future__ import annotations

import helm_python
import kubernetes_validate
import pytest

from deploy.helm.__main__ import differing
from deploy.helm.charts import CHART, Manifest, notes, rendered
from tests.deploy.manifests import component, labels_of_pods, of_kind, pods, rendered_of
from tests.deploy.values import MATRIX, Values

KUBERNETES_VERSIONS = ("1.30", "1.36")
OF_OTHERS = {
    "gateway.networking.k8s.io/v1": {"HTTPRoute", "GRPCRoute"},
    "monitoring.coreos.com/v1": {"PodMonitor", "PrometheusRule", "ServiceMonitor"},
    "traefik.io/v1alpha1": {"Middleware"},
}
"""Kinds that come with an operator or a gateway, by their version."""
each_values = pytest.mark.parametrize("name", MATRIX)


@each_values
def test_the_linter_finds_nothing(name: str) -> None:
    report = helm_python.lint(CHART, MATRIX[name], strict=True, kube_version="v1.30.0")
    assert [each for each in report["messages"] if "icon" not in each["error"]] == []
    assert report["errors"] == []


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@each_values
def test_every_object_fits_the_schema_strictly(name: str, version: str) -> None:
    for each in rendered_of(name):
        if each["kind"] not in OF_OTHERS.get(each["apiVersion"], set()):
            kubernetes_validate.validate(each, version, strict=True)


def test_the_schema_check_can_fail() -> None:
    broken: Manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"portz": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES_VERSIONS[0], strict=True)


@each_values
def test_no_two_objects_have_one_name(name: str) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered_of(name)]
    assert len(set(names)) == len(names)
    assert all(len(each) <= 63 for _, each in names)


@each_values
def test_what_selects_pods_selects_those_of_one_workload(name: str) -> None:
    manifests = rendered_of(name)
    made = [(component(each), labels_of_pods(each)) for each, _ in pods(manifests)]
    for each in of_kind(manifests, "Deployment", "StatefulSet", "Service", "PodDisruptionBudget"):
        selector = each["spec"]["selector"]
        wanted = selector.get("matchLabels", selector)
        chosen = {workload for workload, labels in made if wanted.items() <= labels.items()}
        if component(each) == "metrics":
            assert len(chosen) > 1
        else:
            assert chosen == {component(each)}, each["metadata"]["name"]


@each_values
def test_what_is_named_is_there(name: str) -> None:
    manifests = rendered_of(name)
    there = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    given = {"more"}
    for _, pod in pods(manifests):
        maps = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
        maps += [
            source["configMapRef"]["name"] for container in pod["containers"] for source in container.get("envFrom", [])
        ]
        assert {("ConfigMap", each) for each in maps if each not in given} <= there
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted <= {volume["name"] for volume in pod["volumes"]} | {"data"}
        account = pod.get("serviceAccountName", "default")
        assert account == "default" or ("ServiceAccount", account) in there
    for each in of_kind(manifests, "HorizontalPodAutoscaler"):
        target = each["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) in there
        workload = next(m for m in manifests if (m["kind"], m["metadata"]["name"]) == (target["kind"], target["name"]))
        assert "replicas" not in workload["spec"]


def test_what_is_generated_is_as_it_is_made() -> None:
    assert differing() == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"ingress": {"enabled": True}}, "ingress.host", id="an ingress without a name"),
        pytest.param({"gateway": {"enabled": True}}, "gateway.parentRefs", id="routes without a gateway"),
    ],
)
def test_what_is_missing_is_named(values: Values, said: str) -> None:
    with pytest.raises(helm_python.HelmError, match=said):
        rendered(values)


def test_a_try_out_is_warned_of() -> None:
    assert "WARNING: demo.enabled" in notes({"demo": {"enabled": True}})
    assert "WARNING" not in notes({"publicUrl": "https://verdict.example.com"})


def test_a_change_of_a_setting_restarts_the_pods_that_read_it_and_no_others() -> None:
    before, after = rendered(), rendered({"loader": {"settings": {"FF_LOADER_ROWS_MAX": 20000}}})
    changed = {
        component(old) for old, new in zip(before, after, strict=True) if old != new and old["kind"] == "Deployment"
    }
    assert changed == {"loader"}
