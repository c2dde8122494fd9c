"""The answer to whoever has signed in: a cookie for a browser, tokens for a program."""

from __future__ import annotations

from fastapi import Request, Response
from service_kit.actor_limits import ActorLimits

from control_plane.people.browsers import Browsers
from control_plane.people.schemas import TokenView
from control_plane.people.session_terms import Session, SessionTerms
from control_plane.people.sessions import NewSession


class SigningIn:
    """Of every way to sign in."""

    def __init__(self, browsers: Browsers, terms: SessionTerms, limits: ActorLimits | None = None) -> None:
        self.browsers = browsers
        self._limits = limits
        self._seconds = round(terms.token.total_seconds())

    def admit(self, request: Request) -> None:
        """Anybody, by their address. Raises `TooManyRequests`."""
        if self._limits is not None:
            self._limits.admit_address(request)

    def answer(self, request: Request, response: Response, new: NewSession) -> TokenView:
        """A browser gets a refresh token of no kind: its cookie is what it has."""
        response.headers["Cache-Control"] = "no-store"
        is_browser = new.session.kind == "cookie"
        if is_browser:
            self.browsers.give(request, response, new.secret, new.expires_at)
        return TokenView(
            access_token=new.access_token,
            expires_in=self._seconds,
            refresh_token=None if is_browser else new.secret,
        )


def session_of(request: Request) -> Session | None:
    """The session that a request belongs to; None of a program's token, and of a person's that names none."""
    found: Session | None = getattr(request.state, "session", None)
    return found
