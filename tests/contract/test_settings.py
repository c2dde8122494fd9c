"""`.env.example` lists every setting, with the default that the code has."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from service_kit.setting_values import Secret
from service_kit.settings import REQUIRED, ServiceSettings, load_settings

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("control_plane", "edge_evaluator", "event_ingestor", "analytics")
EXAMPLE = dict(re.findall(r"^#?(FF_\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def settings_classes() -> Iterator[type[ServiceSettings]]:
    for name in MODULES:
        for each in vars(importlib.import_module(f"{name}.settings")).values():
            if isinstance(each, type) and issubclass(each, ServiceSettings) and each is not ServiceSettings:
                yield each


FIELDS = {f"FF_{name.upper()}": field.default for each in settings_classes() for name, field in each.declared().items()}


def text(default: Any) -> str:
    if default is REQUIRED or default is None or default == {}:
        return ""
    if isinstance(default, Secret):
        return default.get_secret_value()
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.mark.parametrize("variable", sorted(FIELDS.keys() - {"FF_PORT"}))
def test_a_setting_is_listed_with_its_default(variable: str) -> None:
    assert EXAMPLE.get(variable) == text(FIELDS[variable])


def test_nothing_is_listed_that_no_service_reads() -> None:
    assert EXAMPLE.keys() - FIELDS.keys() == set()


def test_compose_and_kubernetes_set_only_what_a_service_reads() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    used = {name for each in compose["services"].values() for name in each.get("environment", {})}
    for path in (ROOT / "deploy/k8s").glob("*.yaml"):
        used |= set(re.findall(r"\bFF_[A-Z_]+\b", path.read_text()))
    assert {name for name in used if name.startswith("FF_")} - FIELDS.keys() == set()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_a_page_names_only_what_a_service_reads(page: Path) -> None:
    assert set(re.findall(r"`(FF_[A-Z0-9_]*[A-Z0-9])`", page.read_text())) - FIELDS.keys() == set()


def defaults_told() -> Iterator[tuple[str, str, str]]:
    """Page, variable and what a table with a column of defaults says in the variable's row."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        column = None
        for line in page.read_text().splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if not line.startswith("|"):
                column = None
            elif "default" in cells:
                column = cells.index("default")
            elif column is not None:
                yield from ((page.stem, name, cells[column]) for name in re.findall(r"`(FF_[A-Z0-9_]*[A-Z0-9])`", line))


def forms(default: Any) -> set[str]:
    """How people write a default."""
    if isinstance(default, int | float) and not isinstance(default, bool):
        sizes = {f"{default / 2**power:g} {unit}" for power, unit in ((10, "KiB"), (20, "MiB"), (30, "GiB"))}
        return {f"{default:g}", f"{default:,g}", str(default), f"{default:,}", *sizes}
    return {text(default)}


TOLD = [each for each in defaults_told() if each[1] != "FF_PORT"]


@pytest.mark.parametrize(("page", "variable", "cell"), TOLD, ids=[" ".join(each[:2]) for each in TOLD])
def test_a_page_tells_the_default_that_the_code_has(page: str, variable: str, cell: str) -> None:
    if text(FIELDS[variable]):
        said = re.split(r"[ ,]*(?:, | and )", re.sub(r" \([^)]*\)| (?:s|attributes|deep)\b", "", cell))
        assert forms(FIELDS[variable]) & set(said), f"{page} says {said}"


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    class Some(ServiceSettings):
        port: int = 1
        auth_secret: int

    monkeypatch.setenv("FF_AUTH_SECRET", "hush")
    with pytest.raises(SystemExit) as stopped:
        load_settings(Some)
    assert "FF_AUTH_SECRET" in str(stopped.value)
    assert "hush" not in str(stopped.value)
