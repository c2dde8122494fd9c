"""The page on installing shows values that the chart takes, and a Secret that has what pods read."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from deploy.helm.charts import CHART, refusal, rendered
from tests.deploy.manifests import of_kind

PAGE = (Path(__file__).resolve().parents[2] / "docs/operations/install.md").read_text()
VALUES = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])


def required_keys(values: dict[str, object]) -> set[str]:
    return {
        variable["valueFrom"]["secretKeyRef"]["key"]
        for each in of_kind(tuple(rendered(values)), "Deployment", "StatefulSet", "Job", "Pod")
        for container in (each["spec"] if each["kind"] == "Pod" else each["spec"]["template"]["spec"])["containers"]
        for variable in container.get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {}) and not variable["valueFrom"]["secretKeyRef"].get("optional")
    }


def test_the_values_that_it_shows_are_taken() -> None:
    assert refusal(VALUES) is None
    assert {"Ingress", "Deployment"} <= {each["kind"] for each in rendered(VALUES)}


def test_the_secret_that_it_makes_has_what_pods_read_and_nothing_else() -> None:
    section = PAGE.split("## 2. One Secret")[1].split("\n## ")[0]
    assert set(re.findall(r"--from-literal=(\w+)=", section)) == required_keys(VALUES)


def test_so_has_the_one_of_a_try_out() -> None:
    section = PAGE.split("## A try-out")[1]
    made = set(re.findall(r"\b(?:FF|NATS|POSTGRES|CLICKHOUSE|REDIS)_\w+", section))
    assert made == required_keys({"demo": {"enabled": True}})


def test_what_it_names_exists() -> None:
    names = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in rendered(VALUES)}
    short = {"deploy": "deployment", "job": "job", "service": "service"}
    for kind, name in re.findall(r"\b(deploy|job|service)/(verdict-[\w-]+)", PAGE):
        assert f"{short[kind]}/{name}" in names
    for example in re.findall(r"deploy/helm/verdict/(examples/[\w.-]+)", PAGE):
        assert (CHART / example).exists()
