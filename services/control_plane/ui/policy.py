"""What browsers are told of the pages: where anything may come from, and that no text becomes a script."""

from __future__ import annotations

from collections.abc import Mapping

REPORTS_PATH = "/api/v1/csp-reports"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"require-trusted-types-for 'script'; trusted-types default; report-uri {REPORTS_PATH}"
)
_SAME_ORIGIN = {"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}


class PagePolicy:
    """`hsts_seconds`: how long browsers come by TLS alone; 0: nothing is said."""

    def __init__(self, hsts_seconds: int = 0) -> None:
        self.always: Mapping[str, str] = (
            {"Strict-Transport-Security": f"max-age={hsts_seconds}"} if hsts_seconds else {}
        )

    def of_page(self, nonce: str) -> dict[str, str]:
        """Of a page that allows styles with this nonce. `nosniff` is of every answer."""
        policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
        return {**policy, **_SAME_ORIGIN, **self.always, "Cache-Control": "no-store"}
