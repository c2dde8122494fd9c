"""The Terraform of AWS, as far as it can be held to itself without Terraform: each name leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import jsonschema
import pytest

from deploy.helm.charts import CHART

ROOT = Path(__file__).resolve().parents[2]
TOP = ROOT / "deploy/terraform/aws"
FOLDERS = [TOP, *sorted((TOP / "modules").iterdir())]
NAMES = [each.name for each in FOLDERS]
META = {"source", "count", "for_each", "depends_on", "providers"}
OURS = re.compile(r"(?<![\w.\"-])((?:aws|kubernetes|helm)_[a-z0-9_]+)\.([a-z_]+)")


def plain(value: Any) -> Any:
    """What was read, without the quotes that the parser keeps around names and texts."""
    if isinstance(value, dict):
        return {str(key).strip('"'): plain(each) for key, each in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.strip('"') if isinstance(value, str) else value


def read(folder: Path) -> dict[str, Any]:
    """The blocks of a module by their kind, with those that have names by their names."""
    blocks: dict[str, Any] = {}
    for file in sorted(folder.glob("*.tf")):
        for kind, found in plain(hcl2.loads(file.read_text())).items():
            for each in found:
                if kind == "locals":
                    blocks.setdefault(kind, {}).update(each)
                elif kind == "resource":
                    for type_name, named in each.items():
                        blocks.setdefault(kind, {}).setdefault(type_name, {}).update(named)
                elif kind != "terraform":
                    blocks.setdefault(kind, {}).update(each)
                else:
                    blocks.setdefault(kind, []).append(each)
    return blocks


def text_of(folder: Path) -> str:
    """All that a module says, without comments and the texts of descriptions."""
    whole = "\n".join(file.read_text() for file in sorted(folder.glob("*.tf")))
    return re.sub(r"^\s*(#|description +=|error_message +=).*$", "", whole, flags=re.MULTILINE)


MODULES = {each.name: read(each) for each in FOLDERS}


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_described_and_used(name: str) -> None:
    folder = FOLDERS[NAMES.index(name)]
    variables, text = MODULES[name]["variable"], text_of(folder)
    used = set(re.findall(r"\bvar\.([a-z_]+)", text))
    assert used == variables.keys()
    for each in variables.values():
        assert len(each["description"]) > 10
        assert each["type"]


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_to_something(name: str) -> None:
    text, blocks = text_of(FOLDERS[NAMES.index(name)]), MODULES[name]
    assert set(re.findall(r"\blocal\.([a-z_]+)", text)) == set(blocks.get("locals", {}))
    declared = {(kind, each) for kind, named in blocks.get("resource", {}).items() for each in named}
    assert set(OURS.findall(text)) <= declared
    for module, output in re.findall(r"\bmodule\.([a-z_]+)\.([a-z_]+)", text):
        assert output in MODULES[module]["output"], f"{module} has no output {output}"


def test_every_module_is_given_what_it_asks_for_and_gives_what_is_used() -> None:
    called = MODULES[TOP.name]["module"]
    assert called.keys() == set(NAMES) - {TOP.name}
    text = text_of(TOP)
    for name, block in called.items():
        assert (TOP / block["source"]).resolve() == TOP / "modules" / name
        variables = MODULES[name]["variable"]
        needed = {each for each, variable in variables.items() if "default" not in variable}
        given = block.keys() - META
        assert needed <= given <= variables.keys(), name
        used = set(re.findall(rf"\bmodule\.{name}\.([a-z_]+)", text))
        assert used == MODULES[name].get("output", {}).keys(), name


@pytest.mark.parametrize("name", NAMES)
def test_each_provider_that_is_used_is_pinned(name: str) -> None:
    [terraform] = MODULES[name]["terraform"]
    [required] = terraform["required_providers"]
    used = {kind.partition("_")[0] for kind in MODULES[name].get("resource", {})}
    assert used | MODULES[name].get("provider", {}).keys() <= required.keys()
    assert all(re.search(r"~>|<", each["version"]) for each in required.values())


def sample(value: Any) -> Any:
    """Values as they are at an installation, for the expressions of Terraform."""
    if isinstance(value, dict):
        return {key: sample(each) for key, each in value.items()}
    if isinstance(value, list):
        return [sample(each) for each in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    if "[for " in value:
        return [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    return {"${var.cidr}": "10.0.0.0/16", "${var.clickhouse_url}": "https://verdict@clickhouse.example:8443"}.get(
        value, "rediss://redis.example:6379/0" if "redis" in value else "https://verdict.example.com"
    )


def test_the_values_fit_the_charts_schema() -> None:
    values = sample(MODULES["platform"]["locals"]["values"])
    assert values["nats"]["replicas"] == 3
    assert values["clickhouse"]["networkPolicy"]["to"]
    jsonschema.validate(values, json.loads((CHART / "values.schema.json").read_text()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values | {"nats": {"address": ""}}, json.loads((CHART / "values.schema.json").read_text()))


def test_the_files_that_it_reads_exist() -> None:
    folder = TOP / "modules/platform"
    paths = re.findall(r'"\$\{path\.module\}/([^"]+)"', text_of(folder))
    assert [path for path in paths if not (folder / path).exists()] == []
    assert len(paths) == 2
    rights = re.search(r"(?s)OF_AN_EDGE = .*", (ROOT / "deploy/docker/nats.conf").read_text())
    assert rights
    asked = set(re.findall(r"\$(NATS_\w+_PASSWORD)", rights[0]))
    assert asked == {f"NATS_{each}_PASSWORD" for each in ("CONTROL_PLANE", "EDGE", "INGESTOR", "ANALYTICS")}
    assert all(each.removeprefix("NATS_").removesuffix("_PASSWORD") in text_of(folder) for each in asked)


def test_what_is_kept_is_sealed_private_and_backed_up() -> None:
    database = MODULES["database"]["resource"]["aws_db_instance"]["this"]
    assert database["storage_encrypted"] is True
    assert database["publicly_accessible"] is False
    assert database["multi_az"] is True
    assert database["deletion_protection"] is True
    assert database["skip_final_snapshot"] is False
    assert database["backup_retention_period"] == "${var.backup_days}"
    cache = MODULES["cache"]["resource"]["aws_elasticache_replication_group"]["this"]
    assert cache["at_rest_encryption_enabled"] is True
    assert cache["transit_encryption_enabled"] is True
    for name in ("cluster", "database", "cache"):
        assert MODULES[TOP.name]["module"][name]["subnet_ids"] == "${module.network.private_subnet_ids}"
    disk = MODULES["platform"]["resource"]["kubernetes_storage_class_v1"]["sealed"]
    assert disk["parameters"]["encrypted"] == "true"


def test_no_password_gets_into_the_state() -> None:
    assert MODULES["database"]["resource"]["aws_db_instance"]["this"]["manage_master_user_password"] is True
    whole = "\n".join(text_of(each) for each in FOLDERS)
    assert not re.search(r"^\s*(password|auth_token|master_password) ", whole, re.MULTILINE)
    assert not re.search(r"random_password|kubernetes_secret|aws_secretsmanager_secret_version", whole)
    assert [each for each in MODULES[TOP.name]["variable"] if re.search("password|secret|token", each)] == []
