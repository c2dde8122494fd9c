"""The page of a sign-in that did not come about: it says why, and holds nothing that somebody else has sent."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from fastapi import Request, Response
from service_kit.problems import Problem, problem_response

from control_plane.people.single_sign_on.errors import REASONS, SignInFailed

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}"
    "code{background:#8882;padding:.1em .3em;border-radius:.2em}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STATUSES = {"no_provider": 404, "bad_target": 400, "not_begun_here": 400, "wrong_state": 400, "bad_answer": 400}
_STATUSES |= {"provider_unreachable": 502}
_OTHERWISE = 403


def failure_page(request: Request, error: SignInFailed) -> Response:
    """For people, who are there with a browser; a problem for programs."""
    status = _STATUSES.get(error.code, _OTHERWISE)
    if "text/html" not in request.headers.get("accept", ""):
        problem = Problem(REASONS[error.code], code=error.code, headers={"Cache-Control": "no-store"})
        return problem_response(problem, status=status)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Not signed in</title><style>{_STYLE}</style>'
        f"<h1>Not signed in</h1><p>{escape(REASONS[error.code])}</p>"
        f"<p>For your administrator: <code>{escape(error.code)}</code></p>"
    )
    return Response(page, status, headers=_HEADERS, media_type="text/html; charset=utf-8")
