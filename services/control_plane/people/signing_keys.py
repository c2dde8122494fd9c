"""The keys of access tokens: made, changed in time, and published.

A new key is published some minutes before it signs, and the one before verifies until its last token has ended. So a
change is seen by nobody: every service knows a key before it meets a token of it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Unavailable
from service_kit.sealing import CannotOpen, Sealer
from service_kit.token_keys import PublicKeys, VerificationKey, new_private_key, public_key_of

from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import EVERY_TENANT, Connection, Database
from control_plane.people import signing_keys_repository as repository
from control_plane.people.signing_keys_repository import StoredKey

_PUBLISHED_BEFORE = timedelta(minutes=5)
_CLOCKS_DIFFER = timedelta(minutes=1)
_ACTOR = Actor(kind="system", id=UUID(int=0), name="signing keys")
_log = get_logger("signing_keys")


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """`age`: how long a key signs. `token`: how long the longest token of it lasts."""

    age: timedelta = timedelta(days=90)
    token: timedelta = timedelta(minutes=15)


class SigningKeyRing(PublicKeys):
    """The keys as this process knows them; `load` learns what others have changed."""

    def __init__(self, database: Database, clock: Clock, *, sealer: Sealer, terms: KeyTerms = KeyTerms()) -> None:
        super().__init__(self.find, clock)
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._terms = terms
        self._stored: list[StoredKey] = []
        self._private: dict[str, Ed25519PrivateKey] = {}

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        """The newest that has begun. Raises `Unavailable` before the first one is known."""
        now = self._clock.now()
        for key in self._stored:
            if key.signs_from.timestamp() * 1000 <= now and key.id in self._private:
                return key.id, self._private[key.id]
        raise Unavailable("no key to sign with is known yet", code="signing_keys_unavailable")

    def find(self, key_id: str) -> VerificationKey | None:
        """The key of this name, while something may be verified by it."""
        return next((each for each in self.published() if each.key_id == key_id), None)

    def published(self) -> list[VerificationKey]:
        """All that verify."""
        now = self._clock.now()
        known = [verification_key(each) for each in self._stored]
        return [each for each in known if not each.expires_at or each.expires_at > now]

    async def load(self, connection: Connection) -> None:
        """Learns what is stored."""
        stored = await repository.list_verifying(connection)
        private = dict(self._private)
        for key in stored:
            if key.id not in private:
                try:
                    raw = self._sealer.open(key.sealed_key, _context(key.id))
                except CannotOpen as error:
                    _log.error("a signing key can't be opened, so it signs nothing", key=key.id, reason=str(error))
                    continue
                private[key.id] = Ed25519PrivateKey.from_private_bytes(raw)
        self._stored = stored
        self._private = {key.id: private[key.id] for key in stored if key.id in private}

    @property
    def unopened(self) -> list[str]:
        """Those that were sealed with a secret that is not here."""
        return [each.id for each in self._stored if each.id not in self._private]

    async def learn(self) -> None:
        """Of a key that a token names and that is not known."""
        async with self._database.accounts() as connection:
            await self.load(connection)

    async def keep(self) -> None:
        """One round: learns what others have changed, and makes the next key when it is time."""
        await self.learn()
        if self._is_due():
            await self.rotate(unless_done=True)

    async def prepare(self, connection: Connection) -> None:
        """Before anybody signs in: there is a key."""
        await self.load(connection)
        if self._is_due():
            async with connection.transaction(tenancy=EVERY_TENANT):
                await self._rotate(connection, unless_done=True)

    async def rotate(self, *, at_once: bool = False, unless_done: bool = False) -> str:
        """Makes the next key, and answers its name. `at_once`: nothing is verified by those before from now on, and
        their tokens end. `unless_done`: only if no other process has, and then the name of the newest."""
        async with self._database.transaction(tenancy=EVERY_TENANT) as tx:
            return await self._rotate(tx, at_once=at_once, unless_done=unless_done)

    async def _rotate(self, tx: Connection, *, at_once: bool = False, unless_done: bool = False) -> str:
        await repository.lock(tx)
        await self.load(tx)
        if unless_done and not self._is_due():
            return self._stored[0].id
        begins = tx.now if at_once or not self._private else tx.now + _PUBLISHED_BEFORE
        key = self._new_key(tx.now, begins)
        await repository.insert(tx, key)
        if at_once:
            await repository.delete_others(tx, key.id)
        else:
            await repository.expire_others(tx, key.id, begins + self._terms.token + _CLOCKS_DIFFER)
        await _tell_everybody(tx, key.id, "rotate")
        await self.load(tx)
        _log.info("a new key signs access tokens", key=key.id, begins=begins.isoformat())
        return key.id

    def _new_key(self, now: datetime, begins: datetime) -> StoredKey:
        raw = new_private_key()
        public = public_key_of(raw)
        name = base64.urlsafe_b64encode(hashlib.sha256(public).digest()[:12]).decode()
        return StoredKey(name, public, self._sealer.seal(raw, _context(name)), now, begins)

    def _is_due(self) -> bool:
        usable = [each for each in self._stored if each.id in self._private and each.expires_at is None]
        return (
            not usable or usable[0].signs_from.timestamp() * 1000 + _milliseconds(self._terms.age) <= self._clock.now()
        )


async def withdraw_keys(connection: Connection) -> None:
    """Where a shared secret signs: what was published before is published no more."""
    async with connection.transaction(tenancy=EVERY_TENANT):
        await repository.lock(connection)
        if await repository.delete_others(connection, None):
            await _tell_everybody(connection, "all", "withdraw")


def verification_key(stored: StoredKey) -> VerificationKey:
    expires_at = 0 if stored.expires_at is None else round(stored.expires_at.timestamp() * 1000)
    return VerificationKey(stored.id, stored.public_key, expires_at)


def _context(key_id: str) -> str:
    return f"signing_key/{key_id}"


def _milliseconds(age: timedelta) -> int:
    return round(age.total_seconds() * 1000)


async def _tell_everybody(tx: Connection, name: str, action: str) -> None:
    """Each environment publishes the keys, so each has its next version."""
    for row in await repository.organization_ids(tx):
        change = Change(
            organization_id=row["id"],
            project_id=None,
            entity="signing_key",
            entity_key=name,
            action=action,
            actor=_ACTOR,
            everywhere=True,
        )
        await record(tx, change)
