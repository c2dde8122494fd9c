"""The whole platform on real processes, once per session, and a tenant of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.services import Credentials, Services
from devstack.stack import Stack
from tests.e2e.guarded_nats import GuardedNats, guarded_nats
from tests.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.waiting import Comparison, same, until_blocking

_counter = itertools.count(1)


@dataclass
class Tenant:
    """An organization with a project and a production environment, as its administrator sees it."""

    api: httpx.Client
    organization: str
    project: str
    server_key: str
    client_key: str
    services: Services
    versions: list[int] = field(default_factory=list)

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Creates an entity of the project and returns the answer."""
        answer = self.api.post(f"/api/v1/projects/{self.project}/{kind}", json=body)
        assert answer.status_code == 201, answer.text
        return self._seen(answer)

    def change(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes an entity at the version it has now."""
        url = f"/api/v1/projects/{self.project}/{path}"
        version = self.api.get(url).headers["etag"]
        answer = self.api.patch(url, json=body, headers={"If-Match": version})
        assert answer.status_code == 200, answer.text
        return self._seen(answer)

    def override(self, unit: str, flag: str, variation: str) -> None:
        url = f"/api/v1/projects/{self.project}/environments/production/overrides/{unit}"
        answer = self.api.put(url, json={"flag": flag, "variation": variation, "reason": "to see it"})
        assert answer.status_code == 200, answer.text
        self._seen(answer)

    def act(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """An action like `experiments/a/start`, at the version the entity has now."""
        url = f"/api/v1/projects/{self.project}/{path}"
        version = self.api.get(url.rsplit("/", 1)[0]).headers["etag"]
        answer = self.api.post(url, json=body, headers={"If-Match": version})
        assert answer.status_code == 200, answer.text
        return self._seen(answer)

    def _seen(self, answer: httpx.Response) -> dict[str, Any]:
        document: dict[str, Any] = answer.json()
        if "production" in document.get("environment_versions", {}):
            self.versions.append(document["environment_versions"]["production"])
        return document

    def edge(self, key: str | None = None) -> httpx.Client:
        bearer = {"Authorization": f"Bearer {key or self.server_key}"}
        return httpx.Client(base_url=self.services.edge.url, headers=bearer, timeout=60)

    def wait_for_edge(self) -> None:
        """Returns when the edge serves the newest version that this tenant has written."""
        with self.edge() as edge:
            until_blocking(
                lambda: (
                    (answer := edge.get("/v1/environment")).status_code == 200
                    and answer.json()["version"] >= self.versions[-1]
                )
            )

    def send(self, events: list[dict[str, Any]]) -> httpx.Response:
        return httpx.post(
            f"{self.services.ingestor.url}/v1/events",
            json=events,
            headers={"Authorization": f"Bearer {self.server_key}"},
            timeout=60,
        )

    def status_at_ingestor(self) -> int:
        """200 as soon as the ingestor knows the server key."""
        url = f"{self.services.ingestor.url}/v1/events/counts"
        return httpx.get(url, headers={"Authorization": f"Bearer {self.server_key}"}, timeout=60).status_code

    def status_at_analytics(self) -> int:
        """200 as soon as analytics knows the environment."""
        return httpx.get(
            f"{self.services.analytics.url}/v1/reconciliation",
            params={"project": self.project, "environment": "production"},
            headers={"Authorization": self.api.headers["Authorization"]},
            timeout=60,
        ).status_code

    def results(self, experiment_id: str) -> dict[str, Any]:
        return self.analysed(f"experiments/{experiment_id}/results")

    def wait_for_units(self, experiment_id: str, total: int) -> None:
        """Returns when results count so many units."""

        def counted() -> Comparison:
            units = self.results(experiment_id)["units"]
            return same(units["total"], total, beside=units)

        until_blocking(counted)

    def analysed(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """What analytics answers."""
        answer = httpx.get(
            f"{self.services.analytics.url}/v1/{path}",
            params=parameters,
            headers={"Authorization": self.api.headers["Authorization"]},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


_LOG_LINES_SHOWN = 12
_QUIET = (b'"level":"INFO"', b'"level":"DEBUG"')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure goes what the services have complained of last."""
    report = yield
    services = getattr(item, "funcargs", {}).get("services")
    if report.failed and services is not None:
        for service in services.all:
            lines = [line for line in service.log.read_bytes().splitlines() if not any(each in line for each in _QUIET)]
            report.sections.append(
                (f"log of {service.name}", b"\n".join(lines[-_LOG_LINES_SHOWN:]).decode("utf-8", "replace"))
            )
    return report


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedNats]:
    with guarded_nats(tmp_path_factory.mktemp("bus") / "nats") as running:
        yield running


@pytest.fixture(scope="session")
def collector() -> Iterator[OtlpReceiver]:
    """Of what is asked for with a sampled `traceparent`, and nothing else."""
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, bus: GuardedNats, collector: OtlpReceiver) -> Iterator[Services]:
    root: Path = tmp_path_factory.mktemp("platform")
    with Stack(root / "stack") as stack:
        services = Services(root / "services", stack, Credentials())
        bus.admit(services)
        for service in services.all:
            service.environment |= {
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_TRACES_SAMPLER": "parentbased_always_off",
                "OTEL_BSP_SCHEDULE_DELAY": "50",
            }
        with services as running:
            yield running


def log_in(services: Services) -> httpx.Client:
    """A client of the control plane as the first administrator."""
    credentials = services.credentials
    api = httpx.Client(base_url=services.control_plane.url, timeout=30)
    answer = api.post(
        "/api/v1/auth/login", json={"email": credentials.admin_email, "password": credentials.admin_password}
    )
    assert answer.status_code == 200, answer.text
    api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return api


@pytest.fixture
def make_tenant(services: Services) -> Iterator[Callable[[], Tenant]]:
    clients: list[httpx.Client] = []

    def make() -> Tenant:
        api = log_in(services)
        clients.append(api)
        name = f"tenant-{next(_counter)}"
        organization = api.post("/api/v1/organizations", json={"key": name, "name": name}).json()["id"]
        api = log_in(services)  # A token names the organizations of its bearer.
        clients.append(api)
        project = api.post(
            f"/api/v1/organizations/{organization}/projects", json={"key": "shop", "name": "Shop"}
        ).json()["id"]
        environments = f"/api/v1/projects/{project}/environments"
        answer = api.post(environments, json={"key": "production", "name": "Production"})
        assert answer.status_code == 201, answer.text
        keys = {}
        for kind in ("server", "client"):
            made = api.post(f"{environments}/production/sdk-keys", json={"name": kind, "kind": kind})
            assert made.status_code == 201, made.text
            keys[kind] = made.json()["key"]
        tenant = Tenant(api, organization, project, keys["server"], keys["client"], services)
        with tenant.edge() as edge:
            until_blocking(lambda: same(edge.get("/v1/environment").status_code, 200))
        # Ready with the first environment, and this one may come later.
        until_blocking(lambda: same(tenant.status_at_ingestor(), 200))
        until_blocking(lambda: same(tenant.status_at_analytics(), 200))
        return tenant

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def tenant(make_tenant: Callable[[], Tenant]) -> Tenant:
    return make_tenant()
