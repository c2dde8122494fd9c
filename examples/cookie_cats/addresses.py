"""Where the services listen and who may administer them: all that the replay is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Base addresses of the four services, and the first administrator. `origin`: of the gateway in front of them.
    `chat`: of a program that takes webhooks, where there is one."""

    control_plane: str
    edge: str
    ingestor: str
    analytics: str
    admin_email: str
    admin_password: str
    origin: str = ""
    chat: str = ""
