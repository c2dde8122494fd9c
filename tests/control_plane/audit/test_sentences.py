"""One sentence says who did what to which entity."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.changes.sentences import Deed, summary_of

SETTINGS = {"environment": "production", "enabled": False, "rules": [], "version": 3}
ON = {**SETTINGS, "enabled": True, "version": 4}
FLAG = {"key": "new-checkout", "name": "Checkout", "tags": ["shop"], "version": 1}
KEY = "3f0e6a40-0000-4000-8000-000000000000"


def sentence(entity: str, key: str, action: str, before: Any = None, after: Any = None, **more: Any) -> str:
    given = {"actor_kind": "user", "actor_name": "ada", "behalf": None, **more}
    deed = Deed(entity=entity, entity_key=key, action=action, before=before, after=after, **given)
    return summary_of(deed)


CI = {"actor_kind": "token", "actor_name": "ci", "behalf": "ada@example.com"}
SYSTEM = {"actor_kind": "system", "actor_name": "sign-in"}
SENTENCES = {
    "ada turned flag new-checkout on in production": sentence(
        "flag_settings", "new-checkout/production", "update", SETTINGS, ON
    ),
    "ada turned flag new-checkout off in production": sentence(
        "flag_settings", "new-checkout/production", "update", ON, SETTINGS
    ),
    "ada turned flag new-checkout on in production, and changed its rules": sentence(
        "flag_settings", "new-checkout/production", "update", SETTINGS, {**ON, "rules": [{"id": "r1"}]}
    ),
    "ada changed flag new-checkout in production: rules": sentence(
        "flag_settings", "new-checkout/production", "update", SETTINGS, {**SETTINGS, "rules": [{"id": "r1"}]}
    ),
    "ada created flag new-checkout": sentence("flag", "new-checkout", "create", None, FLAG),
    "ada changed flag new-checkout: name, tags": sentence(
        "flag", "new-checkout", "update", FLAG, {**FLAG, "name": "Basket", "tags": [], "version": 2}
    ),
    "ada changed flag new-checkout: purpose, expected end": sentence(
        "flag",
        "new-checkout",
        "update",
        {**FLAG, "purpose": "release", "expected_end": None},
        {**FLAG, "purpose": "operational", "expected_end": "2030-01-31"},
    ),
    "ada archived segment beta": sentence("segment", "beta", "archive", {"archived": False}, {"archived": True}),
    "ada applied change request 7": sentence("change_request", "7", "apply", None, {"number": 7}),
    "ada tagged bulk change 3": sentence("bulk_change", "3", "tag"),
    "ada deleted segment beta": sentence("segment", "beta", "delete", {"key": "beta"}),
    "ada started experiment test in production": sentence(
        "experiment", "test", "start", {"environment": "production"}, {"environment": "production", "status": "running"}
    ),
    "ada revoked SDK key backend": sentence("sdk_key", KEY, "revoke", {"name": "backend"}, {"name": "backend"}),
    "ada changed member bob@example.com: role": sentence(
        "member",
        KEY,
        "update",
        {"email": "bob@example.com", "role": "viewer"},
        {"email": "bob@example.com", "role": "a"},
    ),
    "token ci of ada@example.com created flag new-checkout": sentence(
        "flag", "new-checkout", "create", None, FLAG, **CI
    ),
    "ada signed in": sentence("user", "ada", "sign_in", None, {"sign_ins": 1}),
    "sign-in failed as ada": sentence("user", "ada", "fail_sign_in", None, {}, **SYSTEM),
    "sign-in was refused as ada": sentence("user", "ada", "refuse_sign_in", None, {}, **SYSTEM),
    "ada failed to erase data of user shop/production": sentence(
        "user_data", "shop/production", "fail_erase", None, {}
    ),
    "ada changed flag x: a, b, c, d and 2 more": sentence("flag", "x", "update", {}, dict.fromkeys("abcdef", 1)),
}


@pytest.mark.parametrize(("expected", "told"), SENTENCES.items(), ids=str)
def test_a_sentence_says_who_did_what(expected: str, told: str) -> None:
    assert told == expected
