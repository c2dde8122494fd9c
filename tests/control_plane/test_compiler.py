"""What is published of an environment: checked entities, each on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from bucketing import Reason, compile_flagset
from bucketing.flagset import (
    Comparison,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    Rollout,
    Rule,
    Segment,
    Share,
)
from control_plane.database import Database
from control_plane.entities.rows import Unreadable, read_each
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.queries import PublishedExperiment
from control_plane.publishing.compilation import Compilation
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.stored import Stored
from messages.documents import experiment_document, flag_of
from messages.generated import config_pb2 as pb
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import config_subject

from tests.control_plane.conftest import PASSWORD, joined

ID = UUID(int=1)
ENVIRONMENT = EnvironmentRow(
    ID, UUID(int=2), UUID(int=3), "production", "P", "salt", False, (), (), 1, 7, 0, None, False, False, False, False, 1
)
FLAG = Flag("f", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"))
HALVES = (Share("on", 5000), Share("off", 5000))


def published(shares: tuple[Share, ...]) -> PublishedExperiment:
    experiment = Experiment("e", "f", ExperimentMode.ASSIGNS, shares, start_at=1)
    message = pb.Experiment(id="e1", status=pb.EXPERIMENT_STATUS_RUNNING, document=experiment_document(experiment))
    return PublishedExperiment(experiment, message)


EXPERIMENT = published(HALVES)


def subject(kind: str, key: str) -> str:
    return config_subject(str(ID), kind, key)


def compiled(compilation: Compilation | None = None, **parts: Any) -> Compilation:
    """`parts`: lists of entities by kind."""
    compilation = Compilation(str(ID)) if compilation is None else compilation
    entities: dict[str, Any] = {kind: {each.key: each for each in found} for kind, found in parts.items()}
    compilation.take(Stored(environment=ENVIRONMENT, message=pb.Environment(key="production"), **entities))
    return compilation


def test_each_entity_is_an_entry_without_version() -> None:
    metric = pb.Metric(id="m1", key="m")
    found = compiled(flags=[FLAG], segments=[Segment("s")], experiments=[EXPERIMENT], metrics=[metric])
    kinds = {"environment": "production", "flag": "f", "segment": "s", "experiment": "e", "metric": "m"}
    assert set(found.entries) == {subject(*each) for each in kinds.items()}
    assert found.invalid == {}
    message = ConfigMessage.FromString(found.entries[subject("flag", "f")])
    assert (message.environment_id, message.version, message.epoch) == (str(ID), 0, 0)


@pytest.mark.parametrize(
    "broken",
    [
        replace(FLAG, key="broken", off_variation="gone"),
        replace(FLAG, key="broken", default=Fixed("gone")),
        replace(FLAG, key="broken", default=Rollout((Share("on", 9900),))),
        replace(FLAG, key="broken", rules=(Rule("r", Comparison("a", "unheard_of", 1), Fixed("on")),)),
        replace(FLAG, key="broken", rules=(Rule("r", Comparison("a", "matches", "("), Fixed("on")),)),
        Unreadable("broken", "KeyError: 'kind'"),
    ],
    ids=[
        "off_variation is gone",
        "default is gone",
        "shares do not add up",
        "unknown operator",
        "broken pattern",
        "unreadable",
    ],
)
def test_a_broken_flag_is_named_and_holds_up_nothing(broken: Any) -> None:
    found = compiled(flags=[FLAG, broken])
    assert set(found.invalid) == {subject("flag", "broken")}
    assert set(found.entries) == {subject("flag", "f"), subject("environment", "production")}


def test_a_broken_segment_and_experiment_are_named() -> None:
    experiment = published((Share("on", 1), Share("off", 5000)))
    segment = Segment("s", condition=Comparison("a", "matches", "("))
    found = compiled(flags=[FLAG], segments=[segment], experiments=[experiment])
    assert set(found.invalid) == {subject("segment", "s"), subject("experiment", "e")}


def test_an_experiment_is_checked_again_when_its_flag_changes() -> None:
    first = compiled(flags=[FLAG], experiments=[EXPERIMENT])
    assert not first.invalid
    renamed = replace(FLAG, variations={"yes": True, "no": False}, off_variation="no", default=Fixed("yes"))
    second = compiled(first, flags=[renamed], experiments=[EXPERIMENT])
    assert set(second.invalid) == {subject("experiment", "e")}


@pytest.mark.parametrize(("before", "after"), [(1, 1.0), (1, True), (0, False), (1.0, True)])
def test_values_that_python_calls_equal_are_different_contents(before: Any, after: Any) -> None:
    flag = replace(FLAG, rules=(Rule("r", Comparison("a", "eq", before), Fixed("on")),))
    found = compiled(flags=[flag])
    first = found.entries[subject("flag", "f")]
    compiled(found, flags=[replace(flag, rules=(Rule("r", Comparison("a", "eq", after), Fixed("on")),))])
    assert found.entries[subject("flag", "f")] != first


@pytest.mark.parametrize("off", [{"enabled": False}, {"archived": True}], ids=["off", "archived"])
def test_a_flag_that_is_off_is_published_whatever_is_wrong_with_it(off: Any) -> None:
    strange = replace(FLAG, rules=(Rule("r", Comparison("a", "sounds_like", 1), Fixed("on")),))
    assert set(compiled(flags=[strange]).invalid) == {subject("flag", "f")}
    found = compiled(flags=[replace(strange, **off)])
    assert not found.invalid
    published = flag_of(ConfigMessage.FromString(found.entries[subject("flag", "f")]))
    assert not published.rules
    assert compile_flagset(FlagSet("", flags={"f": published})).evaluate("f", {}, 0).reason is Reason.DISABLED


def test_a_row_that_can_not_be_read_leaves_its_neighbours() -> None:
    found = read_each(["1", "x", "3"], str, int)
    assert found[0] == 1
    assert found[2] == 3
    assert isinstance(found[1], Unreadable)
    assert found[1].key == "x"


async def test_what_the_api_saved_is_compiled(tenant: Any, database: Database) -> None:
    project = f"/projects/{tenant.project}"
    flag = {
        "key": "new-checkout",
        "name": "New checkout",
        "type": "boolean",
        "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
        "off_variation": "off",
        "default": {"variation": "on"},
    }
    await tenant.api.ok("POST", f"{project}/flags", flag)
    await tenant.api.ok("POST", f"{project}/segments", {"key": "beta", "name": "Beta", "included": ["u1"]})
    metric = {"key": "bought", "name": "Bought", "aggregation": "conversion", "event": "purchase"}
    await tenant.api.ok("POST", f"{project}/metrics", metric)
    experiment = {
        "key": "test",
        "environment": "production",
        "flag": "new-checkout",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
    }
    await tenant.api.ok("POST", f"{project}/experiments", experiment)
    environment = await tenant.api.ok("GET", tenant.path)
    found = await Compiler(database).compile(UUID(environment["id"]))
    assert found is not None
    assert found.invalid == {}
    assert {each.split(".", 2)[2] for each in found.entries} == {
        "environment.production",
        "flag.new-checkout",
        "segment.beta",
        "metric.bought",
        "experiment.test",
    }
    assert found.version == environment["config_version"]


async def test_members_are_published_as_they_change(tenant: Any, database: Database) -> None:
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    entry = config_subject(str(environment), "environment", "production")

    async def published() -> tuple[int, dict[UUID, str]]:
        compiled = await Compiler(database).compile(environment)
        assert compiled is not None
        members = ConfigMessage.FromString(compiled.entries[entry]).environment.members
        return compiled.version, {UUID(bytes=each.user_id): each.role for each in members}

    version, before = await published()
    members = f"/organizations/{tenant.organization}/members"
    joining = await joined(tenant.api, tenant.organization, "eve@example.com", "administrator")
    eve = UUID((await joining.ok("GET", "/me"))["id"])
    assert await published() == (version + 1, {**before, eve: "administrator"})
    await tenant.api.changed("PATCH", f"{members}/{eve}", {"role": "viewer"})
    assert await published() == (version + 2, {**before, eve: "viewer"})
    await tenant.api.ok("DELETE", f"{members}/{eve}")
    assert await published() == (version + 3, before)


async def test_the_end_of_a_session_is_published_wherever_the_person_belongs(tenant: Any, database: Database) -> None:
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    entry = config_subject(str(environment), "environment", "production")
    eve = await joined(tenant.api, tenant.organization, "eve@example.com", "viewer")
    made = await eve.ok("GET", "/me")

    async def published() -> tuple[int, int]:
        compiled = await Compiler(database).compile(environment)
        assert compiled is not None
        members = ConfigMessage.FromString(compiled.entries[entry]).environment.members
        member = next(each for each in members if each.user_id == UUID(made["id"]).bytes)
        return compiled.version, member.session_generation

    version, generation = await published()
    passwords = {"current_password": PASSWORD, "new_password": "another long password"}
    await eve.ok("PUT", "/me/password", passwords)
    assert await published() == (version + 1, generation + 1)


async def test_only_what_was_written_is_read_and_encoded_again(tenant: Any, database: Database) -> None:
    flags = f"/projects/{tenant.project}/flags"
    flag = {
        "type": "boolean",
        "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
        "off_variation": "off",
        "default": {"variation": "on"},
    }
    for key in ("a", "b", "c"):
        await tenant.api.ok("POST", flags, {**flag, "key": key, "name": key})
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    compiler = Compiler(database)
    first = await compiler.compile(environment)
    await tenant.api.changed("PATCH", f"{flags}/b/environments/production", {"enabled": True})
    await tenant.api.changed("POST", f"{flags}/c/archive", read=f"{flags}/c")
    await tenant.api.changed("DELETE", f"{flags}/c")
    second = await compiler.compile(environment)
    assert first is not None
    assert second is not None
    names = {each: config_subject(str(environment), "flag", each) for each in ("a", "b", "c")}
    assert second.entries[names["a"]] is first.entries[names["a"]]
    assert second.entries[names["b"]] != first.entries[names["b"]]
    assert names["c"] not in second.entries
    fresh = await Compiler(database).compile(environment)
    assert fresh == second


async def test_an_archived_environment_has_no_entries(tenant: Any, database: Database) -> None:
    environment, compiler = UUID((await tenant.api.ok("GET", tenant.path))["id"]), Compiler(database)
    before = await compiler.compile(environment)
    assert before is not None
    assert before.entries
    await tenant.api.changed("POST", f"{tenant.path}/archive", read=tenant.path)
    archived = await compiler.compile(environment)
    assert archived is not None
    assert (archived.entries, archived.version) == ({}, before.version + 1)


async def test_an_environment_that_does_not_exist_compiles_to_nothing(database: Database) -> None:
    assert await Compiler(database).compile(UUID(int=9)) is None
