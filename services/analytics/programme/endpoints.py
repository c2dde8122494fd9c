"""`GET /v1/experiments`, `GET /v1/experiments/{experiment}/interactions`, `GET /v1/programme`,
`GET /v1/holdouts/{holdout}/effect`."""

from __future__ import annotations

from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.pagination import RequestedPage, page_of
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.catalog.entries import EXPERIMENT_STATUSES
from analytics.programme.figure_documents import ProgrammeDocument, programme_document
from analytics.programme.figures import Analysts, programme_figures
from analytics.programme.holdout_documents import HoldoutDocument, holdout_document
from analytics.programme.holdouts import held_experiments, holdout_effects
from analytics.programme.interaction_documents import InteractionsDocument, interactions_document
from analytics.programme.interactions import Asked as AskedInteractions
from analytics.programme.interactions import interactions
from analytics.programme.standing_documents import StandingPage
from analytics.programme.standings import Standings
from analytics.results.analysis import AnalysisTime
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, Instant, Where, json_response, rendered
from analytics.warehouse.client import Warehouse

Alpha = Annotated[float, Query(gt=0, lt=1, description="Of the intervals; experiments keep their own")]
ExperimentLimit = Annotated[int, Query(ge=1, le=200, description="Experiments to read, the latest start first")]
MetricKey = Annotated[str, Query(min_length=1, max_length=128, description="Key of the metric")]
Statuses = Annotated[
    str | None,
    Query(max_length=100, description="Only those of these statuses, with commas: running,paused"),
]
PairLimit = Annotated[int, Query(ge=1, le=50, description="Pairs to examine, those with most common users first")]


def build_router(
    *,
    authenticator: Authenticator,
    inquiries: Inquiries,
    warehouse: Warehouse,
    standings: Standings,
    clock: Clock,
) -> APIRouter:
    router = new_router("programme", authenticator.actor, prefix="/v1")

    @router.get(
        "/experiments/{experiment}/interactions",
        summary="Interactions with concurrent experiments",
        responses={**PROBLEMS, 200: {"model": InteractionsDocument}},
        response_class=Response,
    )
    async def experiment_interactions(
        asked: Asked, limit: PairLimit = 20, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Per other experiment of the environment that ran at the same time, and per metric of this one: whether the
        effect is another among units of the other's treatment. Exploratory: each test is of one fixed look."""
        inquiry = inquiries.about(actor, asked)
        known, _ = inquiry.analyst.known_metrics(inquiry.experiment)
        others = list(inquiries.catalog.entries(inquiry.environment.id).experiments.values())
        wanted = AskedInteractions(
            inquiry.experiment, inquiry.environment, inquiry.time, [metric for _, metric in known], limit
        )
        async with inquiries.turn(actor, inquiry.environment):
            found = await interactions(warehouse, wanted, others)
            return await rendered(lambda: interactions_document(inquiry.environment, inquiry.time, found))

    _add_list(router, authenticator, inquiries, standings)

    @router.get(
        "/holdouts/{holdout}/effect",
        summary="Effect of everything that a holdout was kept out of",
        responses={**PROBLEMS, 200: {"model": HoldoutDocument}},
        response_class=Response,
    )
    async def holdout_effect(
        holdout: str, where: Where, as_of: Instant = None, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Per metric of the holdout's experiments: users who were not held out against those who were, since the first
        of them started; what that makes over all users, and of a year at the same pace."""
        environment = inquiries.measured(actor, where)
        time = AnalysisTime.asked(clock.now(), as_of)
        entries = inquiries.catalog.entries(environment.id)
        held = held_experiments(environment, list(entries.experiments.values()), holdout, time.shown)
        keys = dict.fromkeys(use.metric for each in held.experiments for use in each.metrics)
        metrics = [entries.metrics[key] for key in keys if key in entries.metrics]
        async with inquiries.turn(actor, environment):
            found = await holdout_effects(warehouse, environment, held, time, metrics)
            return await rendered(lambda: holdout_document(environment, time, found))

    @router.get(
        "/programme",
        summary="Win rate and inflation of winners",
        responses={**PROBLEMS, 200: {"model": ProgrammeDocument}},
        response_class=Response,
    )
    async def programme_of_metric(
        where: Where,
        metric: MetricKey,
        limit: ExperimentLimit = 50,
        alpha: Alpha = 0.05,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Of the experiments that are over, on one metric: how often a treatment was better, the mean and spread of the
        true lifts, and per treatment the lift to expect, which is below the measured one where that was picked for
        being large."""
        environment = inquiries.measured(actor, where)
        found = inquiries.catalog.metric(environment.id, metric)
        if found is None:
            raise NotFound("no such metric in this environment", code="metric_not_found")
        analysts = Analysts(warehouse, inquiries.catalog, environment, AnalysisTime(clock.now()))
        experiments = list(inquiries.catalog.entries(environment.id).experiments.values())
        async with inquiries.turn(actor, environment):
            figures = await programme_figures(analysts, experiments, found, limit, alpha)
            return await rendered(lambda: programme_document(environment, analysts.time.now, figures))

    return router


def _statuses(text: str | None) -> frozenset[str]:
    """Raises InvalidInput for what is no status."""
    if text is None:
        return EXPERIMENT_STATUSES
    wanted = frozenset(text.split(","))
    if wanted <= EXPERIMENT_STATUSES:
        return wanted
    known = ", ".join(sorted(EXPERIMENT_STATUSES))
    raise InvalidInput([FieldError("status", "unknown_value", f"must be some of {known}, with commas")])


def _add_list(router: APIRouter, authenticator: Authenticator, inquiries: Inquiries, standings: Standings) -> None:
    @router.get(
        "/experiments",
        summary="Where each experiment stands",
        responses={**PROBLEMS, 200: {"model": StandingPage}},
        response_class=Response,
    )
    async def experiments_of_environment(
        where: Where, page: RequestedPage, status: Statuses = None, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Per experiment units, the plan with days left, health, decision, and the first goal as it may be read; in
        pages by key. Figures of experiments under way are at most a minute old. What could not be computed in time is
        `waiting`: ask again."""
        environment = inquiries.measured(actor, where)
        wanted = _statuses(status)
        every = sorted(inquiries.catalog.entries(environment.id).experiments.values(), key=lambda each: each.key)
        rest = [each for each in every if each.key > (page.after or "") and each.status in wanted]
        given, cursor = page_of(rest[: page.fetch], page, lambda each: each.key)
        async with inquiries.turn(actor, environment):
            items = await standings.of(environment, given)
        complete = all(each.state != "waiting" for each in items)
        return json_response(StandingPage(items=items, complete=complete, next_cursor=cursor))
