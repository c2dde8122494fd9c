"""Subjects are reversible and valid for any key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages.subjects import ENTITY_KINDS, ConfigSubject, config_subject, manifest_subject, parse_config_subject

KEYS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,30}", fullmatch=True)


@given(KEYS, st.sampled_from(ENTITY_KINDS))
def test_a_subject_is_read_back_and_has_no_empty_token(key: str, kind: str) -> None:
    subject = config_subject("e1", kind, key)
    assert parse_config_subject(subject) == ConfigSubject("e1", kind, key)
    assert all(subject.split("."))
    assert len(subject.split(".")) == 4


def test_the_manifest_is_recognised() -> None:
    assert parse_config_subject(manifest_subject("e1")).is_manifest


@pytest.mark.parametrize("subject", ["", "config", "events.e1", "config.e1.flag", "config.e1.unknown.a", "config.e1.a"])
def test_anything_else_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="not a subject"):
        parse_config_subject(subject)


def test_an_unknown_kind_has_no_subject() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        config_subject("e1", "flagg", "a")
