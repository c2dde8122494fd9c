"""One origin: three services lose their prefix, everything else is the control plane's, and streams pass at once."""

from __future__ import annotations

import re

import pytest

from deploy.helm.charts import Manifest, rendered
from tests.deploy.manifests import of_kind, rendered_of

SERVICES = {
    "/analytics": "verdict-analytics",
    "/events": "verdict-event-ingestor",
    "/edge": "verdict-edge-evaluator",
    "/": "verdict-control-plane",
}


def ingresses(controller: str) -> dict[str, Manifest]:
    values = {"ingress": {"enabled": True, "controller": controller, "host": "verdict.example.com"}}
    return {each["metadata"]["name"]: each for each in of_kind(tuple(rendered(values)), "Ingress", "Middleware")}


def paths(ingress: Manifest) -> dict[str, str]:
    [rule] = ingress["spec"]["rules"]
    assert rule["host"] == "verdict.example.com"
    return {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}


@pytest.mark.parametrize(
    ("asked", "service", "path"),
    [
        ("/analytics/api/v1/x", "verdict-analytics", "/api/v1/x"),
        ("/events/v1/events", "verdict-event-ingestor", "/v1/events"),
        ("/edge", "verdict-edge-evaluator", "/"),
        ("/edge/v1/stream", "verdict-edge-evaluator", "/v1/stream"),
        ("/p/shop/flags", "verdict-control-plane", "/p/shop/flags"),
        ("/edges", "verdict-control-plane", "/edges"),
    ],
)
def test_nginx_takes_the_prefix_away(asked: str, service: str, path: str) -> None:
    made = ingresses("nginx")
    assert made.keys() == {"verdict", "verdict-services"}
    patterns = paths(made["verdict-services"])
    rewrite = made["verdict-services"]["metadata"]["annotations"]["nginx.ingress.kubernetes.io/rewrite-target"]
    # As the controller does: regular expressions by their length, then prefixes.
    for pattern in sorted(patterns, key=len, reverse=True):
        if found := re.match(pattern, asked):
            assert (patterns[pattern], rewrite.replace("$2", found[2])) == (service, path)
            return
    assert (paths(made["verdict"]), service, path) == ({"/": "verdict-control-plane"}, "verdict-control-plane", asked)


def test_nginx_holds_back_no_stream() -> None:
    for each in ingresses("nginx").values():
        notes = each["metadata"]["annotations"]
        assert notes["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
        assert int(notes["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600


def test_traefik_takes_the_prefix_away() -> None:
    made = ingresses("traefik")
    assert made["verdict-strip"]["spec"]["stripPrefix"]["prefixes"] == ["/analytics", "/events", "/edge"]
    assert paths(made["verdict-services"]) == {path: name for path, name in SERVICES.items() if path != "/"}
    note = "traefik.ingress.kubernetes.io/router.middlewares"
    assert made["verdict-services"]["metadata"]["annotations"][note] == "verdict-verdict-strip@kubernetescrd"
    assert paths(made["verdict"]) == {"/": "verdict-control-plane"}
    assert "annotations" not in made["verdict"]["metadata"]


def test_a_gateway_takes_the_prefix_away_and_leaves_streams_open() -> None:
    [route] = of_kind(rendered_of("standard"), "HTTPRoute")
    led_to = {}
    for rule in route["spec"]["rules"]:
        [match], [backend] = rule["matches"], rule["backendRefs"]
        prefix = match["path"]["value"]
        led_to[prefix] = backend["name"]
        assert rule["timeouts"]["request"] == "0s"
        rewrites = [each["urlRewrite"]["path"]["replacePrefixMatch"] for each in rule.get("filters", [])]
        assert rewrites == ([] if prefix == "/" else ["/"])
    assert led_to == SERVICES
    services = {each["metadata"]["name"]: each for each in of_kind(rendered_of("standard"), "Service")}
    for kind in ("HTTPRoute", "GRPCRoute"):
        for each in of_kind(rendered_of("standard"), kind):
            for rule in each["spec"]["rules"]:
                for backend in rule["backendRefs"]:
                    assert backend["port"] in [port["port"] for port in services[backend["name"]]["spec"]["ports"]]


def test_edges_alone_stand_at_the_root_of_their_name() -> None:
    [route] = of_kind(rendered_of("regional-edges"), "HTTPRoute")
    [rule] = route["spec"]["rules"]
    assert rule["matches"][0]["path"]["value"] == "/"
    assert rule["backendRefs"][0]["name"] == "verdict-edge-evaluator"
