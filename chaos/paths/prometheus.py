"""A real Prometheus that scrapes the services as an installation's does, with the chart's rules."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from devstack.debian_programs import debian_program
from devstack.probes import http_answers
from devstack.processes import Program
from devstack.server import Server

NAMESPACE = "verdict"
_LOOKS_SECONDS = 0.5
_QUIET = frozenset({"alertname", "severity", "namespace"})


@dataclass(frozen=True, slots=True)
class Target:
    """A process that is scraped, under the name of its workload."""

    name: str
    component: str
    port: int


@dataclass(slots=True)
class Firing:
    """An alert that fires, since when and for how long: seconds of the monotonic clock."""

    alert: str
    labels: str
    since: float
    until: float | None = None


class Prometheus(Server):
    """`firings` are all that were seen since `watch` began."""

    name = "prometheus"

    def __init__(self, root: Path, rules: Mapping[str, Any], scrape_seconds: float) -> None:
        super().__init__(root)
        self._rules = rules
        self._scrape = f"{round(scrape_seconds * 1000)}ms"
        self.firings: list[Firing] = []
        self._http = httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def scrape(self, targets: list[Target]) -> None:
        """These from now on; Prometheus sees it when the file has changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        groups = [
            {
                "targets": [f"127.0.0.1:{each.port}"],
                "labels": {
                    "namespace": NAMESPACE,
                    "component": each.component,
                    "instance": each.name,
                    "pod": each.name,
                },
            }
            for each in targets
        ]
        fresh = self.folder / "targets.json.new"
        fresh.write_text(json.dumps(groups), "utf-8")
        fresh.rename(self.folder / "targets.json")

    async def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series of a query now. Raises httpx.HTTPError where it can't be read."""
        answer = await self._http.get("/api/v1/query", params={"query": expression})
        result: list[dict[str, Any]] | list[Any] = answer.raise_for_status().json()["data"]["result"]
        return [each for each in result if isinstance(each, dict)]

    async def watch(self) -> None:
        """Notes which alerts fire, until it is cancelled."""
        while True:
            try:
                answer = (await self._http.get("/api/v1/alerts")).raise_for_status()
                self._note(answer.json()["data"]["alerts"])
            except httpx.HTTPError:
                pass
            await asyncio.sleep(_LOOKS_SECONDS)

    def fires(self, alert: str) -> bool:
        """Whether it does now, with any labels."""
        return any(each.alert == alert and each.until is None for each in self.firings)

    async def close(self) -> None:
        await self._http.aclose()

    def _note(self, told: list[dict[str, Any]]) -> None:
        now = time.monotonic()
        seen = {(each["labels"]["alertname"], _words(each["labels"])) for each in told if each["state"] == "firing"}
        for firing in self.firings:
            if firing.until is None and (firing.alert, firing.labels) not in seen:
                firing.until = now
        open_ones = {(each.alert, each.labels) for each in self.firings if each.until is None}
        self.firings += [Firing(alert, labels, now) for alert, labels in sorted(seen - open_ones)]

    def _program(self) -> Program:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rules.yaml").write_text(yaml.safe_dump(dict(self._rules)), "utf-8")
        configuration = {
            "global": {"scrape_interval": self._scrape, "scrape_timeout": self._scrape, "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "verdict", "file_sd_configs": [{"files": ["targets.json"]}]}],
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), "utf-8")
        words = [
            str(debian_program("prometheus", "usr/bin/prometheus")),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--query.lookback-delta=15s",
            "--log.level=warn",
        ]
        return Program(self.name, words, self.log)

    def _missing(self) -> str | None:
        return http_answers(self.port, "/-/ready")


def _words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name not in _QUIET)
