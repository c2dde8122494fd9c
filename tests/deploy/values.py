"""Values that the chart is rendered with, by name: its own, the examples, and those that turn on what is off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deploy.helm.charts import CHART
from deploy.helm.plain import VALUES as PLAIN

Values = dict[str, Any]

TLS = {"secretName": "stores", "certificate": "tls.crt", "key": "tls.key"}
EVERYTHING: Values = {
    "fullnameOverride": "flags",
    "labels": {"team": "platform"},
    "publicUrl": "https://verdict.example.com",
    "trustedProxies": "10.0.0.0/8",
    "image": {"registry": "registry.example.com", "pullSecrets": ["pull"]},
    "serviceAccount": {"annotations": {"example.com/role": "verdict"}},
    "postgres": {"tls": {"secretName": "stores"}},
    "nats": {"auth": "file", "tls": TLS},
    "redis": {"url": "rediss://redis:6379/0", "username": "verdict", "tls": TLS},
    "clickhouse": {
        "url": "https://verdict@clickhouse:8443",
        "cluster": "main",
        "retentionDays": 400,
        "tls": {"secretName": "stores"},
    },
    "defaults": {
        "autoscaling": {"enabled": True},
        "image": {"digest": f"sha256:{'0' * 64}"},
        "labels": {"example.com/pod": "yes"},
        "annotations": {"example.com/note": "yes"},
        "env": [{"name": "OTEL_SERVICE_NAME", "value": "verdict"}],
        "envFrom": [{"configMapRef": {"name": "more"}}],
        "volumes": [{"name": "more", "emptyDir": {"sizeLimit": "1Mi"}}],
        "volumeMounts": [{"name": "more", "mountPath": "/more"}],
        "nodeSelector": {"pool": "verdict"},
        "tolerations": [{"key": "verdict", "operator": "Exists"}],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "priorityClassName": "high",
        "egress": [{"ports": [{"protocol": "TCP", "port": 8443}]}],
        "service": {"annotations": {"example.com/note": "yes"}},
    },
    "edgeEvaluator": {
        "region": "eu",
        "grpc": {"enabled": True, "tls": {"secretName": "grpc", "clientCa": "ca.crt"}},
        "persistence": {"enabled": True, "storageClass": "fast"},
        "settings": {"FF_EDGE_EXPOSURE_BUFFER_MAX": 1000000, "FF_EDGE_FAST_PATH": False},
        "autoscaling": {"pods": [{"metric": "verdict_edge_event_streams_open", "averageValue": 5000}]},
    },
    "eventIngestor": {"persistence": {"enabled": True}},
    "loader": {
        "autoscaling": {"cpuPercent": 0, "external": [{"metric": "lag", "labels": {"stream": "EVENTS"}, "value": 100}]}
    },
    "networkPolicy": {
        "clientsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "dns": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    },
    "ingress": {"enabled": True, "className": "nginx", "host": "verdict.example.com", "tlsSecretName": "tls"},
    "gateway": {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "gateway"}],
        "hostnames": ["verdict.example.com"],
        "grpcHostnames": ["grpc.example.com"],
    },
    "monitoring": {
        "podMonitor": {"enabled": True},
        "serviceMonitor": {"enabled": True},
        "rules": {"enabled": True, "runbooksUrl": "https://wiki.example.com/runbooks/"},
        "dashboards": {"enabled": True, "labels": {"grafana_dashboard": "1", "team": "platform"}},
        "labels": {"release": "p"},
    },
}


def _read(path: Path) -> Values:
    values: Values = yaml.safe_load(path.read_text(encoding="utf-8"))
    return values


EXAMPLES = {path.stem: _read(path) for path in sorted((CHART / "examples").glob("*.yaml"))}
MATRIX: dict[str, Values] = {
    "own": {},
    "plain": _read(PLAIN),
    **EXAMPLES,
    "demo": {"demo": {"enabled": True}},
    "demo-without-volumes": {
        "demo": {"enabled": True, "storage": ""},
        "ingress": {"enabled": True, "host": "a.example"},
    },
    "everything": EVERYTHING,
    "traefik": {"ingress": {"enabled": True, "controller": "traefik", "host": "a.example"}},
    "open": {"networkPolicy": {"enabled": False}, "serviceAccount": {"create": False}, "nats": {"auth": "none"}},
}
