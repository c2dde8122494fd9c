"""The network lets through what the services' settings say that they reach, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from analytics.settings import StoreSettings
from service_kit.settings import ServiceSettings
from service_kit.store_settings import BusSettings, RedisSettings

from deploy.helm.charts import Manifest, rendered
from deploy.helm.workload_settings import READ_BY
from tests.deploy.manifests import COMPONENT, component, labels_of_pods, of_kind, pods, rendered_of

PORTS = {5432: "postgres", 4222: "nats", 6379: "redis", 8123: "clickhouse", 8443: "clickhouse"}
OUTSIDE_PORTS = {443, 465, 587}
NAMES = {
    "controlPlane": "control-plane",
    "edgeEvaluator": "edge-evaluator",
    "eventIngestor": "event-ingestor",
}


def reached_by(settings: type[ServiceSettings]) -> set[str]:
    """What a service's settings have an address of."""
    declared = settings.declared()
    reached = {
        "postgres": "database_url" in declared,
        "nats": issubclass(settings, BusSettings),
        "redis": issubclass(settings, RedisSettings),
        "clickhouse": issubclass(settings, StoreSettings),
        "event-ingestor": "ingestor_url" in declared,
        "outside": "outbound_allow" in declared,
    }
    return {name for name, is_reached in reached.items() if is_reached}


def named(rule: dict[str, Any]) -> set[str]:
    """What a rule of egress leads to."""
    ports = {port["port"] for port in rule["ports"]}
    if ports == OUTSIDE_PORTS:
        return {"outside"}
    stores = {PORTS[port] for port in ports if port in PORTS}
    called = {peer["podSelector"]["matchLabels"][COMPONENT] for peer in rule.get("to", []) if "podSelector" in peer}
    return stores or called


def policies(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    return {component(each): each for each in of_kind(manifests, "NetworkPolicy") if component(each)}


def with_redis() -> tuple[Manifest, ...]:
    return tuple(rendered({"redis": {"url": "redis://redis:6379/0"}}))


@pytest.mark.parametrize("workload", READ_BY)
def test_a_workload_reaches_what_its_settings_name(workload: str) -> None:
    policy = policies(with_redis())[NAMES.get(workload, workload)]["spec"]
    led_to = [name for rule in policy["egress"] for name in named(rule)]
    assert set(led_to) == reached_by(READ_BY[workload])
    assert len(set(led_to)) == len(led_to)


def test_nothing_comes_in_or_goes_out_otherwise() -> None:
    for name in ("own", "everything", "demo", "regional-edges"):
        deny, *_ = [
            each for each in of_kind(rendered_of(name), "NetworkPolicy") if each["metadata"]["name"].endswith("deny")
        ]
        assert deny["spec"].keys() == {"podSelector", "policyTypes"}
        assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
        chosen = deny["spec"]["podSelector"]["matchLabels"].items()
        for manifest, _ in pods(rendered_of(name)):
            assert chosen <= labels_of_pods(manifest).items(), manifest["metadata"]["name"]


def test_names_are_asked_for_by_all_and_nothing_else_is() -> None:
    [dns] = [each for each in of_kind(rendered_of("own"), "NetworkPolicy") if each["metadata"]["name"] == "verdict-dns"]
    assert dns["spec"]["policyTypes"] == ["Egress"]
    assert dns["spec"]["egress"] == [{"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}]


def test_what_is_called_by_nobody_is_open_for_metrics_alone() -> None:
    for name, policy in policies(rendered_of("own")).items():
        ports = {port["port"] for rule in policy["spec"].get("ingress", []) for port in rule["ports"]}
        expected = {
            **{each: {"http", "admin"} for each in ("control-plane", "edge-evaluator", "event-ingestor", "analytics")},
            **{each: {"admin"} for each in ("loader", "monitor", "exporter")},
        }
        assert ports == expected.get(name, set()), name


def test_ports_of_rules_are_ports_of_pods() -> None:
    for name in ("everything", "demo"):
        manifests = rendered_of(name)
        made = {
            component(m): {p["name"] for c in pod["containers"] for p in c.get("ports", [])}
            for m, pod in pods(manifests)
        }
        for each, policy in policies(manifests).items():
            asked = {port["port"] for rule in policy["spec"].get("ingress", []) for port in rule["ports"]}
            assert asked <= made[each]


def test_clients_that_are_named_are_the_only_ones_but_for_pods_of_its_own() -> None:
    everything = policies(rendered_of("everything"))
    gateway = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}
    http = {
        name: [
            peer for rule in policy["spec"]["ingress"] if rule["ports"][0]["port"] == "http" for peer in rule["from"]
        ]
        for name, policy in everything.items()
        if name in ("control-plane", "edge-evaluator", "event-ingestor", "analytics")
    }
    own = {
        name: [peer["podSelector"]["matchLabels"][COMPONENT] for peer in peers if peer != gateway]
        for name, peers in http.items()
    }
    assert all(gateway in peers for peers in http.values())
    assert own == {
        "control-plane": ["test"],
        "edge-evaluator": ["test"],
        "event-ingestor": ["edge-evaluator", "test"],
        "analytics": [],
    }


def test_what_is_outside_leaves_the_inside_out() -> None:
    rules = policies(rendered_of("own"))["exporter"]["spec"]["egress"]
    [outside] = [rule for rule in rules if named(rule) == {"outside"}]
    blocks = {peer["ipBlock"]["cidr"]: set(peer["ipBlock"]["except"]) for peer in outside["to"]}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= blocks["0.0.0.0/0"]
    assert {"fc00::/7", "fe80::/10"} <= blocks["::/0"]


def test_edges_of_a_region_reach_no_database() -> None:
    [edges] = policies(rendered_of("regional-edges")).values()
    assert {name for rule in edges["spec"]["egress"] for name in named(rule)} == {"nats", "outside"}


def test_a_job_reaches_its_database_alone() -> None:
    for store in ("postgres", "clickhouse"):
        policy = policies(rendered_of("own"))[f"migrate-{store}"]["spec"]
        assert policy["policyTypes"] == ["Egress"]
        assert [named(rule) for rule in policy["egress"]] == [{store}]


def test_stores_of_a_try_out_are_called_by_those_that_need_them() -> None:
    demo = policies(rendered_of("demo"))
    for store in ("postgres", "nats", "redis", "clickhouse"):
        callers = {
            peer["podSelector"]["matchLabels"][COMPONENT]
            for rule in demo[store]["spec"]["ingress"]
            for peer in rule["from"]
        }
        expected = {NAMES.get(each, each) for each, settings in READ_BY.items() if store in reached_by(settings)}
        assert callers == expected
