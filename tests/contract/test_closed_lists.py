"""Closed lists have one place each; what has to repeat one by hand is held to it here.

Operators have a test of their own, and aggregations one for all but their column.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import get_args

import pytest
from actors.rights import ROLES_OF_RIGHTS
from actors.rights import Right as AskedRight
from analytics.catalog.entries import Boundary, CapsOf, MarginKind, Per
from analytics.catalog.entries import Role as MetricRole
from analytics.results.judgement import CORRECTIONS
from bucketing import ErrorCode, Reason
from bucketing.flagset import ExperimentMode, FlagType, ResolveMode
from control_plane.access.policy import rights_of
from control_plane.access.roles import Role
from control_plane.entities.integrity import DisturbanceCause
from control_plane.entities.usages import ReferencedKind, ReferrerKind
from control_plane.experiments.schemas import AnalysisPlan
from control_plane.flags.queries import Purpose
from control_plane.people.published_access import ASKED_ELSEWHERE
from control_plane.people.session_terms import SessionKind
from control_plane.publishing.blocks import REASONS
from control_plane.reviews.models import State, Verdict
from control_plane.rollouts.models import RolloutState
from control_plane.verdicts.models import Done
from control_plane.webhooks.models import DeliveryState, Pause
from messages.aggregations import AGGREGATIONS
from messages.closed_lists import words
from messages.generated import config_pb2 as pb
from messages.sdk_keys import KeyKind
from messages.subjects import ENTITY_KINDS
from stats.judgement.multiplicity import METHODS
from stats.metrics import Boundary as EngineBoundary
from stats.metrics import Mode

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted((ROOT / "services/control_plane/database/migrations").glob("*.sql"))
TABLE = re.compile(r"(?:CREATE|ALTER) TABLE (\w+)(.*?);\n", re.DOTALL)
LIST = re.compile(r"\b(\w+) IN \(([^)]*)\)")
ROLES_BEFORE = frozenset({"owner", "admin", "editor", "viewer"})

STORED: dict[tuple[str, str], Collection[str]] = {
    # As the version before calls them; `role_key` may also be a role of the organization.
    ("memberships", "role"): ROLES_BEFORE,
    ("project_roles", "role"): ROLES_BEFORE - {"owner"},
    ("api_tokens", "role"): ROLES_BEFORE,
    ("invitations", "role"): ROLES_BEFORE,
    ("sdk_keys", "kind"): list(KeyKind),
    ("email_domains", "verified_by"): ("dns", "administrator"),
    ("sessions", "kind"): get_args(SessionKind),
    ("usages", "target_kind"): get_args(ReferencedKind),
    ("usages", "user_kind"): get_args(ReferrerKind),
    ("flags", "type"): list(FlagType),
    ("flags", "purpose"): list(Purpose),
    ("config_settings", "resolve"): list(ResolveMode),
    ("metrics", "aggregation"): AGGREGATIONS,
    ("metrics", "direction"): words(pb.Direction).values(),
    ("metrics", "winsorize_of"): words(pb.CapsOf).values(),
    ("metrics", "per"): words(pb.MetricPer).values(),
    ("experiments", "mode"): list(ExperimentMode),
    ("experiments", "status"): words(pb.ExperimentStatus).values(),
    ("webhooks", "paused_because"): list(Pause),
    ("webhook_deliveries", "state"): list(DeliveryState),
    ("change_requests", "state"): list(State),
    ("change_request_comments", "verdict"): get_args(Verdict),
    ("disturbances", "cause"): list(DisturbanceCause),
    ("rollouts", "state"): list(RolloutState),
    ("incidents", "action"): list(words(pb.GuardAction).values()),
    ("incidents", "done"): list(Done),
    # The epoch is the lease's.
    ("publication_blocks", "reason"): set(REASONS) - {"epoch_behind"},
}
"""What each list of a migration has to be: the last one that speaks of a column counts."""
FOUND = {
    (table, column): set(re.findall(r"'(\w+)'", values))
    for file in MIGRATIONS
    for table, body in TABLE.findall(file.read_text())
    for column, values in LIST.findall(body)
}


@pytest.mark.parametrize(("table", "column"), STORED, ids=[".".join(each) for each in STORED])
def test_a_column_takes_each_and_no_other(table: str, column: str) -> None:
    assert FOUND[table, column] == set(STORED[table, column])


def test_every_list_of_the_migrations_is_known() -> None:
    assert FOUND.keys() == STORED.keys()


SAME: dict[str, tuple[Collection[str], Collection[str]]] = {
    "kinds of SDK keys on the wire": (words(pb.SdkKeyKind).values(), list(KeyKind)),
    "sequential modes of the wire": (words(pb.SequentialMode).values(), list(Mode)),
    "whose percentiles cap": (get_args(CapsOf), words(pb.CapsOf).values()),
    "what a metric has one number of": (get_args(Per), words(pb.MetricPer).values()),
    "metric roles of results": (get_args(MetricRole), words(pb.MetricRole).values()),
    "corrections of a plan": (get_args(AnalysisPlan.model_fields["correction"].annotation), [*CORRECTIONS]),
    "states of rollouts": (words(pb.RolloutState).values(), list(RolloutState)),
    "kinds of margins of results": (get_args(MarginKind), words(pb.MarginKind).values()),
    "boundaries of results": (get_args(Boundary), words(pb.Boundary).values()),
    "boundaries of the engine": (list(EngineBoundary), words(pb.Boundary).values()),
    "kinds of entities on the bus": (
        {each.name for each in pb.ConfigMessage.DESCRIPTOR.oneofs_by_name["content"].fields},
        {*ENTITY_KINDS, "manifest", "tombstone"},
    ),
    "roles of the policy": (
        set(re.findall(r"^p, (\w+)", (ROOT / "services/control_plane/access/policy.csv").read_text(), re.MULTILINE)),
        list(Role),
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_two_lists_are_the_same(what: str) -> None:
    one, other = SAME[what]
    assert sorted(one) == sorted(other)


def test_every_right_that_analytics_asks_is_published_and_its_roles_give_it() -> None:
    assert {each.value for each in ASKED_ELSEWHERE} == set(get_args(AskedRight)) == ROLES_OF_RIGHTS.keys()
    for right in ASKED_ELSEWHERE:
        assert set(ROLES_OF_RIGHTS[right.value]) == {role.value for role in Role if right in rights_of(role)}


def test_statistics_know_the_corrections() -> None:
    assert set(CORRECTIONS.values()) <= METHODS.keys()


def first_cells(document: str, header: str) -> list[str]:
    """The names in the first column of a document's table."""
    table = (ROOT / "docs" / document).read_text().split(f"{header}\n", 1)[1].split("\n\n")[0]
    return [name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]


@pytest.mark.parametrize(
    ("header", "names"),
    [("| reason | when | case |", Reason), ("| error code | when | case |", ErrorCode)],
    ids=["reasons", "error codes"],
)
def test_the_specification_has_a_row_for_each(header: str, names: Collection[str]) -> None:
    assert sorted(first_cells("evaluation.md", header)) == sorted(names)


GLOSSARY = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("flag", FlagType),
        ("reason", Reason),
        ("sequential mode", Mode),
        ("SDK key", KeyKind),
    ],
    ids=["flag", "reason", "sequential mode", "SDK key"],
)
def test_the_glossary_names_each(word: str, names: Collection[str]) -> None:
    assert set(names) <= set(re.findall(r"\w+", GLOSSARY[word]))


def test_the_glossary_has_the_roles_of_metrics() -> None:
    assert ", ".join(words(pb.MetricRole).values()) in GLOSSARY
