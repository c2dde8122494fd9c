"""A day at the control plane: every operation of its API once or more, and the relay after each part of it.

What it says to the database is a recording's content, so nothing in it may fail, run at the same time as something
else, or depend on the clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

PASSWORD, NEW_PASSWORD = "correct horse battery", "an even better battery"
FLAG = {
    "key": "checkout",
    "type": "string",
    "variations": [{"key": "old", "value": "OLD"}, {"key": "new", "value": "NEW"}],
    "off_variation": "old",
    "default": {"variation": "old"},
}
HALVES = {"rollout": {"variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 50}]}}


@dataclass
class Speaker:
    """Calls the API as one person; `called` are the operations, as `POST /api/v1/…` with the path's template."""

    client: httpx.AsyncClient
    templates: dict[str, re.Pattern[str]]
    token: str = ""
    called: set[str] = field(default_factory=set)

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"/api/v1{path}"
        said: dict[str, Any] = {"content": body} if isinstance(body, str) else {"json": body}
        answer = await self.client.request(method, address, headers=sent | headers, **said)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        bare = address.partition("?")[0]
        self.called.update(f"{method} {name}" for name, pattern in self.templates.items() if pattern.fullmatch(bare))
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if answer.content and is_json else None

    async def changed(self, path: str, body: Any, *, method: str = "PATCH", read: str | None = None) -> Any:
        """A write with the ETag that stands now."""
        answer = await self.client.get(f"/api/v1{read or path}", headers={"Authorization": f"Bearer {self.token}"})
        return await self(method, path, body, **{"If-Match": answer.headers["etag"]})

    async def sign_in(self, email: str, password: str) -> Speaker:
        """Somebody else at the same API."""
        answer = await self("POST", "/auth/login", {"email": email, "password": password})
        return Speaker(self.client, self.templates, answer["access_token"], self.called)


@dataclass(frozen=True)
class Beside:
    """What happens that nobody calls. `publish` is one turn of the relay; `find_harm` a look of the monitor at a
    rollout, by its id, in which a guard asks to tell of it."""

    publish: Callable[[], Awaitable[None]]
    find_harm: Callable[[str], Awaitable[None]]


async def tell(anonymous: Speaker, administrator: tuple[str, str], beside: Beside) -> None:
    """The whole day."""
    publish = beside.publish
    admin = await anonymous.sign_in(*administrator)
    organization = await admin("POST", "/organizations", {"key": "acme", "name": "Acme"})
    at = f"/organizations/{organization['id']}"
    owner = await _people(admin, at)
    project = await owner("POST", f"{at}/projects", {"key": "shop", "name": "Shop"})
    shop = f"/projects/{project['id']}"
    await _projects(owner, at, shop)
    await _webhooks(owner, at)
    await _environments(owner, shop)
    await publish()
    await _definitions(owner, shop)
    await _flags(owner, shop, beside)
    await publish()
    await _configs(owner, shop)
    await publish()
    await _experiments(owner, shop)
    await publish()
    await _identity_providers(owner, at)
    await _endings(owner, at, shop)
    await publish()


async def _joined(owner: Speaker, at: str, email: str, role: str) -> Speaker:
    """Somebody who was invited, and has accepted with `PASSWORD`."""
    made = await owner("POST", f"{at}/invitations", {"email": email, "role": role})
    anybody = Speaker(owner.client, owner.templates, called=owner.called)
    account = {"secret": made["link"].partition("=")[2], "password": PASSWORD}
    answer = await anybody("POST", "/auth/invitations/accept", account)
    return Speaker(owner.client, owner.templates, answer["access_token"], owner.called)


async def _people(admin: Speaker, at: str) -> Speaker:
    owner = await _joined(admin, at, "owner@example.com", "owner")
    await owner("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    owner = await admin.sign_in("owner@example.com", NEW_PASSWORD)
    await _sessions(owner)
    owner = await admin.sign_in("owner@example.com", NEW_PASSWORD)
    await owner("GET", "/me")
    await owner("GET", "/organizations")
    await owner("GET", at)
    await owner.changed(at, {"name": "Acme Inc."})
    member = await (await _joined(owner, at, "editor@example.com", "viewer"))("GET", "/me")
    person = f"{at}/members/{member['id']}"
    await owner("GET", f"{at}/members")
    await owner("GET", person)
    await owner.changed(person, {"role": "developer"})
    await _roles(owner, at, member["id"])
    leaving = await _joined(owner, at, "leaving@example.com", "viewer")
    identity = (await leaving("GET", "/me"))["id"]
    made = await owner("POST", f"{at}/members/{identity}/password-reset")
    used = {"secret": made["link"].partition("=")[2], "password": NEW_PASSWORD}
    await Speaker(owner.client, owner.templates, called=owner.called)("POST", "/auth/password-resets/use", used)
    leaving = await owner.sign_in("leaving@example.com", NEW_PASSWORD)
    await owner("DELETE", f"{at}/members/{identity}")
    again = await owner("POST", f"{at}/invitations", {"email": "leaving@example.com", "role": "viewer"})
    await leaving("POST", "/me/invitations/accept", {"secret": again["link"].partition("=")[2]})
    waiting = await owner("POST", f"{at}/invitations", {"email": "waiting@example.com", "role": "viewer"})
    await owner("GET", f"{at}/invitations")
    await owner("DELETE", f"{at}/invitations/{waiting['id']}")
    token = await owner("POST", f"{at}/tokens", {"name": "terraform", "role": "developer"})
    await owner("GET", f"{at}/tokens")
    program = Speaker(owner.client, owner.templates, token["token"], owner.called)
    await program("GET", "/organizations")
    await owner("DELETE", f"{at}/tokens/{token['id']}")
    mine = {"name": "my laptop", "role": "viewer", "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat()}
    own = await owner("POST", f"{at}/own-tokens", mine)
    await owner("GET", f"{at}/own-tokens")
    await owner("DELETE", f"{at}/own-tokens/{own['id']}")
    return owner


async def _roles(owner: Speaker, at: str, person: str) -> None:
    await owner("GET", "/rights")
    await owner("POST", f"{at}/roles", {"key": "switcher", "name": "Switcher", "rights": ["flag:read", "flag:toggle"]})
    await owner("GET", f"{at}/roles")
    await owner("GET", f"{at}/roles/switcher")
    await owner.changed(f"{at}/roles/switcher", {"name": "Who switches"})
    binding = await owner("POST", f"{at}/bindings", {"user": person, "role": "switcher"})
    await owner("GET", f"{at}/bindings")
    await owner("POST", f"{at}/groups", {"key": "web", "name": "Web"})
    await owner("GET", f"{at}/groups")
    await owner("GET", f"{at}/groups/web")
    await owner.changed(f"{at}/groups/web", {"name": "The web"})
    await owner("PUT", f"{at}/groups/web/members/{person}")
    await owner("GET", f"{at}/groups/web/members")
    await owner("DELETE", f"{at}/groups/web/members/{person}")
    await owner("DELETE", f"{at}/groups/web")
    await owner("GET", "/me/permissions?organization=acme")
    await owner("GET", f"{at}/members/{person}/permissions")
    await owner("GET", f"{at}/granters?right=flag:toggle")
    await owner("DELETE", f"{at}/bindings/{binding['id']}")
    await owner("DELETE", f"{at}/roles/switcher")


async def _sessions(owner: Speaker) -> None:
    """Of a person with no other, so that nobody else's ends."""
    login = {"email": "owner@example.com", "password": NEW_PASSWORD}
    anybody = Speaker(owner.client, owner.templates, called=owner.called)
    report = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "https://elsewhere.example.com/x.png"}}
    form = {"Content-Type": "application/csp-report"}
    await anybody("POST", "/csp-reports", json.dumps(report), **form)
    browser = await anybody("POST", "/auth/sessions", login)
    given = await anybody("POST", "/auth/login", login)
    given = await anybody("POST", "/auth/refresh", {"refresh_token": given["refresh_token"]})
    program = Speaker(owner.client, owner.templates, given["access_token"], owner.called)
    await program("POST", "/auth/access-token", {"audience": "analytics"})
    await program("GET", "/me/sessions")
    await program("DELETE", f"/me/sessions/{browser['id']}")
    await program("DELETE", "/me/sessions/current")
    program = await owner.sign_in("owner@example.com", NEW_PASSWORD)
    await program("DELETE", "/me/sessions")


async def _projects(owner: Speaker, at: str, shop: str) -> None:
    await owner("GET", f"{at}/projects")
    await owner("GET", shop)
    await owner("GET", "/projects/shop")
    await owner.changed(shop, {"name": "The shop", "description": "All of it"})
    people = (await owner("GET", f"{at}/members"))["items"]
    [editor] = [each["id"] for each in people if each["email"] == "editor@example.com"]
    await owner("PUT", f"{shop}/members/{editor}", {"role": "administrator"})
    await owner("GET", f"{shop}/members")
    await owner("DELETE", f"{shop}/members/{editor}")
    await owner("GET", f"{at}/quotas")
    await owner("GET", f"{shop}/quotas")


async def _webhooks(owner: Speaker, at: str) -> None:
    """An address, so that no name has to be looked up."""
    made = await owner("POST", f"{at}/webhooks", {"url": "https://93.184.216.34/hook", "events": ["flag.*"]})
    one = f"{at}/webhooks/{made['id']}"
    await owner("GET", f"{at}/webhooks")
    await owner("GET", f"{at}/webhooks/event-types")
    await owner.changed(one, {"description": "chat"})
    await owner("POST", f"{one}/rotate", {"overlap_seconds": 3600})
    sent = await owner("POST", f"{one}/test")
    await owner("GET", f"{one}/deliveries")
    await owner("GET", f"{one}/deliveries/{sent['id']}")
    await owner("POST", f"{one}/deliveries/{sent['id']}/resend")
    await owner("DELETE", one)


async def _environments(owner: Speaker, shop: str) -> None:
    for key in ("production", "staging"):
        await owner("POST", f"{shop}/environments", {"key": key, "name": key.title()})
    production = f"{shop}/environments/production"
    await owner("GET", f"{shop}/environments")
    await owner("GET", production)
    await owner.changed(production, {"hash_user_keys": True, "pii_attributes": ["email"]})
    keys = f"{production}/sdk-keys"
    server = await owner("POST", keys, {"kind": "server", "name": "backend"})
    client = await owner("POST", keys, {"kind": "client", "name": "web"})
    await owner("GET", keys)
    await owner("POST", f"{keys}/{server['id']}/rotate", {"overlap_seconds": 3600})
    await owner("DELETE", f"{keys}/{client['id']}")
    await owner("POST", f"{production}/republish")
    await owner("GET", f"{production}/publication")
    await owner("GET", f"{production}/edges")
    await owner("GET", f"{production}/versions/1/propagation")


async def _definitions(owner: Speaker, shop: str) -> None:
    plan = {"attribute": "plan", "operator": "eq", "value": "pro"}
    nouns: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "segments": ({"key": "beta", "included": ["u1"], "if": plan}, {"excluded": ["u2"]}),
        "metrics": ({"key": "purchase", "aggregation": "conversion"}, {"description": "A sale"}),
        "layers": ({"key": "pricing"}, {"description": "Prices"}),
        "holdouts": ({"key": "nobody", "share": 5}, {"share": 4}),
    }
    for noun, (create, change) in nouns.items():
        await owner("POST", f"{shop}/{noun}", create)
        await owner("POST", f"{shop}/{noun}", create | {"key": "spare"})
        await owner("GET", f"{shop}/{noun}?q=sp&limit=10")
        await owner("GET", f"{shop}/{noun}")
        await owner("GET", f"{shop}/{noun}/spare")
        await owner.changed(f"{shop}/{noun}/{create['key']}", change)
        await owner("POST", f"{shop}/{noun}/spare/archive")
        await owner("POST", f"{shop}/{noun}/spare/restore")
        await owner("POST", f"{shop}/{noun}/spare/archive")
        await owner("DELETE", f"{shop}/{noun}/spare")
    listed = f"{shop}/segments/beta/long-list"
    await owner("PATCH", listed, {"included": {"add": ["u3", "u4"]}, "excluded": {"add": ["u5"]}})
    await owner("PUT", f"{listed}/included?mode=remove", "u4\n", **{"Content-Type": "text/plain"})
    await owner("GET", f"{listed}/included")
    await owner("GET", f"{shop}/segments/beta/users")
    asked = {"context": {"targetingKey": "u3"}, "segments": ["beta"]}
    await owner("POST", f"{shop}/environments/production/segments/evaluate", asked)


async def _flags(owner: Speaker, shop: str, beside: Beside) -> None:
    for key in ("checkout", "gate", "spare"):
        await owner("POST", f"{shop}/flags", FLAG | {"key": key})
    await owner("GET", f"{shop}/flags")
    await owner("GET", f"{shop}/flags?sort=-updated_at&total=true&facets=tag,type,state,owner&environment=production")
    await owner("GET", f"{shop}/flags/checkout")
    await owner.changed(f"{shop}/flags/checkout", {"name": "The checkout", "tags": ["shop"], "client_visible": True})
    await owner.changed(f"{shop}/flags/checkout", {"metadata": {"owner": "shop", "tier": 1}})
    await owner.changed(f"{shop}/flags/gate", {"purpose": "experiment", "expected_end": "2030-01-31"})
    await owner("GET", f"{shop}/flags?purpose=experiment")
    tag = {"action": "tag", "keys": ["checkout", "gate"], "add": ["many"]}
    await owner("POST", f"{shop}/flags/bulk?dry_run=true", tag)
    many = await owner("POST", f"{shop}/flags/bulk", tag)
    await owner("POST", f"{shop}/flags/bulk/{many['id']}/undo")
    for key, action in (("gate", "archive"), ("gate", "restore")):
        await owner("POST", f"{shop}/flags/bulk", {"action": action, "keys": [key]})
    off = {"action": "switch", "keys": ["gate"], "environment": "staging", "enabled": True}
    await owner("POST", f"{shop}/flags/bulk", off)
    persona = f"{shop}/personas/anna"
    await owner("PUT", persona, {"name": "Anna", "context": {"targetingKey": "u1", "plan": "pro"}})
    await owner("GET", persona)
    await owner("GET", f"{shop}/personas")
    await owner("DELETE", persona)
    view = {"page": "flags", "name": "Mine", "filters": {"tag": "web"}}
    kept = await owner("POST", f"{shop}/saved-views", view)
    await owner("PUT", f"{shop}/saved-views/{kept['id']}", view | {"shared": True})
    await owner("GET", f"{shop}/saved-views?of=flags")
    await owner("DELETE", f"{shop}/saved-views/{kept['id']}")
    await owner("GET", f"{shop}/attention?environment=production")
    await owner("GET", f"{shop}/search?q=checkout&kinds=flag,override")
    settings = f"{shop}/flags/checkout/environments"
    await owner("PUT", f"{settings}/production/enabled", {"enabled": True})
    change = {
        "rules": [{"if": {"segment": "beta"}, "then": HALVES}],
        "targets": [{"key": "vip", "variation": "new"}],
        "prerequisites": [{"flag": "gate", "variation": "old"}],
        "report_exposures": True,
    }
    await owner.changed(f"{settings}/production", change)
    await owner("GET", f"{settings}/production")
    await owner.changed(f"{settings}/staging/copy-from/production", None, method="POST", read=f"{settings}/staging")
    asked = {"flag": "checkout", "context": {"targetingKey": "u1", "plan": "pro"}}
    told = await owner("POST", f"{shop}/environments/production/explain", asked)
    await owner("POST", f"{shop}/environments/production/explain", asked | {"at": told["now"]})
    await owner("POST", f"{shop}/environments/production/explain", asked | {"draft": {"enabled": False}})
    await owner("POST", f"{shop}/environments/production/explanations", {"context": {"targetingKey": "u1"}})
    await owner("POST", f"{shop}/flags/checkout/clone", {"key": "copied", "off": True})
    await owner("GET", f"{shop}/flags/checkout/lifecycle")
    await owner("GET", f"{shop}/flag-lifecycles?state=unknown&purpose=experiment")
    await _overrides(owner, shop)
    await _rollouts(owner, shop, beside)
    await _history(owner, shop)
    await _change_requests(owner, shop)
    for action in ("archive", "restore", "archive"):
        await owner("POST", f"{shop}/flags/spare/{action}")
    await owner("DELETE", f"{shop}/flags/spare")


async def _overrides(owner: Speaker, shop: str) -> None:
    overrides = f"{shop}/environments/production/overrides"
    for flag in ("checkout", "gate"):
        await owner("PUT", f"{overrides}/tester", {"flag": flag, "variation": "new", "reason": "to see it"})
    await owner("GET", f"{overrides}?flag=checkout&expired=true")
    await owner("GET", f"{overrides}/tester")
    await owner("DELETE", f"{overrides}/tester?flag=gate")
    await owner("DELETE", f"{overrides}/tester")


async def _rollouts(owner: Speaker, shop: str, beside: Beside) -> None:
    rollouts, templates = f"{shop}/environments/staging/rollouts", f"{shop}/rollout-templates"
    careful = {"plan": {"steps": [{"share": 10, "hold_seconds": 3600}, {"share": 50, "approval": True}]}}
    await owner("PUT", f"{templates}/careful", careful)
    await owner("GET", templates)
    await owner("GET", f"{templates}/careful")
    ship = {"flag": "checkout", "variation": "new", "template": "careful"}
    for key in ("ship", "unused", "given-up"):
        await owner("POST", rollouts, ship | {"key": key})
    await owner("GET", f"{rollouts}?flag=checkout")
    await owner.changed(f"{rollouts}/ship", {"guards": [{"built_in": "no_data", "action": "hold"}]})
    for action in ("start", "pause", "resume", "approve", "skip"):
        await owner("POST", f"{rollouts}/ship/{action}")
    await beside.find_harm((await owner("GET", f"{rollouts}/ship"))["id"])
    await owner("GET", f"{rollouts}/ship/verdict")
    await owner("GET", f"{rollouts}/ship/incidents")
    incidents = f"{shop}/environments/staging/incidents"
    (incident,) = (await owner("GET", incidents))["items"]
    await owner("GET", f"{incidents}/{incident['id']}")
    await owner("POST", f"{rollouts}/ship/roll-back")
    await owner("GET", f"{rollouts}/ship/timeline")
    await owner("POST", f"{rollouts}/given-up/cancel")
    await owner("DELETE", f"{rollouts}/unused")
    await owner("DELETE", f"{templates}/careful")


async def _configs(owner: Speaker, shop: str) -> None:
    schema = {"properties": {"retries": {"type": "integer", "maximum": 9}}}
    for key in ("page", "unused"):
        await owner("POST", f"{shop}/configs", {"key": key, "schema": schema, "value": {"retries": 3}})
    page = f"{shop}/configs/page"
    await owner("GET", f"{shop}/configs?q=pa&total=true")
    await owner("POST", f"{page}/clone", {"key": "page-like"})
    await owner("GET", page)
    await owner.changed(page, {"value": {"retries": 4}, "client_visible": True})
    there = {each: f"{page}/environments/{each}" for each in ("production", "staging")}
    change = {"overrides": [{"segment": "beta", "value": {"retries": 9}}], "resolve": "merge"}
    await owner.changed(there["production"], change)
    await owner("GET", there["production"])
    copy = f"{there['staging']}/copy-from/production"
    await owner.changed(copy, None, method="POST", read=there["staging"])
    await owner("POST", f"{shop}/history/config_settings/page/undo?environment=production")
    for action in ("archive", "restore", "archive"):
        await owner("POST", f"{shop}/configs/unused/{action}")
    await owner("DELETE", f"{shop}/configs/unused")


async def _history(owner: Speaker, shop: str) -> None:
    flag = f"{shop}/history/flag/checkout"
    await owner("GET", f"{flag}?limit=2")
    await owner("GET", f"{flag}/versions/1")
    await owner("GET", f"{flag}/comparison?from=1&to=2")
    await owner("POST", f"{flag}/undo")
    await owner("POST", f"{flag}/versions/3/restore")
    await owner("GET", f"{shop}/history/flag_settings/checkout?environment=production")


async def _change_requests(owner: Speaker, shop: str) -> None:
    policy = f"{shop}/environments/staging/approval-policy"
    await owner("GET", policy)
    await owner.changed(policy, {"required": True, "own_approvals": True}, method="PUT")
    edit = {"entity": "flag_settings", "key": "checkout", "environment": "staging", "action": "update"}
    segment = {"entity": "segment", "key": "insiders", "action": "create", "document": {"included": ["u1"]}}
    body = {"title": "On in staging", "edits": [edit | {"document": {"enabled": True}}, segment]}
    requests = f"{shop}/change-requests"
    for _ in range(2):
        await owner("POST", requests, body)
    await owner("GET", f"{requests}?state=open&environment=staging&waiting_for=me")
    await owner("GET", f"{requests}/1")
    await owner("POST", f"{shop}/environments/staging/preview", {"edits": [segment]})
    await owner("POST", f"{shop}/environments/staging/segments/beta/estimate")
    await owner.changed(
        f"{requests}/1", {"edits": [edit | {"document": {"enabled": True, "default": HALVES}}, segment]}
    )
    await owner("POST", f"{requests}/1/impact")
    promotion = f"{shop}/environments/staging/promotion"
    await owner("GET", f"{promotion}?source=production")
    promoted = {"source": "production", "items": [{"entity": "flag_settings", "key": "checkout"}]}
    await owner("POST", promotion, promoted | {"leave": ["enabled"]})
    await owner("POST", f"{requests}/1/comments", {"text": "Half of them at first"})
    review = {"verdict": "approve"}
    await owner.changed(f"{requests}/1/reviews", review, method="POST", read=f"{requests}/1")
    await owner("GET", f"{requests}/1/comments")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await owner("PUT", f"{requests}/1/schedule", {"at": tomorrow.isoformat()})
    await owner("DELETE", f"{requests}/1/schedule")
    await owner("POST", f"{requests}/1/apply")
    await owner("POST", f"{requests}/2/withdraw")
    await owner.changed(policy, {"required": False}, method="PUT")


async def _experiments(owner: Speaker, shop: str) -> None:
    draft = {
        "key": "test",
        "environment": "production",
        "flag": "checkout",
        "variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 50}],
        "layer": {"key": "pricing", "share": 60},
        "holdouts": ["nobody"],
        "metrics": [{"metric": "purchase"}],
        "plan": {"mode": "fixed", "planned_units": 10_000},
    }
    for key in ("test", "spare"):
        await owner("POST", f"{shop}/experiments", draft | {"key": key})
    await owner("GET", f"{shop}/experiments?environment=production&flag=checkout&state=draft")
    await owner("GET", f"{shop}/experiments/test")
    await owner.changed(f"{shop}/experiments/test", {"hypothesis": "More sales", "traffic": 80})
    schedule = f"{shop}/experiments/test/schedule"
    wanted = {"start_at": "2100-01-05T10:00:00Z", "stop_at": "2100-02-05T10:00:00Z"}
    await owner.changed(schedule, wanted, method="PUT", read=f"{shop}/experiments/test")
    await owner("DELETE", schedule)
    await owner("POST", f"{shop}/experiments/test/start")
    await owner("POST", f"{shop}/experiments/test/pause")
    await owner("POST", f"{shop}/experiments/test/resume")
    await owner.changed(f"{shop}/experiments/test", {"traffic": 50, "on_experiments": "new_phase"})
    await owner("GET", f"{shop}/layers/pricing/environments/production/slots")
    await owner("POST", f"{shop}/experiments/test/stop")
    guardrail = {"metric": "purchase", "role": "guardrail", "margin": 0.02}
    watching = {"key": "watching", "mode": "observes", "layer": None, "holdouts": [], "metrics": [guardrail]}
    await owner("POST", f"{shop}/experiments", draft | watching)
    await owner("POST", f"{shop}/experiments/watching/start", {})
    await owner("POST", f"{shop}/experiments/watching/stop")
    for dry_run in (True, False):
        await owner("POST", f"{shop}/experiments/watching/ship", {"variation": "new", "dry_run": dry_run})
    for action in ("archive", "restore", "archive"):
        await owner("POST", f"{shop}/experiments/spare/{action}")
    await owner("DELETE", f"{shop}/experiments/spare")


async def _identity_providers(owner: Speaker, at: str) -> None:
    await owner("POST", f"{at}/email-domains", {"domain": "acme.example"})
    await owner("GET", f"{at}/email-domains")
    provider = {"name": "Own", "issuer": "http://127.0.0.1:9", "client_id": "verdict", "client_secret": "secret"}
    made = await owner("POST", f"{at}/identity-providers", provider)
    await owner("GET", f"{at}/identity-providers")
    await owner("GET", f"{at}/identity-providers/{made['id']}")
    await owner.changed(f"{at}/identity-providers/{made['id']}", {"name": "Ours", "client_secret": "another"})
    await owner("DELETE", f"{at}/identity-providers/{made['id']}")
    token = await owner("POST", f"{at}/provisioning-tokens", {"name": "Directory", "default_role": "viewer"})
    await owner("GET", f"{at}/provisioning-tokens")
    await owner("DELETE", f"{at}/provisioning-tokens/{token['id']}")
    await owner("DELETE", f"{at}/email-domains/acme.example")
    await owner("GET", "/auth/ways?email=somebody@acme.example")


async def _endings(owner: Speaker, at: str, shop: str) -> None:
    await owner("GET", f"{at}/audit")
    await owner("GET", f"{at}/audit?limit=5")
    await owner("GET", f"{at}/audit/verification")
    await owner("POST", f"{at}/audit/heads")
    await owner("GET", f"{at}/audit/heads")
    await owner("GET", f"{at}/audit?project=shop&environment=production&by=owner@example.com&limit=5")
    await owner("GET", f"{at}/audit/export?format=csv&entity=flag")
    await owner("GET", "/audit-keys")
    for what in (f"{shop}/environments/staging", shop):
        await owner("POST", f"{what}/archive")
        await owner("POST", f"{what}/restore")
