"""A message of EVENTS is a batch of the environment that its subject names, or none."""

from __future__ import annotations

import pytest
from analytics.loading.batches import read_batch
from google.protobuf.message import DecodeError
from messages.generated.event_pb2 import EventBatch
from messages.subjects import events_subject

BATCH = EventBatch(batch_id="b", environment_id="e1", exposure_count=3)


def test_a_batch_is_read_as_it_was_written() -> None:
    assert read_batch(events_subject("e1"), BATCH.SerializeToString()) == BATCH


@pytest.mark.parametrize(
    ("subject", "payload"),
    [
        pytest.param(events_subject("e1"), b"\xff\xff", id="torn"),
        pytest.param(events_subject("e2"), BATCH.SerializeToString(), id="another environment"),
        pytest.param(events_subject("e1"), b"", id="empty"),
    ],
)
def test_anything_else_is_none(subject: str, payload: bytes) -> None:
    with pytest.raises(DecodeError):
        read_batch(subject, payload)
