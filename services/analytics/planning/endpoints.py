"""`GET /v1/planner` and `GET /v1/calibration`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from messages.aggregations import AGGREGATIONS
from service_kit.clock import Clock
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.catalog.entries import Environment, Metric
from analytics.planning.design import Planned, Wanted, planned
from analytics.planning.documents import (
    CalibrationDocument,
    PlannerDocument,
    calibration_document,
    planner_document,
)
from analytics.planning.history import Baseline, Period, baseline, calibrate
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response
from analytics.warehouse.client import Warehouse

_DAY_MILLISECONDS = 86_400_000


class MetricNotFound(NotFound):
    default_code = "metric_not_found"


@dataclass(frozen=True, slots=True)
class GivenBaseline:
    """A baseline that is given instead of taken from history."""

    baseline: Annotated[float | None, Query(allow_inf_nan=False, description="Mean, or rate without `sd`")] = None
    sd: Annotated[float | None, Query(gt=0, allow_inf_nan=False)] = None
    units_per_day: Annotated[float | None, Query(gt=0, allow_inf_nan=False)] = None


@dataclass(frozen=True, slots=True)
class History:
    """Which past units to look at: those exposed to `flag` in the last `days`, and one metric of theirs."""

    metric: Annotated[str | None, Query(max_length=128)] = None
    flag: Annotated[str | None, Query(max_length=128)] = None
    days: Annotated[int, Query(ge=1, le=365)] = 14


Given = Annotated[GivenBaseline, Depends()]
Past = Annotated[History, Depends()]
Splits = Annotated[int, Query(ge=10, le=2000)]
Alpha = Annotated[float, Query(gt=0, lt=1)]


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, warehouse: Warehouse, clock: Clock
) -> APIRouter:
    router = new_router("planning", authenticator.actor, prefix="/v1")

    @router.get(
        "/planner",
        summary="Sample size, run time and what can be found",
        responses={**PROBLEMS, 200: {"model": PlannerDocument}},
        response_class=Response,
    )
    async def planner(
        where: Where,
        aim: Wanted,
        design: Planned,
        known: Given,
        history: Past,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """How many units an `effect` needs to be found, or a guardrail's `margin` to be proven, in the plan's mode.

        With `baseline` (and `sd` unless it is a rate) from what is given, else from the history of `metric` among the
        units of `flag`. Days are those of the present traffic, and not fewer than `minimum_days`."""
        environment = inquiries.measured(actor, where)
        past = _past(inquiries, environment, history, clock.now()) if known.baseline is None else None
        async with inquiries.turn(actor, environment):
            if past is not None:
                found = await baseline(warehouse, *past)
                _require_something(found, *past)
            else:
                found = Baseline(0, known.baseline or 0.0, known.sd, known.units_per_day)
            if known.units_per_day is not None:
                found = replace(found, units_per_day=known.units_per_day)
            # A hundred looks take seconds: others have their turn on the loop meanwhile.
            plan = await asyncio.to_thread(planned, aim, design, found, None if past is None else past[0])
        return json_response(planner_document(found, "given" if past is None else "history", plan))

    @router.get(
        "/calibration",
        summary="False positives of random splits of the past",
        responses={**PROBLEMS, 200: {"model": CalibrationDocument}},
        response_class=Response,
    )
    async def calibration(
        where: Where,
        history: Past,
        splits: Splits = 200,
        alpha: Alpha = 0.05,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """An A/A test on your own events: each split halves the units of `flag` at random, so about a share `alpha` of
        the tests should be significant. Far more means that p-values of this metric can't be trusted as they are."""
        environment = inquiries.measured(actor, where)
        metric, period = _past(inquiries, environment, history, clock.now())
        async with inquiries.turn(actor, environment):
            found = await calibrate(warehouse, metric, period, splits=splits, seed=period.start, alpha=alpha)
        return json_response(calibration_document(metric.key, period, found))

    return router


def _require_something(found: Baseline, metric: Metric, period: Period) -> None:
    """Raises InvalidInput that says why the past has no baseline to plan with."""
    days = f"the last {period.days:g} days"
    if not found.units:
        lack = f"is not known: nobody was exposed to {period.flag} in {days}"
    elif not found.mean:
        lack = f"is 0: none of the {found.units:,} units of {days} has any of {metric.name}"
    else:
        return
    raise InvalidInput([FieldError("baseline", "no_history", lack)])


def _past(inquiries: Inquiries, environment: Environment, history: History, now: int) -> tuple[Metric, Period]:
    """Raises InvalidInput that names what is missing, MetricNotFound, FlagNotFound."""
    missing = [name for name in ("metric", "flag") if getattr(history, name) is None]
    if missing or history.metric is None or history.flag is None:
        raise InvalidInput(
            [FieldError(name, "missing", "give it to take the baseline from history") for name in missing]
        )
    metric = inquiries.catalog.metric(environment.id, history.metric)
    if metric is None:
        raise MetricNotFound("no such metric in this environment")
    if not metric.aggregation.per_unit:
        plannable = sorted(name for name, each in AGGREGATIONS.items() if each.per_unit)
        reason = f"must be one of {', '.join(plannable)}"
        raise InvalidInput([FieldError("metric", "unsupported_aggregation", reason)])
    variations = inquiries.catalog.flag_variations(environment, history.flag)
    return metric, Period(environment, history.flag, variations, now - history.days * _DAY_MILLISECONDS, now)
