"""The courier of one-time links: by mail to the person, or, where no mail is configured, by the hand of who asked."""

from __future__ import annotations

from dataclasses import dataclass

from service_kit.mail import Mailer

from control_plane.people.one_time_links import LIFETIMES, OneTimeLink, Purpose

_SUBJECTS: dict[Purpose, str] = {
    "invitation": "You are invited to Verdict",
    "password-reset": "Choose a new password for Verdict",
}
_TEXTS: dict[Purpose, str] = {
    "invitation": "{by} invites you to the organization {organization}. To join it, open this link:",
    "password-reset": "To choose a new password for Verdict, open this link:",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A link on its way. `base_url`: where the one who asked reaches this service."""

    link: OneTimeLink
    to: str
    base_url: str
    by: str = ""
    organization: str = ""


class Courier:
    """`public_url` is where people reach the control plane; empty: where the one who asked did."""

    def __init__(self, mailer: Mailer | None = None, public_url: str = "") -> None:
        self._mailer = mailer
        self._public_url = public_url

    @property
    def mails(self) -> bool:
        return self._mailer is not None

    async def hand_over(self, letter: Letter) -> str | None:
        """The link's address, when it is for the hand of who asked; None when it went out by mail. Raises
        `Unavailable`."""
        address = letter.link.address(self._public_url or letter.base_url)
        if self._mailer is None:
            return address
        purpose = letter.link.purpose
        hours = round(LIFETIMES[purpose].total_seconds() / 3600)
        words = _TEXTS[purpose].format(by=_one_line(letter.by), organization=_one_line(letter.organization))
        text = (
            f"{words}\n\n{address}\n\nIt can be used once, within {hours} hours. Ignore it if you did not expect it.\n"
        )
        await self._mailer.send(letter.to, _SUBJECTS[purpose], text)
        return None


def _one_line(name: str) -> str:
    """Whoever chooses a name writes no paragraphs of ours with it."""
    return " ".join(name.split())
