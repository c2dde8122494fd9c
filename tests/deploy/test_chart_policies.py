"""What holds for every pod that the chart makes, whatever the values."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploy.helm.charts import rendered
from tests.deploy.manifests import component, of_kind, pods, rendered_of
from tests.deploy.values import MATRIX

SERVICES = {"control-plane", "edge-evaluator", "event-ingestor", "analytics", "loader", "monitor", "exporter"}
ENDING = {"Job", "Pod"}
each_values = pytest.mark.parametrize("name", MATRIX)


@each_values
def test_no_pod_has_rights(name: str) -> None:
    for manifest, pod in pods(rendered_of(name)):
        where = manifest["metadata"]["name"]
        assert pod["automountServiceAccountToken"] is False, where
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), where
        assert not [volume for volume in pod["volumes"] if "hostPath" in volume], where
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, where
        assert security["runAsUser"] >= 70, where
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, where
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, where


@each_values
def test_every_container_is_bounded_and_its_image_is_one(name: str) -> None:
    for manifest, pod in pods(rendered_of(name)):
        for container in pod["containers"]:
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
            assert re.search(r":[\w.-]+(@sha256:[0-9a-f]{64})?$", container["image"]), manifest["metadata"]["name"]
            assert ":latest" not in container["image"]
        for volume in pod["volumes"]:
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], volume["name"]


@each_values
def test_what_goes_on_is_probed_spread_and_spared(name: str) -> None:
    manifests = rendered_of(name)
    budgets = {component(each) for each in of_kind(manifests, "PodDisruptionBudget")}
    scaled = {component(each) for each in of_kind(manifests, "HorizontalPodAutoscaler")}
    for manifest, pod in pods(manifests):
        if manifest["kind"] in ENDING:
            continue
        for container in pod["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
        if component(manifest) in SERVICES:
            keys = [each["topologyKey"] for each in pod["topologySpreadConstraints"]]
            assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
            several = component(manifest) in scaled or manifest["spec"]["replicas"] > 1
            assert several == (component(manifest) in budgets)


@each_values
def test_a_service_is_asked_for_its_health_as_the_contracts_say(name: str) -> None:
    for manifest, pod in pods(rendered_of(name)):
        if component(manifest) in SERVICES:
            [container] = pod["containers"]
            paths = {
                kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")
            }
            assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


@pytest.mark.parametrize("stopping", [{}, {"preStopSeconds": 20, "drainSeconds": 120}], ids=["own", "slow"])
def test_the_grace_period_is_longer_than_a_stop(stopping: dict[str, Any]) -> None:
    for manifest, pod in pods(tuple(rendered({"stopping": stopping}))):
        if component(manifest) in SERVICES:
            [container] = pod["containers"]
            told = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            drain = stopping.get("drainSeconds", 5)
            assert told == stopping.get("preStopSeconds", 3)
            assert pod["terminationGracePeriodSeconds"] > told + drain + 10 + 10


@each_values
def test_secrets_come_from_the_secret_and_the_chart_makes_none(name: str) -> None:
    manifests = rendered_of(name)
    assert of_kind(manifests, "Secret") == []
    for _, pod in pods(manifests):
        for container in pod["containers"]:
            for variable in container.get("env", []):
                if re.search("SECRET|PASSWORD|AUTH|KEYS|SMTP", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], variable["name"]
    for each in of_kind(manifests, "ConfigMap"):
        assert not [key for key in each["data"] if re.search("SECRET|PASSWORD", key)]


def test_a_workload_that_is_off_leaves_nothing() -> None:
    regional = rendered_of("regional-edges")
    assert {component(each) for each in regional} <= {"edge-evaluator", ""}
