"""A change request shows what its edits were counted to do, and policies look at it."""

from __future__ import annotations

import json
from typing import Any

from control_plane.previews.impacts import Silence
from messages.generated.impact_pb2 import FlagImpact, ImpactReply

from .conftest import Shop, StandingImpacts, settings_edit

ON = settings_edit({"enabled": True, "default": {"variation": "on"}})
FEW = ImpactReply(
    units=1000, units_estimated=1000, changed=20, unknown=20, flags=[FlagImpact(key="checkout", changed=20)]
)
MANY = ImpactReply(units=1000, units_estimated=1000, changed=20, unknown=200)
BY_IMPACT: dict[str, Any] = {"people": 1, "rules": [{"changed_percent": 5, "people": 2}, {"people": 0}]}


async def test_the_impact_decides_how_many_people_are_needed(shop: Shop, impacts: StandingImpacts) -> None:
    await shop.policy(**BY_IMPACT)
    impacts.told = FEW
    made = await shop.propose(ON)
    [approval] = made["approvals"]
    assert (approval["needed"], approval["changed_percent"], made["approved"]) == (0, 4.0, True)
    [measured] = made["impacts"]
    assert (measured["environment"], measured["revision"], measured["impact"]["changed"]) == ("production", 1, 20)
    assert measured["impact"]["examples"] is None

    impacts.told = MANY
    path = f"{shop.requests}/{made['number']}"
    again = await shop.author.ok("POST", f"{path}/impact")
    assert (again["approvals"][0]["needed"], again["approved"], again["version"]) == (2, False, made["version"])
    assert (await shop.apply(made)).json()["code"] == "not_approved"

    await shop.approve(made, shop.reviewer, shop.second)
    applied = await shop.apply(made)
    assert applied.is_success, applied.text
    [entry] = [each for each in await shop.audit() if (each["entity"], each["action"]) == ("change_request", "apply")]
    assert json.loads(entry["after"])["changed_percent"] == {"production": 22.0}
    assert (await shop.author("POST", f"{path}/impact")).json()["code"] == "not_open"


async def test_where_the_impact_is_not_known_the_stricter_rule_holds(shop: Shop, impacts: StandingImpacts) -> None:
    await shop.policy(**BY_IMPACT)
    made = await shop.propose(ON)
    [approval] = made["approvals"]
    assert (approval["needed"], approval["changed_percent"]) == (2, None)
    assert made["impacts"][0]["unavailable"]["code"] == "timeout"
    impacts.told = ImpactReply()
    nobody = await shop.author.ok("POST", f"{shop.requests}/{made['number']}/impact")
    assert nobody["approvals"][0]["needed"] == 2, "without recent units nothing is known"

    stands = await shop.author("GET", shop.settings())
    direct = await shop.author(
        "PATCH", shop.settings(), {"enabled": True}, headers={"If-Match": stands.headers["etag"]}
    )
    assert direct.json()["code"] == "approval_required", "nothing was counted of a direct write"


async def test_new_edits_are_counted_anew(shop: Shop, impacts: StandingImpacts) -> None:
    await shop.policy(**BY_IMPACT)
    impacts.told = FEW
    made = await shop.propose(ON)
    impacts.told = Silence("not_answered", "nobody")
    path = f"{shop.requests}/{made['number']}"
    changed = await shop.author.changed("PATCH", path, {"edits": [settings_edit({"enabled": True})]})
    assert (changed["approvals"][0]["needed"], changed["impacts"][0]["revision"]) == (2, 2)
    text = await shop.author.changed("PATCH", path, {"title": "Another"})
    assert text["impacts"] == changed["impacts"]
    assert len(impacts.asked) == 2
