"""The chart's values are told, closed at every level, and those of a service are its own settings."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from deploy.helm.charts import CHART, refusal
from deploy.helm.schema import values_schema
from deploy.helm.value_lines import value_lines
from deploy.helm.workload_settings import READ_BY, settings_of
from tests.deploy.values import MATRIX, Values

SCHEMA = values_schema()
OWN: Values = yaml.safe_load((CHART / "values.yaml").read_text())
OF_KUBERNETES = {
    *("global", "ipBlock", "podSelector", "namespaceSelector", "nodeAffinity", "podAffinity", "podAntiAffinity"),
    *("configMapRef", "secretRef", "valueFrom", "volumes", "volumeMounts", "tolerations", "egress"),
}
"""Handed on as they are: Kubernetes' own words."""


def objects(schema: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema of an object below one, with the name that it has there."""
    if schema.get("type") == "object":
        yield name, schema
    for key, each in schema.get("properties", {}).items():
        yield from objects(each, key)
    if "items" in schema:
        yield from objects(schema["items"], name)


def paths_of_objects(values: Values, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from paths_of_objects(value, (*path, key))


def test_every_value_is_told() -> None:
    assert [each.path for each in value_lines() if len(each.told) < 3 or not each.told.endswith(".")] == []


def test_every_level_is_closed() -> None:
    open_ones = {name for name, each in objects(SCHEMA) if "additionalProperties" not in each}
    assert open_ones <= OF_KUBERNETES
    texts = [each for _, each in objects(SCHEMA) if each.get("additionalProperties")]
    assert all(each["additionalProperties"] == {"type": "string"} for each in texts)


@pytest.mark.parametrize("path", list(paths_of_objects(OWN)), ids=".".join)
def test_a_word_that_nobody_knows_is_refused(path: tuple[str, ...]) -> None:
    values: Values = {}
    place = values
    for name in path:
        place = place.setdefault(name, {})
    place["unheard_of"] = {"a": 1}
    assert "unheard_of" in (refusal(values) or "")


@pytest.mark.parametrize("name", MATRIX)
def test_values_that_are_meant_are_taken(name: str) -> None:
    assert refusal(copy.deepcopy(MATRIX[name])) is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"image": {"tag": "latest"}}, id="an image that is another tomorrow"),
        pytest.param({"defaults": {"image": {"digest": "sha256:1"}}}, id="half a digest"),
        pytest.param({"nats": {"replicas": 2}}, id="two copies, which agree on nothing"),
        pytest.param({"nats": {"url": "http://nats:4222"}}, id="NATS by HTTP"),
        pytest.param({"clickhouse": {"url": "http://verdict:secret@clickhouse:8123"}}, id="a password in an address"),
        pytest.param({"edgeEvaluator": {"settings": {"FF_EDGE_WORKER": 2}}}, id="a setting with a slip"),
        pytest.param({"loader": {"settings": {"FF_EDGE_WORKERS": 2}}}, id="another service's setting"),
        pytest.param({"controlPlane": {"settings": {"FF_AUTH_JWT_SECRET": "x" * 32}}}, id="a secret among settings"),
        pytest.param({"defaults": {"settings": {"FF_LOG_LEVEL": "INFO"}}}, id="a setting of all"),
        pytest.param({"defaults": {"replicas": "2"}}, id="a number as text"),
        pytest.param(
            {"defaults": {"resources": {"limits": {}}}, "monitor": {"resources": {"requests": 1}}}, id="no map"
        ),
        pytest.param({"loader": {"autoscaling": {"external": [{"metric": "lag"}]}}}, id="a metric without a target"),
        pytest.param({"publicUrl": "verdict.example.com"}, id="an address without a scheme"),
        pytest.param({"stopping": {"preStopSeconds": 0}}, id="no time to hear of a stop"),
        pytest.param({"controlPlane": {"persistence": {"enabled": True}}}, id="a volume where nothing is kept"),
    ],
)
def test_values_that_go_wrong_are_refused(values: Values) -> None:
    assert refusal(values)


@pytest.mark.parametrize("workload", READ_BY)
def test_settings_are_those_that_the_service_reads(workload: str) -> None:
    declared = {f"FF_{name.upper()}" for name in READ_BY[workload].declared()}
    told = set(settings_of(workload))
    assert told
    assert told < declared
    assert not [each for each in told if each.endswith(("_SECRET", "_PASSWORD", "_FLAGD_KEY", "_TOKEN"))]


def test_what_every_workload_has_may_stand_in_each() -> None:
    of_all = set(OWN["defaults"])
    for workload in READ_BY:
        assert of_all <= SCHEMA["properties"][workload]["properties"].keys()
