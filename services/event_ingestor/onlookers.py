"""Who looks on at an environment's events: its server keys, and people and programs with `exposures:read` there."""

from __future__ import annotations

from dataclasses import dataclass

from actors.environment_names import NamedEnvironment
from actors.environments import environment_named
from actors.tokens import Actor, Tokens, is_token
from service_kit.credentials import Headers, bearer_in
from service_kit.problems import Problem, TooManyRequests, Unavailable
from starlette.types import Scope

from event_ingestor.authentication.authenticator import Authenticator, Caller, EnvironmentKeys
from event_ingestor.intake import Intake, address_of
from event_ingestor.other_workers import OtherWorkers

SERVICE = "events"
"""As an audience of access tokens."""
Onlooker = Caller | Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Onlookers:
    """Knows who looks on. A key needs no more; others name the environment. `workers`: what arrives at the others."""

    authenticator: Authenticator
    tokens: Tokens
    intake: Intake
    workers: OtherWorkers

    def admit(self, scope: Scope) -> Onlooker:
        """Who sends a request that is within the limits. Raises Unauthorized, Forbidden, TooManyRequests, Unavailable
        while not all is known yet."""
        if _token_in(scope["headers"]) is None:
            return self.intake.admit(scope)
        limits = self.intake.limits
        try:
            limits.count_address(address_of(scope))
            actor = self._identify(scope["headers"])
            if isinstance(actor, Actor):
                limits.count_actor(actor)
        except TooManyRequests as error:
            self.intake.telemetry.limited.labels(error.limit).inc()
            raise
        return actor

    def environment(self, onlooker: Onlooker, where: NamedEnvironment) -> EnvironmentKeys:
        """What they look at. Raises NotFound, Forbidden, BadRequest."""
        if isinstance(onlooker, Actor):
            seen = [each for each in self.authenticator.environments if each.id in onlooker.environments]
            found = environment_named(seen, *where.whole)
            onlooker.require("exposures:read", found)
            return found
        onlooker.require_server_key()
        if where == NamedEnvironment():
            return onlooker.environment
        return environment_named([onlooker.environment], *where.whole)

    def may_stay(self, headers: Headers, environment: EnvironmentKeys) -> bool:
        """Whether whoever was let in with these headers would be let in now."""
        where = NamedEnvironment(environment.project_id, environment.id)
        try:
            self.environment(self._identify(headers), where)
        except Problem:
            return False
        return True

    def _identify(self, headers: Headers) -> Onlooker:
        token = _token_in(headers)
        if token is None:
            return self.intake.caller(headers)
        if not self.authenticator.complete:
            raise Unavailable("who may look on has not been read yet", code="keys_unknown")
        return self.tokens.actor(token)


def _token_in(headers: Headers) -> str | None:
    found = bearer_in(headers)
    return found.decode("latin-1") if found is not None and is_token(found) else None
