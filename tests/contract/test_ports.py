"""A process listens where its settings say by default; images, manifests, compose and documents say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from analytics.settings import ExportSettings, LoadSettings, MonitorSettings, ServeSettings
from control_plane.settings import Settings as ControlPlaneSettings
from edge_evaluator.settings import EdgeSettings
from event_ingestor.settings import IngestorSettings
from service_kit.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[2]
PROCESSES: dict[str, type[ServiceSettings]] = {
    "control-plane": ControlPlaneSettings,
    "edge-evaluator": EdgeSettings,
    "event-ingestor": IngestorSettings,
    "analytics": ServeSettings,
    "loader": LoadSettings,
    "monitor": MonitorSettings,
    "exporter": ExportSettings,
}
PORTS: dict[str, int] = {name: settings.declared()["port"].default for name, settings in PROCESSES.items()}
SERVED = sorted(PORTS.keys() - {"loader", "monitor", "exporter"})
"""Those that others call; the others only tell how they are."""
each_process = pytest.mark.parametrize("name", PORTS)
each_served = pytest.mark.parametrize("name", SERVED)


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / f"deploy/k8s/{name}.yaml").read_text()))


def test_no_two_processes_share_a_port() -> None:
    assert len(set(PORTS.values())) == len(PORTS)


@each_process
def test_compose_asks_a_process_for_its_health_where_it_listens(name: str) -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][name]
    assert f"http://127.0.0.1:{PORTS[name]}/" in " ".join(service["healthcheck"]["test"])
    grpc = [service["environment"]["FF_EDGE_GRPC_PORT"]] if name == "edge-evaluator" else []
    published = [str(PORTS[name]), *grpc] if name in SERVED else []
    assert service.get("ports", []) == [f"127.0.0.1:{port}:{port}" for port in published]
    if name not in SERVED:
        assert service["environment"]["FF_PORT"] == str(PORTS[name])


@each_process
def test_kubernetes_has_its_port(name: str) -> None:
    workload = next(each for each in manifests(name) if each["kind"] == "Deployment")
    container = workload["spec"]["template"]["spec"]["containers"][0]
    told = next(each["data"] for each in manifests(name) if each["kind"] == "ConfigMap")
    admin = int(told["FF_ADMIN_PORT"])
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == {"http": PORTS[name], "admin": admin}
    assert told["FF_PORT"] == str(PORTS[name])
    services = [each for each in manifests(name) if each["kind"] == "Service"]
    assert [port["port"] for each in services for port in each["spec"]["ports"]] == [PORTS[name]] * (name in SERVED)


@each_served
def test_its_image_exposes_it(name: str) -> None:
    stage = (ROOT / "deploy/docker/Dockerfile").read_text().split(f"FROM runtime AS {name}\n")[1].split("\nFROM ")[0]
    assert re.findall(r"\b(?:FF_PORT=|EXPOSE )(\d+)", stage) == [str(PORTS[name])] * 2


def test_addresses_between_services_are_those() -> None:
    for path in [ROOT / "docker-compose.yml", *(ROOT / "deploy/k8s").glob("*.yaml")]:
        for name, port in re.findall(rf"http://(?:verdict-)?({'|'.join(PORTS)}):(\d+)", path.read_text()):
            assert int(port) == PORTS[name], path.name


@each_served
def test_the_readme_draws_it(name: str) -> None:
    assert f"{name.replace('-', ' ')}<br/>:{PORTS[name]}]" in (ROOT / "README.md").read_text()


def test_the_example_of_the_environment_heads_its_parts_with_them() -> None:
    heads = re.findall(r"^# --- .*", (ROOT / ".env.example").read_text(), re.MULTILINE)
    told = {int(port) for head in heads for port in re.findall(r"\((80\d\d)\)", head)}
    assert told == set(PORTS.values())
