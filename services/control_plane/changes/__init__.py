"""Every domain write ends here: versions, one audit entry and the outbox rows, in the write's own transaction."""

from control_plane.changes.audited import Audited
from control_plane.changes.models import Author, Change, Origin
from control_plane.changes.recorder import (
    Asked,
    Begun,
    begin_record,
    present_origin,
    record,
    record_begun,
    record_together,
)
from control_plane.changes.schemas import AuditedView
from control_plane.changes.written import Written, collected, forget_written

__all__ = [
    "Asked",
    "Audited",
    "AuditedView",
    "Author",
    "Begun",
    "Change",
    "Origin",
    "Written",
    "begin_record",
    "collected",
    "forget_written",
    "present_origin",
    "record",
    "record_begun",
    "record_together",
]
