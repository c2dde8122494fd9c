"""Compose and Dockerfile hold what they promise (the chart: tests/deploy)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml
from analytics.settings import ExportSettings, LoadSettings, MonitorSettings, ServeSettings
from control_plane.settings import Settings
from edge_evaluator.settings import EdgeSettings
from event_ingestor.settings import IngestorSettings
from service_kit.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = {"control-plane", "edge-evaluator", "event-ingestor", "analytics", "loader", "monitor", "exporter"}
OF_ANALYTICS = {"loader", "monitor", "exporter"}
STORES = {"postgres", "nats", "redis", "clickhouse"}
READ_BY: dict[str, type[ServiceSettings]] = {
    "control-plane": Settings,
    "edge-evaluator": EdgeSettings,
    "event-ingestor": IngestorSettings,
    "analytics": ServeSettings,
    "loader": LoadSettings,
    "monitor": MonitorSettings,
    "exporter": ExportSettings,
}
"""What each workload is told by."""


def variables_of(settings: type[ServiceSettings]) -> set[str]:
    """Those that the process reads."""
    return {f"FF_{name.upper()}" for name in settings.declared()}


def test_the_dockerfile_passes_its_linter() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint
    found = subprocess.run(
        [hadolint, "deploy/docker/Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_there_is_an_image_per_service_and_none_runs_as_root() -> None:
    text = (ROOT / "deploy/docker/Dockerfile").read_text()
    targets = set(re.findall(r"^FROM runtime AS (\S+)$", text, re.MULTILINE))
    assert targets == (SERVICES - OF_ANALYTICS) | {"demo"}
    runtime = text.split("AS runtime\n")[1].split("\nFROM ")[0]
    assert "USER 10001:10001" in runtime
    assert not re.search(r"^USER ", text.split("AS runtime\n")[1].split("\nFROM ", 1)[1], re.MULTILINE)


@pytest.mark.parametrize("name", sorted(COMPOSE["services"].keys() - {"seed"}))
def test_a_container_is_checked_and_bound_to_loopback(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), port
    for needed, how in service.get("depends_on", {}).items():
        assert needed in COMPOSE["services"]
        assert how == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_container_is_hardened_and_built_from_its_target(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["build"]["target"] == ("analytics" if name in OF_ANALYTICS else name)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_container_is_told_only_what_it_reads(name: str) -> None:
    told = {variable for variable in COMPOSE["services"][name]["environment"] if variable.startswith("FF_")}
    assert told <= variables_of(READ_BY[name])
    assert {"FF_NATS_USERNAME", "FF_NATS_PASSWORD"} <= told


@pytest.mark.parametrize("name", sorted(STORES))
def test_a_store_is_hardened_asks_for_a_password_and_sees_the_services_alone(name: str) -> None:
    store = COMPOSE["services"][name]
    assert store["networks"] == ["stores"]
    assert "ports" not in store
    assert store["cap_drop"] == ["ALL"]
    assert store["security_opt"] == ["no-new-privileges:true"]
    assert store["read_only"] is (name != "clickhouse")
    assert any(re.search("PASSWORD|AUTH", variable) for variable in store["environment"])


def test_the_stores_network_leads_nowhere() -> None:
    assert COMPOSE["networks"]["stores"] == {"internal": True}
    assert {name for name, each in COMPOSE["services"].items() if "services" not in each["networks"]} == STORES | {
        "loader",
        "monitor",
    }


def test_a_profile_has_all_that_its_services_wait_for() -> None:
    profiles = {name: set(service["profiles"]) for name, service in COMPOSE["services"].items()}
    assert set().union(*profiles.values()) == {"core", "full", "demo"}
    for name, service in COMPOSE["services"].items():
        assert {"demo"} == profiles[name] if name == "seed" else {"demo", "full"} <= profiles[name]
        for needed in service.get("depends_on", {}):
            assert profiles[name] <= profiles[needed]
    assert SERVICES - {name for name in SERVICES if "core" in profiles[name]} == {"analytics", *OF_ANALYTICS}
    assert re.search(r"^COMPOSE_PROFILES=full$", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_the_demo_is_filled_through_the_one_origin_when_all_of_it_answers() -> None:
    seed = COMPOSE["services"]["seed"]
    assert seed["build"]["target"] == "demo"
    assert seed["restart"] == "no"
    assert seed["read_only"] is True
    assert seed["environment"]["VERDICT_ORIGIN"] == "http://nginx:8088"
    assert seed["depends_on"].keys() == (SERVICES - {"control-plane"}) | {"nginx"}
    assert "!examples" in (ROOT / ".dockerignore").read_text().splitlines()
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/demo.txt").read_text(), re.MULTILINE))
    asked = re.search(r"^demo = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert asked
    assert set(re.findall(r'"([a-z0-9-]+)>', asked[1])) <= locked


def test_services_believe_nginx_alone() -> None:
    address = COMPOSE["services"]["nginx"]["networks"]["services"]["ipv4_address"]
    [subnet] = COMPOSE["networks"]["services"]["ipam"]["config"]
    assert ip_address(address) in ip_network(subnet["subnet"])
    behind = {"control-plane", "edge-evaluator", "event-ingestor", "analytics"}
    for name in behind:
        assert COMPOSE["services"][name]["environment"]["FF_TRUSTED_PROXIES"] == address
    upstreams = re.findall(r"set \$\w+ ([\w-]+):\d+;", (ROOT / "deploy/nginx/nginx.conf").read_text())
    assert set(upstreams) == behind


def test_each_image_is_baked_for_two_architectures_from_bases_that_may_be_digests() -> None:
    bake = json.loads((ROOT / "deploy/docker/docker-bake.json").read_text())
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    images = set(bake["group"]["default"]["targets"])
    assert images == SERVICES - OF_ANALYTICS
    assert bake["target"]["service"]["platforms"] == ["linux/amd64", "linux/arm64"]
    for name in images:
        assert bake["target"][name]["inherits"] == ["service"]
        assert f"FROM runtime AS {bake['target'][name]['target']}\n" in dockerfile
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(.+)$", dockerfile, re.MULTILINE))
    assert {name: each["default"] for name, each in bake["variable"].items() if name.endswith("_IMAGE")} == bases
    assert bases.keys() | {"VERSION", "REVISION"} == bake["target"]["service"]["args"].keys()


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    for key, value in re.findall(r"^\s+(\w*(?:PASSWORD|SECRET)\w*): (.+)$", text, re.MULTILINE):
        assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), key
    for variable in re.findall(r"\$\{(\w+)", text):
        assert re.search(rf"^{variable}=", example, re.MULTILINE), f"{variable} is not in .env.example"
    for _, password in re.findall(r"//(\w+):([^@\s]+)@", text):
        assert password.startswith("${")


def test_volumes_are_declared() -> None:
    used = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == set(COMPOSE["volumes"])


def test_nats_has_a_message_on_disk_before_it_acknowledges() -> None:
    assert re.search(r"^\s*sync_interval: always$", (ROOT / "deploy/docker/nats.conf").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_file_pins_with_hashes_and_names_no_registry(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert "index-url" not in text
    pins = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
