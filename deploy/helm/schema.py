"""values.schema.json: what values.yaml has, with its types, and nothing else at any level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deploy.helm.charts import CHART
from deploy.helm.value_lines import ValueLine, value_lines
from deploy.helm.workload_settings import READ_BY, settings_of

Schema = dict[str, Any]
_DEFAULTS = "defaults"


def closed(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    """An object with these properties and no others."""
    shape: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return shape | ({"required": required} if required else {})


def listed(items: Schema, **more: Any) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items, **more}


def one_of(*values: Any) -> Schema:
    """A closed list."""
    return {"enum": list(values)}


TEXT: Schema = {"type": "string"}
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
ANY_OBJECT: Schema = {"type": "object"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
SIZE: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti)?$"}
AMOUNT: Schema = {"type": ["string", "number"], "pattern": r"^[0-9.]+(m|k|M|G|Ki|Mi|Gi|Ti)?$"}
AMOUNTS = closed({"cpu": AMOUNT, "memory": AMOUNT, "ephemeral-storage": AMOUNT})
PEER = closed({"ipBlock": ANY_OBJECT, "podSelector": ANY_OBJECT, "namespaceSelector": ANY_OBJECT})
SECONDS: Schema = {"type": "integer", "minimum": 0, "maximum": 300}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 1000}

RULES: dict[str, Schema] = {
    "logLevel": one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "publicUrl": {"type": "string", "pattern": "^(https?://[^/?#]+[^?#]*)?$"},
    "secret.name": {"type": "string", "minLength": 1},
    "image.pullPolicy": one_of("Always", "IfNotPresent", "Never"),
    "image.pullSecrets": listed(TEXT),
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.tag": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$|^$", "not": {"const": "latest"}},
    "labels": TEXTS,
    "annotations": TEXTS,
    "nodeSelector": TEXTS,
    "stopping.preStopSeconds": SECONDS | {"minimum": 1},
    "stopping.drainSeconds": SECONDS,
    "idleConnectionSeconds": {"type": "integer", "minimum": 1, "maximum": 3600},
    "migrations.mode": one_of("hook", "start"),
    "migrations.attempts": COUNT,
    "migrations.secondsMax": {"type": "integer", "minimum": 30},
    "nats.url": {"type": "string", "pattern": "^(nats|tls)://"},
    "nats.replicas": one_of(1, 3, 5),
    "nats.auth": one_of("password", "file", "none"),
    "redis.url": {"type": "string", "pattern": "^(rediss?://.+)?$"},
    "redis.auth": one_of("password", "none"),
    "clickhouse.url": {"type": "string", "pattern": "^https?://[^:@/]+(@[^@/]+)?(:[0-9]+)?$|^https?://[^:@/]+:[0-9]+$"},
    "clickhouse.shards": {"type": "integer", "minimum": 1, "maximum": 1000},
    "retentionDays": {"type": "integer", "minimum": 0, "maximum": 36500},
    "resources": closed({"requests": AMOUNTS, "limits": AMOUNTS}, ["requests", "limits"]),
    "ports": listed(PORT, minItems=1),
    "grpc.port": PORT,
    "to": listed(PEER),
    "clientsFrom": listed(PEER),
    "metricsFrom": listed(PEER),
    "dns": listed(PEER),
    "egress": listed(ANY_OBJECT),
    "replicas": COUNT,
    "autoscaling.min": COUNT | {"minimum": 1},
    "autoscaling.max": COUNT | {"minimum": 1},
    "autoscaling.cpuPercent": {"type": "integer", "minimum": 0, "maximum": 1000},
    "autoscaling.downAfterSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
    "autoscaling.pods": listed(closed({"metric": TEXT, "averageValue": AMOUNT}, ["metric", "averageValue"])),
    "autoscaling.external": listed(
        closed({"metric": TEXT, "labels": TEXTS, "averageValue": AMOUNT, "value": AMOUNT}, ["metric"])
        | {"oneOf": [{"required": ["averageValue"]}, {"required": ["value"]}]}
    ),
    "disruption.maxUnavailable": COUNT | {"minimum": 1},
    "spread.zones": one_of("ScheduleAnyway", "DoNotSchedule"),
    "spread.nodes": one_of("ScheduleAnyway", "DoNotSchedule"),
    "service.type": one_of("ClusterIP", "NodePort", "LoadBalancer"),
    "env": listed(closed({"name": TEXT, "value": TEXT, "valueFrom": ANY_OBJECT}, ["name"])),
    "envFrom": listed(closed({"prefix": TEXT, "configMapRef": ANY_OBJECT, "secretRef": ANY_OBJECT})),
    "volumes": listed(ANY_OBJECT | {"required": ["name"]}),
    "volumeMounts": listed(ANY_OBJECT | {"required": ["name", "mountPath"]}),
    "tolerations": listed(ANY_OBJECT),
    "affinity": closed({"nodeAffinity": ANY_OBJECT, "podAffinity": ANY_OBJECT, "podAntiAffinity": ANY_OBJECT}),
    "temporarySize": SIZE,
    "persistence.size": SIZE,
    "demo.storage": {"anyOf": [SIZE, {"const": ""}]},
    "edgeEvaluator.region": {"type": "string", "pattern": "^[A-Za-z0-9._-]{0,64}$"},
    "edgeEvaluator.ingestorUrl": {"type": "string", "pattern": "^(https?://.+)?$"},
    "ingress.controller": one_of("nginx", "traefik"),
    "gateway.parentRefs": listed(
        closed({"name": TEXT, "namespace": TEXT, "sectionName": TEXT, "port": PORT}, ["name"])
    ),
    "gateway.hostnames": listed(TEXT),
    "gateway.grpcHostnames": listed(TEXT),
    "tracing.endpoint": {"type": "string", "pattern": "^(https?://[^?#]+)?$"},
    "tracing.sampler": one_of(
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ),
    "monitoring.rules.runbooksUrl": {"type": "string", "pattern": "^(https?://[^?#]+)?$"},
    "monitoring.dashboards.labels": TEXTS,
    "monitoring.interval": {"type": "string", "pattern": "^[0-9]+(s|m)$"},
}
"""Of values whose default doesn't tell it all, by the end of their path; the longest that fits counts."""


def values_schema(chart: Path = CHART) -> Schema:
    """The schema of the chart's values."""
    tree: Schema = closed({})
    for line in value_lines(chart):
        _put(tree, line.path.split("."), _of_line(line))
    properties = tree["properties"]
    of_all = properties[_DEFAULTS]["properties"]
    for workload in READ_BY:
        settings = closed(dict.fromkeys(settings_of(workload), SCALAR))
        shared = {name: {"$ref": f"#/properties/{_DEFAULTS}/properties/{name}"} for name in of_all}
        own = {**shared, **properties[workload]["properties"], "settings": settings | _told(of_all["settings"])}
        properties[workload] = closed(dict(sorted(own.items())))
    # What holds for each workload can't be told to all of them: each reads others.
    of_all["settings"] = closed({}) | _told(of_all["settings"])
    # Where this chart is a part of another.
    properties["global"] = ANY_OBJECT
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Values of the chart verdict", **tree}


def _of_line(line: ValueLine) -> Schema:
    names = line.path.split(".")
    for start in range(len(names)):
        rule = RULES.get(".".join(names[start:]))
        if rule is not None:
            return rule | {"description": line.told}
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    return {"type": kinds[type(line.default)], "description": line.told}


def _put(tree: Schema, names: list[str], leaf: Schema) -> None:
    for name in names[:-1]:
        tree = tree["properties"].setdefault(name, closed({}))
    tree["properties"][names[-1]] = leaf


def _told(schema: Schema) -> Schema:
    return {"description": schema["description"]}
