"""What keeps a running experiment from getting exposures, by what is published of its environment now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bucketing.flagset import Flag
from messages.sdk_keys import SdkKey


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`total`: nobody can be exposed. Else exposures come only from applications that send them."""

    finding: str
    action: str
    total: bool = True


def obstacle(flag: Flag | None, keys: Iterable[SdkKey], now: int) -> Obstacle | None:
    """The first that has to go; None when exposures can arrive, or when the flag can't be read here."""
    in_force = [key for key in keys if key.valid_at(now)]
    if flag is None:
        return None
    if flag.archived or not flag.enabled:
        return Obstacle(f"the flag `{flag.key}` is {'archived' if flag.archived else 'off'}", "Switch the flag on.")
    if not in_force:
        return Obstacle("no SDK key is in force, so nobody can ask for the flag", "Create an SDK key.")
    if not flag.client_visible and all(key.is_client for key in in_force):
        return Obstacle(
            f"the flag `{flag.key}` is hidden from client keys, and the environment has no others",
            "Make the flag client-visible, or create a server key.",
        )
    if not flag.report_exposures:
        return Obstacle(
            f"edges don't report exposures of `{flag.key}`",
            "Set report_exposures, or let the application send exposures.",
            total=False,
        )
    return None
