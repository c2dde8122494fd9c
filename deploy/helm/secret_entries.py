"""Which entries the Secret of an installation has, and which workload reads each."""

from __future__ import annotations

from typing import Any

from deploy.helm.charts import CHART, Manifest, rendered

_TELLING: dict[str, str] = {
    "FF_DATABASE_URL": "`postgresql://user:password@host:5432/verdict`, special characters as %XX",
    "FF_AUTH_JWT_SECRET": "32 random bytes or more",
    "FF_SEALING_KEYS": "optional: what secrets are sealed with at rest; else a key made of the one above",
    "FF_ADMIN_EMAIL": "the first administrator, made when there is none",
    "FF_ADMIN_PASSWORD": "of theirs, 12 characters or more",
    "FF_SMTP_URL": "optional: `smtps://user:password@host`; else administrators are shown one-time links",
    "FF_PII_SECRET": "32 random bytes or more; never changed: it makes pseudonyms",
    "FF_EXPORT_SECRET": "32 random bytes or more: seals credentials of exports",
    "CLICKHOUSE_PASSWORD": "of the user in `clickhouse.url`; empty for none",
    "REDIS_PASSWORD": "where `redis.url` is set and `redis.auth` is `password`",
}


def secret_table() -> str:
    """The entries as a table of Markdown."""
    readers: dict[str, list[str]] = {}
    for manifest in rendered({"redis": {"url": "redis://redis:6379/0"}}, CHART):
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            for key in _keys(manifest):
                readers.setdefault(key, []).append(manifest["metadata"]["labels"]["app.kubernetes.io/component"])
    keys = sorted(readers, key=lambda each: (each not in _TELLING, each))
    rows = [f"| `{key}` | {', '.join(readers[key])} | {_telling(key)} |" for key in keys]
    return "\n".join(["| entry | who reads it | |", "|---|---|---|", *rows])


def _keys(manifest: Manifest) -> list[str]:
    containers: list[dict[str, Any]] = manifest["spec"]["template"]["spec"]["containers"]
    return [
        variable["valueFrom"]["secretKeyRef"]["key"]
        for container in containers
        for variable in container.get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {})
    ]


def _telling(key: str) -> str:
    if key.startswith("NATS_"):
        return "a user of NATS, with rights as in `deploy/docker/nats.conf`; for `nats.auth: file` `_CREDENTIALS`"
    return _TELLING[key]
