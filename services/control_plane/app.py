"""One FastAPI app: the features' routers plugged in, errors rendered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, FastAPI
from service_kit.actor_limits import ActorLimits
from service_kit.fair_requests import FairRequests
from service_kit.fair_steps import FairSteps
from service_kit.http import Shell, Uploads
from service_kit.route_index import index_routes
from service_kit.token_keys import VerificationKey
from service_kit.typed_app import create_app

from control_plane.access import Authenticator, OwnTenancy, operation_name, roles_endpoints
from control_plane.attention import endpoints as attention_endpoints
from control_plane.attention.service import Attention
from control_plane.audit import endpoints as audit_endpoints
from control_plane.audit import heads_endpoints as audit_heads_endpoints
from control_plane.audit.heads import SignedHeads
from control_plane.configs import endpoints as configs_endpoints
from control_plane.configs.edits import ConfigSettingsEdits, config_edits
from control_plane.configs.service import ConfigService
from control_plane.configs.shipments import ConfigShippingService
from control_plane.database import Database
from control_plane.entities.edits import EditKind
from control_plane.entities.transactions import ProjectTransactions
from control_plane.environments import (
    bindings_endpoints,
    organizations_endpoints,
    project_roles_endpoints,
    quotas_endpoints,
    sdk_keys_endpoints,
)
from control_plane.environments import endpoints as environments_endpoints
from control_plane.environments.keeper import EnvironmentKeeper
from control_plane.experiments import endpoints as experiments_endpoints
from control_plane.experiments.disturbances import ExperimentsBeside
from control_plane.experiments.edits import ExperimentEdits
from control_plane.experiments.ownership import LayerOwnership
from control_plane.experiments.scheduler import ExperimentScheduler
from control_plane.experiments.service import ExperimentService
from control_plane.explanations import endpoints as explanations_endpoints
from control_plane.explanations.service import Explainer
from control_plane.flags import endpoints as flags_endpoints
from control_plane.flags.bulk import BulkChanges
from control_plane.flags.edits import SettingsEdits, flag_edits
from control_plane.flags.service import FlagService
from control_plane.flags.shipments import ShippingService
from control_plane.fleet import endpoints as fleet_endpoints
from control_plane.fleet.answers import PropagationAnswers
from control_plane.fleet.api_document import describe_waiting
from control_plane.fleet.memory import Fleet
from control_plane.fleet.waits import PropagationWaits
from control_plane.history import endpoints as history_endpoints
from control_plane.history.kinds import Keeper, Keepers, Kind, LivingKeeper
from control_plane.history.service import History
from control_plane.holdouts import endpoints as holdouts_endpoints
from control_plane.holdouts.edits import holdout_edits
from control_plane.holdouts.service import HoldoutService
from control_plane.layers import endpoints as layers_endpoints
from control_plane.layers.edits import layer_edits
from control_plane.layers.service import LayerService
from control_plane.lifecycles import endpoints as lifecycles_endpoints
from control_plane.lifecycles.evidence import FlagUse, NoFlagUse
from control_plane.lifecycles.service import Lifecycles
from control_plane.metrics import endpoints as metrics_endpoints
from control_plane.metrics.edits import metric_edits
from control_plane.metrics.service import MetricService
from control_plane.overrides import endpoints as overrides_endpoints
from control_plane.overrides.models import OverrideLimits
from control_plane.overrides.service import OverrideService
from control_plane.people import (
    api_tokens_endpoints,
    email_domains_endpoints,
    groups_endpoints,
    invitations_endpoints,
    key_set,
    link_page,
    own_tokens_endpoints,
    sessions_endpoints,
    sign_in_endpoints,
)
from control_plane.people import endpoints as people_endpoints
from control_plane.people.browsers import Browsers
from control_plane.people.courier import Courier
from control_plane.people.directory import tokens_endpoints as provisioning_tokens_endpoints
from control_plane.people.directory.late_endpoints import LateEndpoints
from control_plane.people.identification import actor_by_id
from control_plane.people.invitations_service import Invitations
from control_plane.people.password_resets_service import PasswordResets
from control_plane.people.service import Access
from control_plane.people.signing_in import SigningIn
from control_plane.people.single_sign_on import providers_endpoints
from control_plane.people.single_sign_on import sign_in_endpoints as single_sign_on_endpoints
from control_plane.people.single_sign_on.parts import SingleSignOn
from control_plane.personas import endpoints as personas_endpoints
from control_plane.personas.service import Personas
from control_plane.previews.impacts import Impacts, NoImpacts
from control_plane.previews.protection import ExperimentProtection
from control_plane.promotions import endpoints as promotions_endpoints
from control_plane.publishing import endpoints as publishing_endpoints
from control_plane.quotas import Quotas
from control_plane.reviews import endpoints as reviews_endpoints
from control_plane.reviews import policy_endpoints, preview_endpoints
from control_plane.reviews.agreement import PolicyAgreement
from control_plane.reviews.policy_service import ApprovalPolicies
from control_plane.reviews.records import Parts as Reviews
from control_plane.rollouts import endpoints as rollouts_endpoints
from control_plane.rollouts import templates_endpoints as rollout_templates_endpoints
from control_plane.rollouts.edits import RolloutEdits
from control_plane.rollouts.ownership import RolloutShares
from control_plane.rollouts.records import RolloutParts
from control_plane.rollouts.service import RolloutService
from control_plane.rollouts.templates_service import TemplateService
from control_plane.saved_views import endpoints as saved_views_endpoints
from control_plane.saved_views.service import SavedViews
from control_plane.search import endpoints as search_endpoints
from control_plane.search.service import Search
from control_plane.segments import endpoints as segments_endpoints
from control_plane.segments import long_list_endpoints
from control_plane.segments.edits import SegmentEdits
from control_plane.segments.service import SegmentService
from control_plane.ui import csp_reports
from control_plane.ui.build import Build
from control_plane.ui.csp_reports import CspReports
from control_plane.ui.pages import serve_pages
from control_plane.ui.policy import PagePolicy
from control_plane.verdicts import endpoints as verdicts_endpoints
from control_plane.verdicts.service import VerdictReads
from control_plane.webhooks import deliveries_endpoints as webhook_deliveries_endpoints
from control_plane.webhooks import endpoints as webhooks_endpoints
from control_plane.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The admin UI as it is served. `build`: None where there is none."""

    build: Build | None = None
    policy: PagePolicy = field(default_factory=PagePolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the control plane's features are built from. `pages`: None to serve the API alone."""

    database: Database
    authenticator: Authenticator
    access: Access
    browsers: Browsers = field(default_factory=Browsers)
    limits: ActorLimits | None = None
    published_keys: Callable[[], Sequence[VerificationKey]] = list
    courier: Courier
    single_sign_on: SingleSignOn
    quotas: Quotas
    fleet: Fleet
    waits: PropagationWaits
    csp_reports: CspReports
    pages: Pages | None = None
    heads: SignedHeads
    webhooks: Webhooks
    event_age_days_max: int = 730
    override_limits: OverrideLimits = field(default_factory=OverrideLimits)
    impacts: Impacts = field(default_factory=NoImpacts)
    flag_use: FlagUse = field(default_factory=NoFlagUse)
    rollouts_max: int = 500
    segment_upload_bytes_max: int = 64 * 1024 * 1024


def create_control_plane(parts: Parts, shell: Shell) -> FastAPI:
    """The control plane's app, all of it under `/api/v1`."""
    app = create_app(
        "Verdict control plane",
        replace(
            shell,
            takes_reasons=True,
            uploads=Uploads(long_list_endpoints.UPLOAD_PATHS, parts.segment_upload_bytes_max),
        ),
        checks={"database": parts.database.check},
        generate_unique_id_function=operation_name,
    )
    for router in (
        *_routers_of_accounts(parts),
        *_routers_of_identity_providers(parts),
        *_routers_of_organizations(parts),
        *_routers_of_entities(parts),
        csp_reports.build_router(parts.csp_reports),
    ):
        # As they are: an included router would be looked through twice for each request, and built twice.
        app.router.routes.extend(router.routes)
    if parts.pages is None or parts.pages.build is None:
        app.include_router(link_page.build_router())
    app.include_router(key_set.build_router(parts.published_keys))
    app.router.routes.append(
        LateEndpoints(database=parts.database, quotas=parts.quotas, public_url=parts.single_sign_on.public_url)
    )
    index_routes(app)
    if parts.pages is not None:
        serve_pages(app, parts.pages.build, parts.pages.policy)
    app.add_middleware(PropagationAnswers, waits=parts.waits)
    describe_waiting(app)
    app.add_middleware(OwnTenancy)
    app.add_middleware(FairRequests, steps=FairSteps())
    return app


def _routers_of_accounts(parts: Parts) -> Sequence[APIRouter]:
    """How people come in, in the order of the API's documentation."""
    database, access, courier = parts.database, parts.access, parts.courier
    invitations = Invitations(database=database, access=access, courier=courier, quotas=parts.quotas)
    resets = PasswordResets(database=database, access=access, courier=courier)
    signing_in = SigningIn(parts.browsers, access.sessions.terms, parts.limits)
    return (
        sign_in_endpoints.build_router(
            database=database, access=access, invitations=invitations, resets=resets, signing_in=signing_in
        ),
        sessions_endpoints.build_router(
            authenticator=parts.authenticator, database=database, sessions=access.sessions, signing_in=signing_in
        ),
        people_endpoints.build_router(
            authenticator=parts.authenticator, database=database, access=access, signing_in=signing_in
        ),
        invitations_endpoints.build_router(
            authenticator=parts.authenticator, database=database, invitations=invitations, resets=resets
        ),
    )


def _routers_of_identity_providers(parts: Parts) -> Sequence[APIRouter]:
    """How people come in by an organization's own identity provider, and by its directory."""
    database, authenticator, quotas, sso = parts.database, parts.authenticator, parts.quotas, parts.single_sign_on
    return (
        single_sign_on_endpoints.build_router(
            database=database, sign_ins=sso.sign_ins, attempts=sso.attempts, public_url=sso.public_url
        ),
        single_sign_on_endpoints.build_callback(sign_ins=sso.sign_ins, attempts=sso.attempts),
        email_domains_endpoints.build_router(
            authenticator=authenticator, database=database, quotas=quotas, text_records=sso.text_records
        ),
        providers_endpoints.build_router(
            authenticator=authenticator, database=database, providers=sso.providers, public_url=sso.public_url
        ),
        provisioning_tokens_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
    )


def _routers_of_organizations(parts: Parts) -> Sequence[APIRouter]:
    """Organizations, projects and environments, in the order of the API's documentation."""
    database, authenticator, quotas = parts.database, parts.authenticator, parts.quotas
    return (
        api_tokens_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        own_tokens_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        organizations_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        roles_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        groups_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        bindings_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        project_roles_endpoints.build_router(authenticator=authenticator, database=database),
        environments_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        sdk_keys_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        quotas_endpoints.build_router(authenticator=authenticator, database=database, quotas=quotas),
        audit_endpoints.build_router(authenticator=authenticator, database=database),
        audit_heads_endpoints.build_router(authenticator=authenticator, database=database, heads=parts.heads),
        audit_heads_endpoints.build_keys_router(database=database),
        webhooks_endpoints.build_router(
            authenticator=authenticator, database=database, quotas=quotas, webhooks=parts.webhooks
        ),
        webhook_deliveries_endpoints.build_router(
            authenticator=authenticator, database=database, webhooks=parts.webhooks
        ),
        publishing_endpoints.build_router(authenticator=authenticator, database=database),
        fleet_endpoints.build_router(authenticator=authenticator, database=database, fleet=parts.fleet),
    )


def _routers_of_entities(parts: Parts) -> Sequence[APIRouter]:
    """What stands in projects, in the order of the API's documentation."""
    authenticator = parts.authenticator
    transactions = ProjectTransactions(parts.database, parts.quotas, PolicyAgreement())
    integrity = ExperimentProtection(ExperimentsBeside())
    lifecycles = Lifecycles(transactions, parts.flag_use)
    segments, flags = SegmentService(transactions, integrity), FlagService(transactions, integrity, lifecycles)
    settings = ShippingService(transactions, integrity, RolloutShares())
    holdouts = HoldoutService(transactions, integrity)
    configs, config_settings = ConfigService(transactions, integrity), ConfigShippingService(transactions, integrity)
    metrics, layers = MetricService(transactions), LayerService(transactions)
    experiments = ExperimentService(transactions, integrity, parts.event_age_days_max)
    living: dict[Kind, LivingKeeper] = {
        Kind.FLAG: flags,
        Kind.CONFIG: configs,
        Kind.SEGMENT: segments,
        Kind.METRIC: metrics,
        Kind.EXPERIMENT: experiments,
        Kind.LAYER: layers,
        Kind.HOLDOUT: holdouts,
        Kind.ENVIRONMENT: EnvironmentKeeper(parts.database, parts.quotas),
    }
    of_settings: dict[Kind, Keeper] = {Kind.FLAG_SETTINGS: settings, Kind.CONFIG_SETTINGS: config_settings}
    history = History(transactions, Keepers(living, of_settings))
    reviews = reviews_of(
        parts.database, parts.quotas, event_age_days_max=parts.event_age_days_max, impacts=parts.impacts
    )
    return (
        segments_endpoints.build_router(authenticator=authenticator, segments=segments),
        long_list_endpoints.build_router(authenticator=authenticator, segments=segments),
        flags_endpoints.build_router(
            authenticator=authenticator,
            flags=flags,
            settings=settings,
            bulk=BulkChanges(
                database=parts.database,
                quotas=parts.quotas,
                integrity=integrity,
                agreement=PolicyAgreement(),
                owners=RolloutShares(),
            ),
        ),
        lifecycles_endpoints.build_router(authenticator=authenticator, lifecycles=lifecycles),
        configs_endpoints.build_router(authenticator=authenticator, configs=configs, settings=config_settings),
        explanations_endpoints.build_router(authenticator=authenticator, explainer=Explainer(parts.database)),
        overrides_endpoints.build_router(
            authenticator=authenticator, overrides=OverrideService(transactions, parts.override_limits)
        ),
        rollouts_endpoints.build_router(
            authenticator=authenticator,
            rollouts=RolloutService(transactions, rollouts_of(parts.quotas), parts.rollouts_max),
        ),
        rollout_templates_endpoints.build_router(
            authenticator=authenticator, templates=TemplateService(transactions, parts.rollouts_max)
        ),
        verdicts_endpoints.build_router(authenticator=authenticator, verdicts=VerdictReads(transactions)),
        metrics_endpoints.build_router(authenticator=authenticator, metrics=metrics),
        experiments_endpoints.build_router(
            authenticator=authenticator,
            experiments=experiments,
            shippers={"flag": settings, "config": config_settings},
        ),
        layers_endpoints.build_router(
            authenticator=authenticator, layers=layers, ownership=LayerOwnership(transactions)
        ),
        holdouts_endpoints.build_router(authenticator=authenticator, holdouts=holdouts),
        history_endpoints.build_router(authenticator=authenticator, history=history),
        policy_endpoints.build_router(authenticator=authenticator, policies=ApprovalPolicies(parts.database)),
        reviews_endpoints.build_router(authenticator=authenticator, parts=reviews),
        preview_endpoints.build_router(authenticator=authenticator, parts=reviews),
        promotions_endpoints.build_router(authenticator=authenticator, parts=reviews),
        search_endpoints.build_router(authenticator=authenticator, search=Search(parts.database)),
        attention_endpoints.build_router(authenticator=authenticator, attention=Attention(parts.database, actor_by_id)),
        personas_endpoints.build_router(authenticator=authenticator, personas=Personas(transactions)),
        saved_views_endpoints.build_router(authenticator=authenticator, views=SavedViews(transactions)),
    )


def rollouts_of(quotas: Quotas) -> RolloutParts:
    """What rollouts write the flags' settings with."""

    def kinds(transactions: ProjectTransactions) -> Mapping[str, EditKind]:
        integrity = ExperimentProtection(ExperimentsBeside())
        settings = ShippingService(transactions, integrity)
        edits = SettingsEdits(settings, FlagService(transactions, integrity))
        return {edits.entity: edits}

    return RolloutParts(quotas=quotas, kinds=kinds)


def experiment_scheduler_of(database: Database, quotas: Quotas, event_age_days_max: int) -> ExperimentScheduler:
    """What starts and stops scheduled experiments."""

    def experiments(transactions: ProjectTransactions) -> ExperimentService:
        return ExperimentService(transactions, ExperimentProtection(ExperimentsBeside()), event_age_days_max)

    return ExperimentScheduler(database, quotas, actor_by_id, experiments_on=experiments)


def reviews_of(database: Database, quotas: Quotas, event_age_days_max: int, impacts: Impacts | None = None) -> Reviews:
    """What change requests are kept, applied and scheduled with."""

    def kinds(transactions: ProjectTransactions) -> Mapping[str, EditKind]:
        integrity = ExperimentProtection(ExperimentsBeside())
        flags = FlagService(transactions, integrity)
        known: tuple[EditKind, ...] = (
            flag_edits(flags),
            SettingsEdits(ShippingService(transactions, integrity, RolloutShares()), flags),
            config_edits(ConfigService(transactions, integrity)),
            ConfigSettingsEdits(ConfigShippingService(transactions, integrity)),
            SegmentEdits(SegmentService(transactions, integrity)),
            metric_edits(MetricService(transactions)),
            ExperimentEdits(ExperimentService(transactions, integrity, event_age_days_max)),
            layer_edits(LayerService(transactions)),
            holdout_edits(HoldoutService(transactions, integrity)),
            RolloutEdits(RolloutService(transactions, rollouts_of(quotas))),
        )
        return {each.entity: each for each in known}

    return Reviews(
        database=database, quotas=quotas, kinds=kinds, find_actor=actor_by_id, impacts=impacts or NoImpacts()
    )
