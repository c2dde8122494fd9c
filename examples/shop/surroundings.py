"""What stands around the shop's flags: where events are told and copied to, who asks for what again and again."""

from __future__ import annotations

from typing import Any

import httpx

from examples.cookie_cats.addresses import Addresses

from .api import Api
from .names import ORGANIZATION, PRODUCTION, STORE
from .people import Person

_PROJECT = f"/projects/{STORE}"
_ORGANIZATION = f"/organizations/{ORGANIZATION}"
_TOLD = ["flag.*", "flag_settings.*", "override.*", "rollout.*", "incident.*", "experiment.*", "change_request.*"]
_PERSONAS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "new-visitor",
        "New visitor on a phone",
        "From Germany, has never ordered.",
        {"targetingKey": "visitor-1", "country": "DE", "device": "android", "tier": "none", "orders": 0},
    ),
    (
        "gold-customer",
        "Gold customer in Sweden",
        "At a desk, many orders.",
        {"targetingKey": "customer-0042", "country": "SE", "device": "desktop", "tier": "gold", "orders": 31},
    ),
    (
        "beta-tester",
        "Beta tester with the newest app",
        "",
        {"targetingKey": "customer-1042", "country": "NO", "device": "ios", "beta": True, "app_version": "4.2.1"},
    ),
    (
        "employee",
        "Employee",
        "Sees everything first.",
        {"targetingKey": "anna", "country": "SE", "device": "desktop", "email": "anna.lindqvist@nordwind.example"},
    ),
)
_VIEWS: tuple[dict[str, Any], ...] = (
    {"name": "Checkout, on in production", "filters": {"tag": "checkout", "state": "on"}, "shared": True},
    {"name": "Past their end", "filters": {"lifecycle": "overdue"}, "shared": True},
    {"name": "In experiments", "filters": {"experiment": "true"}, "shared": True},
)
_CONTRACTOR = "greta.holm@agency.example"
_MAY_RELEASE = ["flag:read", "flag:toggle", "rollout:manage", "change:propose", "audit:read"]
_PIPELINE = {"name": "Deployment pipeline", "role": "developer", "project": STORE}
_OLD_KEY = "Newsletter generator"


async def know_people(owner: Api, people: dict[str, Person]) -> None:
    """Personas and saved views, a role of their own, somebody who is invited, a program with a token."""
    for key, name, description, context in _PERSONAS:
        persona = f"{_PROJECT}/personas/{key}"
        if await owner.found(persona) is None:
            await owner.put(persona, {"name": name, "description": description, "context": context})
    anna, carla = people["anna.lindqvist"].api, people["carla.mendes"].api
    known = await _names(anna, f"{_PROJECT}/saved-views")
    for each in _VIEWS:
        if each["name"] not in known:
            await anna.post(f"{_PROJECT}/saved-views", {"page": "flags", **each})
    mine = "What I look after"
    if mine not in await _names(carla, f"{_PROJECT}/saved-views"):
        filters = {"owner": people["carla.mendes"].email}
        await carla.post(f"{_PROJECT}/saved-views", {"page": "flags", "name": mine, "filters": filters})
    role = {"key": "release-manager", "name": "Release manager", "rights": _MAY_RELEASE}
    await owner.made(f"{_ORGANIZATION}/roles", role)
    invited = (await owner.get(f"{_ORGANIZATION}/invitations?limit=200"))["items"]
    if all(each["email"] != _CONTRACTOR for each in invited):
        await owner.post(f"{_ORGANIZATION}/invitations", {"email": _CONTRACTOR, "name": "Greta Holm", "role": "viewer"})
    if _PIPELINE["name"] not in await _names(anna, f"{_ORGANIZATION}/tokens?limit=200"):
        await anna.post(f"{_ORGANIZATION}/tokens", dict(_PIPELINE))
    keys = f"{_PROJECT}/environments/{PRODUCTION}/sdk-keys"
    if _OLD_KEY not in await _names(owner, f"{keys}?limit=200"):
        await owner.post(keys, {"kind": "server", "name": _OLD_KEY})


async def tell_the_chat(owner: Api, addresses: Addresses) -> None:
    """From here on the team's chat hears what changes. Without a chat there is no webhook."""
    hooks = f"{_ORGANIZATION}/webhooks"
    if not addresses.chat or (await owner.get(hooks))["items"]:
        return
    wanted = {
        "url": f"{addresses.chat}/hooks/releases",
        "description": "The channel #releases of the team's chat",
        "events": _TOLD,
        "projects": [STORE],
    }
    await owner.post(hooks, wanted)


async def export_nightly(owner: Api, addresses: Addresses) -> None:
    """All that happens in production, and a first run now."""
    at = {"Authorization": f"Bearer {owner.token}"}
    wanted = {
        "name": "Nightly copy for the warehouse",
        "project": STORE,
        "environment": PRODUCTION,
        "destination": {"type": "folder", "path": "warehouse/store"},
    }
    async with httpx.AsyncClient(base_url=addresses.analytics, headers=at, timeout=30.0, trust_env=False) as client:
        analytics = Api(client, owner.token, "/v1")
        found = (await analytics.get(f"/exports?project={STORE}&environment={PRODUCTION}"))["items"]
        if not found:
            made = await analytics.post("/exports", wanted)
            await analytics.post(f"/exports/{made['id']}/runs", {"mode": "full"})


async def _names(api: Api, path: str) -> set[str]:
    return {each["name"] for each in (await api.get(path))["items"]}
