"""Fills a stack with a shop: projects, a team, flags in all states, experiments with their data, a rollout that a guard
rolled back, changes in review. What is there already stays as it is."""

from __future__ import annotations

import asyncio
import secrets
import time

import httpx

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.errors import ServiceAwayError
from examples.cookie_cats.stages import Stages

from .api import Api
from .changes import agree, protect, set_overrides
from .definitions import define
from .experiments import are_told, finish, make_experiments
from .flags import make_flags
from .history import replay_history
from .names import ORGANIZATION, PRODUCTION, PROJECTS, STAGING, STORE, Shop
from .people import TEAM, Person, email_of, groups, team
from .rollouts import let_a_guard_act, start_rollouts
from .shoppers import shoppers
from .surroundings import export_nightly, know_people, tell_the_chat

CUSTOMERS = 12_000
_PAYING = 800
_REQUEST_SECONDS = 30.0
_REPORTED = ("free-shipping-bar", "search-ranking")
"""Not the one-page checkout: its exposures are sent by the pages themselves, which is why some get lost."""


async def fill(addresses: Addresses, stages: Stages, *, customers: int = CUSTOMERS, password: str = "") -> Shop:
    """`password`: of everybody on the team, a new one where none is given. Raises `ReplayError`."""
    limits = httpx.Timeout(_REQUEST_SECONDS)
    try:
        async with httpx.AsyncClient(base_url=addresses.control_plane, timeout=limits, trust_env=False) as client:
            api, given = Api(client), password or secrets.token_urlsafe(12)
            return await _fill(api, addresses, stages, (customers, given))
    except (httpx.TransportError, ConnectionError) as error:
        raise ServiceAwayError(f"a service does not answer: {error or type(error).__name__}") from error


async def _fill(anybody: Api, addresses: Addresses, stages: Stages, wanted: tuple[int, str]) -> Shop:
    customers, password = wanted
    with stages.stage("Creating the shop: team, projects, flags, experiments"):
        owner, people = await _organization(anybody, addresses, password)
        made = await asyncio.gather(*(_project(owner, project, people) for project in PROJECTS))
        keys = dict(zip(PROJECTS, made, strict=True))
        await make_experiments(people)
        await start_rollouts(owner)
        await know_people(owner, people)
        await tell_the_chat(owner, addresses)
    now = int(time.time() * 1000)
    everybody = shoppers(customers, now)
    if not await are_told(owner):
        await replay_history(addresses, keys[STORE], everybody, now, stages)
        await finish(owner)
        await _report(owner)
    with stages.stage("Letting a guard roll back, and the team review"):
        await let_a_guard_act(owner, addresses, keys[STORE][0], everybody[:_PAYING])
        await set_overrides(people)
        await agree(owner, people)
        await protect(owner)
        await export_nightly(owner, addresses)
    return Shop(ORGANIZATION, password, {email_of(name): role for name, _, role in TEAM}, keys)


async def _organization(anybody: Api, addresses: Addresses, password: str) -> tuple[Api, dict[str, Person]]:
    owner = await anybody.signed_in(addresses.admin_email, addresses.admin_password)
    await owner.made("/organizations", {"key": ORGANIZATION, "name": "Nordwind Outfitters"})
    # A token names the organizations of its bearer, so a new one is needed.
    owner = await anybody.signed_in(addresses.admin_email, addresses.admin_password)
    at = f"/organizations/{ORGANIZATION}"
    people = await team(owner, at, password)
    await groups(owner, at, people)
    return owner, people


async def _project(owner: Api, key: str, people: dict[str, Person]) -> tuple[str, str]:
    """The project with its environments and flags; the keys of production."""
    name, description = PROJECTS[key]
    project = {"key": key, "name": name, "description": description}
    await owner.made(f"/organizations/{ORGANIZATION}/projects", project, f"/projects/{key}")
    environments = f"/projects/{key}/environments"
    await owner.made(environments, {"key": STAGING, "name": "Staging"})
    exposed = {"exposure_attributes": ["country", "device", "tier"], "pii_attributes": ["email"]}
    await owner.made(environments, {"key": PRODUCTION, "name": "Production"} | exposed)
    keys = f"{environments}/{PRODUCTION}/sdk-keys"
    server = await owner.post(keys, {"kind": "server", "name": "Web servers"})
    client = await owner.post(keys, {"kind": "client", "name": "Apps and pages"})
    await define(owner, key)
    await make_flags(owner, key, people)
    return str(server["key"]), str(client["key"])


async def _report(owner: Api) -> None:
    """From now on the edge reports who sees what: the past was sent with its own times."""
    for flag in _REPORTED:
        await owner.changed(f"/projects/{STORE}/flags/{flag}/environments/{PRODUCTION}", {"report_exposures": True})
