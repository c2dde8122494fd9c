"""Why a sign-in did not come about: a stable code for programs and the audit log, a sentence for the person."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "no_provider": "No organization here signs people of this address in with an identity provider.",
    "bad_target": "The address to return to must be a path of this site, such as /flags.",
    "provider_unreachable": "The identity provider can't be reached, or what it says of itself can't be used.",
    "not_begun_here": "This sign-in was not begun in this browser, or too long ago. Begin again.",
    "wrong_state": "The answer belongs to another sign-in of this browser. Begin again.",
    "wrong_issuer": "The answer comes from another identity provider than the one that was asked.",
    "refused_by_provider": "The identity provider signed nobody in.",
    "bad_answer": "The identity provider's answer is incomplete.",
    "bad_token": "What the identity provider says of you could not be verified.",
    "address_missing": "The identity provider does not tell your e-mail address, or one that can't be used here.",
    "address_unverified": "The identity provider does not vouch for your e-mail address (email_verified).",
    "address_outside": "Your e-mail address is not of a domain that this identity provider speaks for.",
    "linked_to_another": "The account of this address is linked to another person of the identity provider.",
    "administrator": "Administrators of the installation sign in with their password.",
    "not_a_member": "You are no member of the organization, and it takes in nobody at their first sign-in.",
    "deactivated": "Your membership in the organization is deactivated.",
    "no_room": "The organization has as many members as it may have.",
}


class SignInFailed(Exception):
    """Nobody was signed in. `detail` is for the audit log and the administrator: it holds nothing secret."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:300]

    @property
    def reason(self) -> str:
        return REASONS[self.code]
