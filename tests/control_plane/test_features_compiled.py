"""What the features hand to the relay is what people have saved, and the rule engine decides by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

import pytest
from bucketing import CompiledFlagSet, Reason, compile_flagset
from bucketing.flagset import Comparison, Experiment, ExperimentMode, Flag, FlagSet, Holdout, LayerSlot, Segment, Share
from control_plane.database import Database
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.experiments import queries as experiments
from control_plane.experiments.queries import PublishedExperiment
from control_plane.flags import queries as flags
from control_plane.metrics import queries as metrics
from control_plane.segments import queries as segments
from messages.documents import condition_of, experiment_of, flag_document, flag_of
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock

T = TypeVar("T")
FLAG = {
    "key": "checkout",
    "type": "string",
    "variations": [{"key": key, "value": key.upper()} for key in ("old", "new", "newest")],
    "off_variation": "old",
    "default": {"variation": "new"},
}
SALT = "salt"


@pytest.fixture
async def environment_id(tenant: Any) -> UUID:
    return UUID((await tenant.api.ok("GET", tenant.path))["id"])


def readable(kind: type[T], found: Iterable[T | Unreadable]) -> list[T]:
    """What the relay got, all of it readable."""
    given = list(found)
    assert all(isinstance(each, kind) for each in given)
    return [each for each in given if isinstance(each, kind)]


async def compiled(database: Database, environment_id: UUID) -> CompiledFlagSet:
    async with database.transaction() as tx:
        published = readable(PublishedExperiment, await experiments.compiled(tx, environment_id))
        flagset = FlagSet(
            SALT,
            flags={each.key: each for each in readable(Flag, await flags.compiled(tx, environment_id, RowCache()))},
            segments={
                each.key: each for each in readable(Segment, await segments.compiled(tx, environment_id, RowCache()))
            },
            experiments={each.key: each.experiment for each in published if each.in_force},
        )
    for flag in flagset.flags.values():
        assert flag_of(pb.ConfigMessage(flag=flag_document(flag))) == flag
    return compile_flagset(flagset)


async def test_settings_decide_as_they_were_saved(
    tenant: Any, database: Database, environment_id: UUID, clock: ManualClock
) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", FLAG)
    await api.ok("POST", f"{project}/flags", {**FLAG, "key": "gate"})
    await api.ok("POST", f"{project}/flags", {**FLAG, "key": "gone"})
    await api.ok("POST", f"{project}/flags/gone/archive")
    country = {"attribute": "country", "operator": "eq", "value": "US"}
    await api.ok("POST", f"{project}/segments", {"key": "beta", "included": ["u1"], "excluded": ["u2"], "if": country})
    await api.ok("POST", f"{project}/segments", {"key": "unused"})
    await api.ok("POST", f"{project}/segments/unused/archive")
    settings = {
        "enabled": True,
        "rules": [{"if": {"segment": "beta"}, "then": {"variation": "newest"}}],
        "targets": [
            {"key": "u9", "variation": "newest", "expires_at": "2026-01-05T10:00:10Z"},
            {"key": "u8", "variation": "newest"},
        ],
        "prerequisites": [{"flag": "gate", "variation": "new"}],
        "report_exposures": True,
    }
    await api.changed("PATCH", f"{project}/flags/checkout/environments/production", settings)

    def decide(engine: CompiledFlagSet, flag: str, user: str, **context: Any) -> tuple[Any, str]:
        decision = engine.evaluate(flag, {"targetingKey": user, **context}, clock.now())
        return decision.value, decision.reason

    engine = await compiled(database, environment_id)
    assert decide(engine, "gone", "u1") == ("OLD", "DISABLED")
    assert decide(engine, "checkout", "u1") == ("OLD", "DEFAULT")

    await api.ok("PUT", f"{project}/flags/gate/environments/production/enabled", {"enabled": True})
    engine = await compiled(database, environment_id)
    assert decide(engine, "checkout", "u1") == ("NEWEST", "TARGETING_MATCH")
    assert decide(engine, "checkout", "u2", country="US") == ("NEW", "DEFAULT")
    assert decide(engine, "checkout", "u3", country="US") == ("NEWEST", "TARGETING_MATCH")
    assert decide(engine, "checkout", "u9") == ("NEWEST", "TARGETING_MATCH")
    clock.advance(11)
    assert decide(engine, "checkout", "u9") == ("NEW", "DEFAULT")
    assert decide(engine, "checkout", "u8") == ("NEWEST", "TARGETING_MATCH")
    async with database.transaction() as tx:
        assert [each.key for each in readable(Segment, await segments.compiled(tx, environment_id, RowCache()))] == [
            "beta"
        ]
        held = {each.key: each for each in readable(Flag, await flags.compiled(tx, environment_id, RowCache()))}
    assert (held["checkout"].report_exposures, held["gate"].report_exposures) == (True, False)


async def test_an_experiment_travels_whole(
    tenant: Any, database: Database, environment_id: UUID, clock: ManualClock
) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/flags", FLAG)
    await api.ok("PUT", f"{project}/flags/checkout/environments/production/enabled", {"enabled": True})
    await api.ok("POST", f"{project}/metrics", {"key": "purchase", "aggregation": "conversion"})
    await api.ok("POST", f"{project}/metrics", {"key": "visits", "aggregation": "count"})
    await api.ok("POST", f"{project}/metrics", {"key": "median", "aggregation": "quantile", "quantile": 0.5})
    await api.ok("POST", f"{project}/layers", {"key": "pricing"})
    await api.ok("POST", f"{project}/holdouts", {"key": "nobody", "share": 5})
    draft = {
        "key": "test",
        "environment": "production",
        "flag": "checkout",
        "variations": [{"key": "old", "weight": 33.33}, {"key": "newest", "weight": 66.67}],
        "control": "newest",
        "traffic": 80,
        "bucket_by": "company",
        "audience": {"attribute": "plan", "operator": "exists"},
        "layer": {"key": "pricing", "share": 60},
        "holdouts": ["nobody"],
        "metrics": [{"metric": "purchase"}, {"metric": "median", "role": "guardrail", "margin": 0.02}],
        "plan": {
            "alpha": 0.1,
            "power": 0.9,
            "mode": "group",
            "planned_looks": 5,
            "planned_units": 90_000,
            "boundary": "pocock",
            "minimum_days": 14,
            "cuped": True,
            "covariates": ["visits"],
            "post_stratify_by": "country",
            "matured_only": True,
            "bayes": {"lift_mean": 0.01, "lift_sd": 0.05},
        },
        "trigger_event": "opened",
        "exposure_filter": {"attribute": "country", "operator": "eq", "value": "DE"},
    }
    await api.ok("POST", f"{project}/experiments", draft)
    async with database.transaction() as tx:
        [first] = readable(PublishedExperiment, await experiments.compiled(tx, environment_id))
    assert (first.message.status, first.in_force) == (pb.EXPERIMENT_STATUS_DRAFT, False)
    await api.ok("POST", f"{project}/experiments/test/start")
    started_at = clock.now()
    engine = await compiled(database, environment_id)
    clock.advance(60)

    async with database.transaction() as tx:
        [running] = readable(PublishedExperiment, await experiments.compiled(tx, environment_id))
        measured = {each.key: each for each in readable(pb.Metric, await metrics.compiled(tx, environment_id))}
    message = running.message
    assert running.in_force
    assert (
        experiment_of(message)
        == running.experiment
        == Experiment(
            key="test",
            flag="checkout",
            mode=ExperimentMode.ASSIGNS,
            shares=(Share("old", 3333), Share("newest", 6667)),
            start_at=started_at,
            traffic=8000,
            audience=Comparison("plan", "exists"),
            bucket_by="company",
            slot=LayerSlot("pricing", 0, 6000),
            holdouts=(Holdout("nobody", 500),),
        )
    )
    assert (message.name, message.control_variation) == ("test", "newest")
    assert [(each.metric, each.role, each.margin) for each in message.metrics] == [
        ("purchase", pb.METRIC_ROLE_GOAL, 0.0),
        ("median", pb.METRIC_ROLE_GUARDRAIL, 0.02),
    ]
    assert message.metrics[1].margin_kind == pb.MARGIN_KIND_RELATIVE
    assert message.plan == pb.AnalysisPlan(
        alpha=0.1,
        power=0.9,
        mode=pb.SEQUENTIAL_MODE_GROUP,
        planned_looks=5,
        planned_units=90_000,
        boundary=pb.BOUNDARY_POCOCK,
        minimum_days=14,
        correction="holm",
        cuped=True,
        covariates=["visits"],
        post_stratify_by="country",
        matured_only=True,
        bayes=pb.BayesPrior(lift_mean=0.01, lift_sd=0.05),
    )
    assert message.trigger_event == "opened"
    assert condition_of(message.exposure_filter) == Comparison("country", "eq", "DE")
    assert (measured["median"].aggregation, measured["median"].quantile) == (pb.AGGREGATION_QUANTILE, 0.5)

    companies = [f"company-{number}" for number in range(2_000)]
    contexts = [{"targetingKey": "u", "company": each, "plan": "pro"} for each in companies]
    reasons = [engine.evaluate("checkout", context, clock.now()).reason for context in contexts]
    enrolled = reasons.count(Reason.SPLIT) / len(companies)
    assert abs(enrolled - 0.95 * 0.6 * 0.8) < 0.04
    await api.ok("POST", f"{project}/experiments/test/stop")
    engine = await compiled(database, environment_id)
    clock.advance(1)
    assert {engine.evaluate("checkout", context, clock.now()).reason for context in contexts} == {"STATIC"}


async def test_many_flags_are_read_in_few_statements(tenant: Any, database: Database, environment_id: UUID) -> None:
    api, flags_path = tenant.api, f"/projects/{tenant.project}/flags"
    await api.ok("POST", flags_path, {**FLAG, "key": "flag-0"})
    rules = [{"if": {"attribute": "country", "operator": "eq", "value": "US"}, "then": {"variation": "old"}}]
    await api.changed("PATCH", f"{flags_path}/flag-0/environments/production", {"enabled": True, "rules": rules})
    async with database.transaction() as tx:
        await tx.execute("SET LOCAL statement_timeout = 0")
        await tx.execute(
            "WITH made AS (INSERT INTO flags SELECT gen_random_uuid(), organization_id, project_id, 'flag-' || n, "
            "name, description, tags, type, variations, off_variation, default_serve, client_visible, archived, "
            "version, created_at, updated_at FROM flags, generate_series(1, 9999) AS n RETURNING id) "
            "INSERT INTO flag_settings SELECT made.id, environment_id, organization_id, enabled, rules, targets, "
            "prerequisites, s.default_serve, s.off_variation, report_exposures, version, updated_at "
            "FROM flag_settings s, made"
        )
        statements: list[Any] = []
        connection: Any = tx
        connection.driver.add_query_logger(statements.append)
        found = readable(Flag, await flags.compiled(tx, environment_id, RowCache()))
        connection.driver.remove_query_logger(statements.append)
    assert len(found) == 10_000
    assert len({each.key for each in found}) == 10_000
    assert all(len(each.rules) == 1 for each in found)
    assert len(statements) == 1 + 10_000 / 500
