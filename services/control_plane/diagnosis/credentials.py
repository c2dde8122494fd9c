"""A look at what ends by itself: SDK keys, tokens, and the keys that access tokens are signed with."""

from __future__ import annotations

from datetime import timedelta

from control_plane.database import Connection, Database
from control_plane.diagnosis.findings import Findings

NEAR_DAYS = 30
_ENDING = """
SELECT 'SDK key' AS kind, organizations.key || '/' || projects.key || '/' || environments.key AS place,
    sdk_keys.name, sdk_keys.expires_at
FROM sdk_keys JOIN environments ON environments.id = sdk_keys.environment_id
JOIN projects ON projects.id = environments.project_id
JOIN organizations ON organizations.id = sdk_keys.organization_id
WHERE sdk_keys.revoked_at IS NULL AND sdk_keys.expires_at BETWEEN $1 AND $2
UNION ALL
SELECT 'token', organizations.key, api_tokens.name, api_tokens.expires_at
FROM api_tokens JOIN organizations ON organizations.id = api_tokens.organization_id
WHERE api_tokens.revoked_at IS NULL AND api_tokens.expires_at BETWEEN $1 AND $2
UNION ALL
SELECT 'provisioning token', organizations.key, provisioning_tokens.name, provisioning_tokens.expires_at
FROM provisioning_tokens JOIN organizations ON organizations.id = provisioning_tokens.organization_id
WHERE provisioning_tokens.revoked_at IS NULL AND provisioning_tokens.expires_at BETWEEN $1 AND $2
ORDER BY expires_at LIMIT 21
"""
_NEWEST = "SELECT max(signs_from) FROM signing_keys WHERE expires_at IS NULL OR expires_at > $1"
_NAMES_MAX = 20


async def look(findings: Findings, *, database: Database, key_days: int) -> None:
    """`key_days`: of a signing key, as `FF_AUTH_KEY_DAYS` says. Raises `Unavailable`."""
    async with database.transaction() as tx:
        ending = await tx.fetch(_ENDING, tx.now, tx.now + timedelta(days=NEAR_DAYS))
        await _look_at_signing_keys(findings, tx, key_days)
    for each in ending[:_NAMES_MAX]:
        left = each["expires_at"] - tx.now
        findings.warning(
            f"the {each['kind']} {each['name']!r} of {each['place']} ends in {_told(left)}",
            "make its successor, and hand it to who uses it",
        )
    if len(ending) > _NAMES_MAX:
        findings.warning("and more end within a month", "see Keys in the admin UI")
    if not ending:
        findings.well(f"no key and no token ends within {NEAR_DAYS} days")


async def _look_at_signing_keys(findings: Findings, tx: Connection, key_days: int) -> None:
    newest = await tx.fetchval(_NEWEST, tx.now)
    if newest is None:
        return
    age = (tx.now - newest).days
    if age > 2 * key_days:
        findings.warning(
            f"access tokens are signed with a key of {age} days; FF_AUTH_KEY_DAYS asks for {key_days}",
            "`control_plane rotate-keys`, and see why `serve` doesn't",
        )


def _told(left: timedelta) -> str:
    return f"{left.days} days" if left.days > 1 else f"{left.total_seconds() / 3600:.0f} hours"
