"""The import contracts leave no package out: `.importlinter` is held to the packages on disk."""

from __future__ import annotations

from configparser import ConfigParser, SectionProxy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDERLESS_MODULES_MAX = 10
"""A package with more modules than this, or with packages in it, has an order of its own."""
UNORDERED: dict[str, str] = {}
"""Names that an exhaustive contract may ignore, each with the reason."""
DOORS = {
    "queries": "what others may ask of a room",
    "recorder": "every write ends in it",
    "versions": "what entities were, as the audit log has kept it",
    "patches": "how two documents differ",
    "sentences": "what was done, in words",
    "keys": "what the key of an entity looks like",
}
"""Modules that the wall around a room lets through, each with the reason."""
OPEN = {"control_plane.entities": "what the entities of a project share is made for their features"}
"""Rooms of the control plane that no contract protects, each with the reason."""


def _contracts() -> dict[str, SectionProxy]:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    return {name: parser[name] for name in parser.sections() if ":contract:" in name}


def _lines(contract: SectionProxy, option: str) -> list[str]:
    return contract.get(option, "").split()


CONTRACTS = _contracts()
ROOTS = {
    path.parent.name: path.parent
    for folder in ("services/*", "libs/*", "sdks/python/*", "devstack", "chaos")
    for path in ROOT.glob(f"{folder}/__init__.py")
}
PACKAGES = {
    ".".join([name, *path.parent.relative_to(root).parts]): path.parent
    for name, root in ROOTS.items()
    for path in root.rglob("__init__.py")
    if len(list(path.parent.glob("*.py"))) > 1
}
ROOMS = sorted(name for name in PACKAGES if name.rpartition(".")[0] == "control_plane")
EXHAUSTIVE = {
    container: contract
    for contract in CONTRACTS.values()
    if contract["type"] == "layers" and contract.getboolean("exhaustive", False)
    for container in _lines(contract, "containers")
}


def _needs_an_order(package: str) -> bool:
    modules = list(PACKAGES[package].glob("*.py"))
    holds_packages = any(name.startswith(f"{package}.") for name in PACKAGES)
    return package in ROOTS or holds_packages or len(modules) - 1 > ORDERLESS_MODULES_MAX


def test_every_service_and_library_is_looked_at() -> None:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    assert set(_lines(parser["importlinter"], "root_packages")) == ROOTS.keys()


@pytest.mark.parametrize("name", sorted(ROOTS))
def test_no_module_stands_where_no_contract_sees_it(name: str) -> None:
    assert [path for path in ROOTS[name].rglob("*.py") if not (path.parent / "__init__.py").exists()] == []


def test_no_two_neighbours_may_need_each_other_anywhere() -> None:
    contracts = [each for each in CONTRACTS.values() if each["type"] == "acyclic_siblings"]
    assert {name for each in contracts for name in _lines(each, "ancestors")} == ROOTS.keys()
    assert not any(each.get("skip_descendants") for each in contracts)


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_stands_in_an_exhaustive_order(package: str) -> None:
    """One that is large has an order itself; a small one is a room in the order of the package around it."""
    ordered = package if _needs_an_order(package) else package.rpartition(".")[0]
    assert ordered in EXHAUSTIVE, f"{ordered} has no exhaustive layers in .importlinter"


@pytest.mark.parametrize("package", sorted(EXHAUSTIVE))
def test_what_an_order_leaves_out_has_a_reason(package: str) -> None:
    assert set(_lines(EXHAUSTIVE[package], "exhaustive_ignores")) <= UNORDERED.keys()


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_an_exception_is_a_door(contract: str) -> None:
    """`ignore_imports` lets others in by a door of the room that is protected, and excuses nothing else."""
    exceptions = [line for line in CONTRACTS[contract].get("ignore_imports", "").splitlines() if line]
    rooms = {name.removesuffix(".*") for name in _lines(CONTRACTS[contract], "protected_modules")}
    doors = {f"control_plane.** -> {room}.{door}" for room in rooms for door in DOORS}
    assert set(exceptions) <= doors


PUT_TOGETHER = {
    f"control_plane.{name}" for name in ("app", "composition", "commands", "main", "relay_work", "schedule_work")
}
"""Where the service is put together, and so every room may be known."""

TOGETHER = {
    "control_plane.access": {"control_plane.people"},
    "control_plane.changes": {"control_plane.audit"},
    "control_plane.fleet": {"control_plane.diagnosis"},
    "control_plane.previews": {"control_plane.reviews"},
    "control_plane.publishing": {"control_plane.previews", "control_plane.diagnosis"},
    "control_plane.reviews": {"control_plane.promotions"},
}
"""Two rooms of one subject: people are brought in by one, and the other knows what they may do; changes are recorded by
one, and read by the other; edits are collected by one, and what they would do is told by another, which asks what would
be published; the doctor compares what is published with who serves it; what is brought from one environment to another
is a change request."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_control_plane_is_protected_whole(room: str) -> None:
    """So a new file is behind the wall from its first day."""
    walls = [
        each
        for each in CONTRACTS.values()
        if each["type"] == "protected" and f"{room}.*" in _lines(each, "protected_modules")
    ]
    assert bool(walls) != (room in OPEN), f"{room} is protected by no contract"
    for wall in walls:
        assert set(_lines(wall, "allowed_importers")) <= {room, *PUT_TOGETHER, *TOGETHER.get(room, ())}
