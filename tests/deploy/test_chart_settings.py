"""What a pod is told is what its service reads, and the service takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from service_kit.settings import ServiceSettings, load_settings

from deploy.helm.charts import Manifest, rendered
from deploy.helm.workload_settings import READ_BY
from tests.certificates import Authority
from tests.deploy.manifests import component, of_kind, rendered_of, variables
from tests.deploy.values import MATRIX

NAMES = {"controlPlane": "control-plane", "edgeEvaluator": "edge-evaluator", "eventIngestor": "event-ingestor"}
BY_COMPONENT = {NAMES.get(key, key): settings for key, settings in READ_BY.items()}
SECRETS = {
    "FF_DATABASE_URL": "postgresql://verdict:secret@postgres:5432/verdict",
    "FF_ADMIN_EMAIL": "admin@example.com",
    "CLICKHOUSE_PASSWORD": "secret",
}
NOT_OURS = {"MPLCONFIGDIR", "OTEL_SERVICE_NAME", "POSTGRES_PASSWORD"}


def workloads(name: str) -> list[tuple[Manifest, type[ServiceSettings]]]:
    made = of_kind(rendered_of(name), "Deployment", "StatefulSet")
    return [(each, BY_COMPONENT[component(each)]) for each in made if component(each) in BY_COMPONENT]


def told(name: str, workload: Manifest) -> dict[str, str]:
    """With an entry of the Secret for each that is read."""
    values = variables(rendered_of(name), workload)
    return {
        variable: SECRETS.get(value.removeprefix("secret:"), "s" * 40) if value.startswith("secret:") else value
        for variable, value in values.items()
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files where the chart mounts them, by the folders' last names."""
    authority = Authority(tmp_path, "authority")
    issued = authority.issue("issued")
    names = {"ca.crt": authority.certificate, "tls.crt": issued.certificate, "tls.key": issued.key}
    return {name: str(path) for name, path in names.items()} | {"user.creds": str(issued.key)}


@pytest.mark.parametrize("name", MATRIX)
def test_a_service_is_told_only_what_it_reads_and_takes_it(
    name: str, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    for workload, settings in workloads(name):
        variables_told = told(name, workload)
        read = {f"FF_{each.upper()}" for each in settings.declared()}
        assert variables_told.keys() - NOT_OURS <= read, component(workload)
        with monkeypatch.context() as environment:
            for variable, value in variables_told.items():
                mounted = value.startswith("/etc/verdict/")
                environment.setenv(variable, files[Path(value).name] if mounted else value)
            load_settings(settings)


@pytest.mark.parametrize("name", MATRIX)
def test_a_file_that_a_setting_names_is_mounted(name: str) -> None:
    for workload, _ in workloads(name):
        pod = workload["spec"]["template"]["spec"]
        mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        for variable, value in told(name, workload).items():
            if value.startswith("/"):
                assert any(value.startswith(path) for path in mounted), variable


def of(name: str, values: dict[str, Any] | None = None) -> dict[str, str]:
    manifests = tuple(rendered(values or {}))
    [workload] = [each for each in of_kind(manifests, "Deployment", "StatefulSet") if component(each) == name]
    return variables(manifests, workload)


def test_large_numbers_and_truths_are_written_as_services_read_them() -> None:
    edge = variables(
        rendered_of("everything"), next(w for w, _ in workloads("everything") if component(w) == "edge-evaluator")
    )
    assert edge["FF_EDGE_EXPOSURE_BUFFER_MAX"] == "1000000"
    assert edge["FF_EDGE_FAST_PATH"] == "false"


def test_a_setting_that_is_given_goes_before_what_the_chart_makes() -> None:
    own = of("edge-evaluator", {"publicUrl": "https://a.example"})
    given = {
        "publicUrl": "https://a.example",
        "edgeEvaluator": {"settings": {"FF_EDGE_PUBLIC_URL": "https://e.example"}},
    }
    assert own["FF_EDGE_PUBLIC_URL"] == "https://a.example/edge"
    assert of("edge-evaluator", given)["FF_EDGE_PUBLIC_URL"] == "https://e.example"


@pytest.mark.parametrize(
    ("values", "expected"), [({}, "3"), ({"nats": {"replicas": 1}}, "1")], ids=["by default", "on one server"]
)
def test_streams_have_their_copies_whoever_makes_them(values: dict[str, Any], expected: str) -> None:
    for name in ("control-plane", "event-ingestor", "analytics", "loader", "monitor"):
        assert of(name, values)["FF_NATS_REPLICAS"] == expected


def test_who_migrates_is_a_job_or_whoever_starts_first() -> None:
    jobs = {each["metadata"]["name"]: each for each in of_kind(rendered_of("own"), "Job")}
    assert jobs.keys() == {"verdict-migrate-postgres", "verdict-migrate-clickhouse"}
    for job in jobs.values():
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert job["spec"]["backoffLimit"] > 0
        assert job["spec"]["template"]["spec"].get("serviceAccountName") is None
    assert of("control-plane")["FF_MIGRATE_ON_START"] == "false"
    for name in ("plain", "demo"):
        assert of_kind(rendered_of(name), "Job") == []
        assert of("control-plane", MATRIX[name])["FF_MIGRATE_ON_START"] == "true"


def test_a_job_is_told_what_its_command_reads(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    for name in ("own", "everything"):
        for job in of_kind(rendered_of(name), "Job"):
            settings = READ_BY["controlPlane" if component(job) == "migrate-postgres" else "loader"]
            with monkeypatch.context() as environment:
                for variable, value in variables(rendered_of(name), job).items():
                    assert variable.removeprefix("FF_").lower() in settings.declared(), variable
                    text = (
                        SECRETS.get(value.removeprefix("secret:"), "s" * 40) if value.startswith("secret:") else value
                    )
                    environment.setenv(variable, files[Path(text).name] if text.startswith("/etc/verdict/") else text)
                load_settings(settings)


def test_another_login_may_migrate() -> None:
    manifests = tuple(rendered({"migrations": {"databaseUrlKey": "OWNER_URL"}}))
    [job] = [each for each in of_kind(manifests, "Job") if component(each) == "migrate-postgres"]
    assert variables(manifests, job)["FF_DATABASE_URL"] == "secret:OWNER_URL"
    assert of("control-plane")["FF_DATABASE_URL"] == "secret:FF_DATABASE_URL"


def test_what_an_edge_and_an_ingestor_know_may_outlive_their_pods() -> None:
    kept = {component(each): each for each in of_kind(rendered_of("standard"), "StatefulSet")}
    assert kept.keys() == {"edge-evaluator", "event-ingestor"}
    for name, each in kept.items():
        [claim] = each["spec"]["volumeClaimTemplates"]
        [mount] = [
            mount
            for mount in each["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
            if mount["name"] == claim["metadata"]["name"]
        ]
        setting = "FF_EDGE_SNAPSHOT_DIR" if name == "edge-evaluator" else "FF_INGESTOR_SNAPSHOT_FILE"
        assert variables(rendered_of("standard"), each)[setting].startswith(mount["mountPath"])
