"""What the team has set, agreed on and still talks about: overrides, approvals, change requests."""

from __future__ import annotations

from typing import Any

from .api import Api
from .names import ORGANIZATION, PRODUCTION, STORE
from .people import Person

_AT = f"/projects/{STORE}"
_PRODUCTION = f"{_AT}/environments/{PRODUCTION}"
_OVERRIDES = (
    ("customer-1042", "dark-mode", "on", "ticket 4711: wants to see it before her talk"),
    ("customer-1042", "support-chat", "on", "ticket 4711"),
    ("customer-2077", "search-ranking", "neural", "compares the rankings for us"),
    ("customer-3308", "new-payment-provider", "off", "his bank refuses the new provider"),
)
_ROLES_IN_PRODUCTION = {"checkout-team": "developer", "growth": "analyst"}
_POLICY = {
    "required": True,
    "people": 1,
    "rules": [{"changed_percent": 20, "people": 2}, {"entities": ["segment"], "actions": ["delete"], "people": 2}],
}


def _edit(flag: str, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "entity": "flag_settings",
        "key": flag,
        "environment": PRODUCTION,
        "action": "update",
        "document": document,
    }


_GERMANY = {"attribute": "country", "operator": "in", "value": ["DE", "NL"]}
_REQUESTS = {
    "applied": (
        "Stock alerts for a quarter",
        "The mails of the first tenth arrived in time.",
        _edit(
            "stock-alerts",
            {"default": {"rollout": {"variations": [{"key": "off", "weight": 75}, {"key": "on", "weight": 25}]}}},
        ),
    ),
    "rejected": (
        "Newsletter popup again",
        "Marketing asks for it until the end of the year.",
        _edit("newsletter-popup", {"enabled": True, "default": {"variation": "on"}}),
    ),
    "in_review": (
        "Address autocomplete for the Netherlands, too",
        "Germany has been at 60% for two weeks, and fewer parcels come back.",
        _edit(
            "address-autocomplete",
            {
                "rules": [
                    {
                        "description": "Germany and the Netherlands",
                        "if": _GERMANY,
                        "then": {
                            "rollout": {"variations": [{"key": "off", "weight": 20}, {"key": "on", "weight": 80}]}
                        },
                    }
                ]
            },
        ),
    ),
}


async def set_overrides(people: dict[str, Person]) -> None:
    for unit, flag, variation, reason in _OVERRIDES:
        document = {"flag": flag, "variation": variation, "reason": reason}
        await people["dmitri.volkov"].api.put(f"{_PRODUCTION}/overrides/{unit}", document)


async def agree(owner: Api, people: dict[str, Person]) -> None:
    """From here on production's changes are agreed on; one was, one wasn't, one waits."""
    policy = await owner.get(f"{_PRODUCTION}/approval-policy")
    if not policy["required"]:
        await owner.put(f"{_PRODUCTION}/approval-policy", _POLICY, **{"If-Match": f'"{policy["version"]}"'})
    known = {each["title"]: each for each in (await owner.get(f"{_AT}/change-requests?limit=200"))["items"]}
    anna, bert, dmitri = (people[each].api for each in ("anna.lindqvist", "bert.okafor", "dmitri.volkov"))
    for end, (title, description, edit) in _REQUESTS.items():
        proposed = {"title": title, "description": description, "edits": [edit]}
        request = known.get(title) or await bert.post(f"{_AT}/change-requests", proposed)
        if request["state"] == "open":
            await _ended(end, f"{_AT}/change-requests/{request['number']}", anna, dmitri)


async def protect(owner: Api) -> None:
    """From here on production is written by those who have a role there: the teams that look after it."""
    if (await owner.get(_PRODUCTION))["protected"]:
        return
    organization = f"/organizations/{ORGANIZATION}"
    for each in (await owner.get(f"{organization}/groups?limit=200"))["items"]:
        role = _ROLES_IN_PRODUCTION.get(each["key"])
        if role is not None:
            binding = {"group": each["id"], "role": role, "project": STORE, "environment": PRODUCTION}
            await owner.post(f"{organization}/bindings", binding)
    await owner.changed(_PRODUCTION, {"protected": True})


async def _ended(end: str, request: str, anna: Api, dmitri: Api) -> None:
    if end == "in_review":
        if not (await dmitri.get(f"{request}/comments"))["items"]:
            await dmitri.post(f"{request}/comments", {"text": "Does the Dutch address service have a limit?"})
        return
    if end == "rejected":
        comment = "We have switched it off because of complaints; nothing has changed since."
        await _review(anna, request, {"verdict": "reject", "comment": comment})
        return
    for each in (anna, dmitri):
        await _review(each, request, {"verdict": "approve", "comment": "Looks good to me."})
    await anna.post(f"{request}/apply")


async def _review(reviewer: Api, request: str, review: dict[str, Any]) -> None:
    version = (await reviewer.get(request))["version"]
    await reviewer.post(f"{request}/reviews", review, **{"If-Match": f'"{version}"'})
