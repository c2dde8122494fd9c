"""What many documents repeat is one object in memory, and reads the same."""

from __future__ import annotations

import msgspec
from bucketing.document import flag_from_document
from bucketing.references import flag_references
from messages.documents import flag_document, flag_of
from messages.generated.config_pb2 import ConfigMessage

from tests.edge_evaluator.sample_flags import FLAGS


def read(key: str) -> tuple[ConfigMessage, bytes]:
    flag = next(each for each in FLAGS if each.key == key)
    document = flag_document(flag)
    return ConfigMessage(version=7, flag=document), document


def test_a_flag_reads_as_its_document_says() -> None:
    for each in FLAGS:
        message, document = read(each.key)
        assert flag_of(message) == flag_from_document({**msgspec.json.decode(document), "version": 7})


def test_flags_that_name_the_same_hold_the_same_texts() -> None:
    one, other = [flag_of(read("ruled")[0]) for _ in range(2)]
    conditions = [flag.rules[0].condition.conditions[0] for flag in (one, other)]  # type: ignore[union-attr]
    assert conditions[0].attribute is conditions[1].attribute  # type: ignore[union-attr]
    assert flag_references(one).segments is flag_references(other).segments
    assert flag_references(one).flags is flag_references(other).flags
