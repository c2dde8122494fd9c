"""Every domain write ends here: versions, one audit entry and the outbox rows, in the write's own transaction."""

from control_plane.changes.audited import Audited
from control_plane.changes.models import Author, Change, Origin
from control_plane.changes.recorder import present_origin, record, record_asking, record_together
from control_plane.changes.schemas import AuditedView
from control_plane.changes.written import Written, collected

__all__ = [
    "Audited",
    "AuditedView",
    "Author",
    "Change",
    "Origin",
    "Written",
    "collected",
    "present_origin",
    "record",
    "record_asking",
    "record_together",
]
