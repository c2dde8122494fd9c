"""Every domain write ends here: versions, one audit entry and the outbox rows, in the write's own transaction."""

from control_plane.changes.models import Author, Change
from control_plane.changes.recorder import record

__all__ = ["Author", "Change", "record"]
