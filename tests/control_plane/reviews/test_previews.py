"""What a change would do is told before anything is saved, with or without an answer of analytics."""

from __future__ import annotations

from typing import Any

import pytest
from messages.documents import flag_of
from messages.generated.config_pb2 import ConfigMessage
from messages.generated.impact_pb2 import (
    FlagImpact,
    ImpactExample,
    ImpactReply,
    SegmentImpact,
    VariationMove,
)

from tests.control_plane.conftest import new_member

from .conftest import FLAG, Shop, StandingImpacts, edit, rule, settings_edit

ON = settings_edit({"enabled": True, "default": {"variation": "on"}})
COUNTED = ImpactReply(
    served_version=7,
    since=1_767_000_000_000,
    units=400,
    units_estimated=1200,
    changed=100,
    unknown=200,
    config_bytes=9000,
    flags=[
        FlagImpact(
            key="checkout",
            changed=100,
            unknown=200,
            moves=[VariationMove(before="off", after="on", units=100)],
            missing_attributes=["plan"],
        )
    ],
    segments=[SegmentImpact(key="beta", before=5, after=50, entered=45, unknown=200)],
    examples=[
        ImpactExample(
            flag="checkout",
            unit="u1",
            before="off",
            after="on",
            explanation_before=b'{"steps": []}',
            explanation_after=b'{"steps": []}',
        )
    ],
)


async def preview(shop: Shop, *edits: dict[str, Any], **more: Any) -> Any:
    path = f"{shop.path}/environments/production/preview"
    return await shop.author.ok("POST", path, {"edits": list(edits), **more})


async def test_a_preview_sends_what_would_be_published_and_saves_nothing(shop: Shop, impacts: StandingImpacts) -> None:
    impacts.told = COUNTED
    before = await shop.owner.ok("GET", shop.settings())
    told = await preview(shop, ON, examples=3)
    assert (told["status"], told["unavailable"]) == ("counted", None)
    assert told["impact"]["changed_share"] == {"percent": 50.0, "lower": 43.136, "upper": 56.864}
    assert told["impact"]["flags"][0]["moves"] == [{"before": "off", "after": "on", "units": 100}]
    assert told["impact"]["examples"][0]["unit"] == "u1"
    assert told["message_size"]["environment"] == 9000
    assert any("default" in line for line in told["edits"][0]["difference"]["words"])
    [inquiry] = impacts.asked
    [entry] = inquiry.changes
    assert (entry.kind, entry.key, inquiry.examples) == ("flag", "checkout", 3)
    flags = [flag_of(ConfigMessage.FromString(content)) for content in (entry.before or b"", entry.after or b"")]
    assert [(each.enabled, each.default.variation) for each in flags] == [(False, "off"), (True, "on")]  # type: ignore[union-attr]
    assert await shop.owner.ok("GET", shop.settings()) == before
    assert (await shop.owner.ok("GET", shop.requests))["items"] == []


async def test_without_an_answer_the_rest_is_told(shop: Shop) -> None:
    told = await preview(shop, ON)
    assert (told["status"], told["impact"]) == ("unavailable", None)
    assert told["unavailable"] == {"code": "timeout", "detail": "no answer came in time"}
    assert told["message_size"]["after"] > 0
    assert (await preview(shop, edit("flag", "checkout", "update", {"name": "Text alone"})))["status"] == "unchanged"


async def test_what_clients_would_newly_see_is_told(shop: Shop) -> None:
    told = await preview(
        shop,
        edit("flag", "checkout", "update", {"client_visible": True}),
        edit("flag", "hidden", "create", {**FLAG, "key": "hidden"}),
    )
    news = {"entity": "flag", "key": "checkout", "newly_visible": True, "variations": ["on", "off"]}
    assert told["client_news"] == [news]


async def test_edits_that_build_on_each_other_are_sent_together(shop: Shop, impacts: StandingImpacts) -> None:
    used = settings_edit({"enabled": True, "rules": [{"if": {"segment": "beta"}, "then": {"variation": "on"}}]})
    await preview(shop, edit("segment", "beta", "create", {"included": ["anna"]}), used)
    [inquiry] = impacts.asked
    assert [(each.kind, each.key) for each in inquiry.changes] == [("flag", "checkout"), ("segment", "beta")]


async def test_what_is_refused_is_refused_in_a_preview_too(shop: Shop) -> None:
    path = f"{shop.path}/environments/production/preview"
    answer = await shop.author("POST", path, {"edits": [settings_edit({"rules": [rule("pro", "maybe")]})]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("edits[0].document.rules[0]")
    nowhere = await shop.author("POST", f"{shop.path}/environments/none/preview", {"edits": [ON]})
    assert nowhere.status_code == 404


async def test_a_change_that_disturbs_an_experiment_is_shown_with_it(shop: Shop) -> None:
    shares = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    trial = {"key": "trial", "environment": "staging", "flag": "checkout", "variations": shares}
    await shop.owner.ok("POST", f"{shop.path}/experiments", trial)
    await shop.owner.changed("PATCH", shop.settings("staging"), {"enabled": True})
    await shop.owner.changed("POST", f"{shop.path}/experiments/trial/start", read=f"{shop.path}/experiments/trial")
    off = settings_edit({"targets": [{"key": "anna", "variation": "on"}]}, environment="staging")
    told = await shop.author.ok("POST", f"{shop.path}/environments/staging/preview", {"edits": [off]})
    assert told["disturbed_experiments"] == ["trial"]


async def test_units_are_shown_only_to_who_may_see_them(shop: Shop, impacts: StandingImpacts) -> None:
    impacts.told = COUNTED
    proposer = await shop.with_rights("proposer", "project:read", "flag:read", "change:propose")
    told = await proposer.ok("POST", f"{shop.path}/environments/production/preview", {"edits": [ON]})
    assert (told["impact"]["examples"], impacts.asked[0].examples) == (None, 0)
    viewer = await new_member(shop.owner, shop.tenant.organization, "viewer")
    refused = await viewer("POST", f"{shop.path}/environments/production/preview", {"edits": [ON]})
    assert refused.status_code == 403


@pytest.mark.parametrize("known", [True, False], ids=["counted", "unavailable"])
async def test_the_size_of_a_segment_is_estimated(shop: Shop, impacts: StandingImpacts, known: bool) -> None:
    if known:
        impacts.told = COUNTED
    await shop.owner.ok("POST", f"{shop.path}/segments", {"key": "beta", "name": "Beta"})
    path = f"{shop.path}/environments/production/segments"
    told = await shop.author.ok("POST", f"{path}/beta/estimate")
    assert impacts.asked[0].segments == ["beta"]
    if known:
        assert (told["units"], told["units_in"], told["unknown"]) == (400, 50, 200)
        assert told["share"] == {"percent": 25.0, "lower": 19.508, "upper": 31.434}
    else:
        assert (told["share"], told["unavailable"]["code"]) == (None, "timeout")
    assert (await shop.author("POST", f"{path}/nothing/estimate")).status_code == 404
