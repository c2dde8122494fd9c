"""What the composition root hands to each feature's `build_router(context)`."""

from __future__ import annotations

from dataclasses import dataclass

from service_kit.clock import Clock

from control_plane.database import Database


@dataclass(frozen=True, slots=True)
class AppContext:
    database: Database
    clock: Clock
