"""A batch that is stored as spans: it goes on in the traces of the requests that its events came by."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from service_kit.traces import Attributes, current_traceparent, span, together, traced

from analytics.loading.batches import LoadBatch

_NAME = "events insert"


@contextmanager
def inserting(batch: LoadBatch) -> Iterator[None]:
    """One span with all that is done to store it, in the trace of the first message; each further trace gets one that
    took as long, up to so many as a span links, and the two name each other."""
    parent, others = together(message.trace for message in batch.messages) if traced() else ("", [])
    if not parent:
        yield
        return
    attributes: Attributes = {"messaging.system": "nats", "messaging.batch.message_count": len(batch.messages)}
    begun_at = time.time_ns()
    with span(_NAME, kind="consumer", parent=parent, links=others, attributes=attributes):
        insert = current_traceparent()
        yield
    for each in others:
        with span(_NAME, kind="consumer", parent=each, links=[insert], attributes=attributes, begun_at=begun_at):
            pass
