"""Entries become visible only as whole versions whose digest fits."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages.generated import config_pb2 as pb
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import config_subject, manifest_subject

from tests.messages.config_writer import ENVIRONMENT, Writer


def feed(staging: ConfigStaging, messages: list[tuple[str, bytes]]) -> list[object]:
    return [answer for subject, payload in messages if (answer := staging.accept(subject, payload)) is not None]


def keys(update: object) -> dict[str, bool | None]:
    assert isinstance(update, Update)
    return {
        subject.split(".")[3]: None if message is None else message.flag == b"on"
        for subject, message in update.changed.items()
    }


def test_a_version_is_seen_whole() -> None:
    writer, staging = Writer(), ConfigStaging()
    *entries, manifest = writer.write(a=True, b=False)
    assert feed(staging, entries) == []
    (update,) = feed(staging, [manifest])
    assert isinstance(update, Update)
    assert (update.complete, update.version, keys(update)) == (True, 1, {"a": True, "b": False})
    (update,) = feed(staging, writer.write(a=None, c=True))
    assert isinstance(update, Update)
    assert (update.complete, update.version, keys(update)) == (False, 2, {"a": None, "c": True})


def test_a_lost_entry_is_noticed_and_healed_by_reading_anew() -> None:
    writer, staging = Writer(), ConfigStaging()
    feed(staging, writer.write(a=True))
    _lost, manifest = writer.write(b=True)
    (mismatch,) = feed(staging, [manifest])
    assert isinstance(mismatch, Mismatch)
    assert staging.version(ENVIRONMENT) == 1
    staging.reset(ENVIRONMENT)
    (update,) = feed(staging, [*writer.entries.items(), manifest])
    assert isinstance(update, Update)
    assert (update.complete, update.version, keys(update)) == (True, 2, {"a": True, "b": True})


def test_an_older_term_or_version_never_replaces_what_is_held() -> None:
    writer, staging = Writer(), ConfigStaging()
    old = writer.write(a=True)
    writer.epoch = 2
    feed(staging, writer.write(a=False))
    answers = feed(staging, old)
    assert [answer.reason for answer in answers if isinstance(answer, Rejected)] == ["old_epoch", "old_epoch"]
    assert staging.version(ENVIRONMENT) == 2


def test_a_manifest_repeated_changes_nothing() -> None:
    writer, staging = Writer(), ConfigStaging()
    feed(staging, writer.write(a=True))
    assert feed(staging, [writer.manifest()]) == []


def test_an_undecodable_entry_is_part_of_the_state_and_named() -> None:
    writer, staging = Writer(), ConfigStaging()
    *entries, _ = writer.write(a=True)
    subject = config_subject(ENVIRONMENT, "flag", "torn")
    writer.hold(subject, b"\xff\xff\xff")
    answers = feed(staging, [*entries, (subject, b"\xff\xff\xff"), writer.manifest()])
    assert isinstance(answers[0], Rejected)
    assert isinstance(answers[1], Update)
    assert list(answers[1].undecodable) == [subject]
    assert keys(answers[1]) == {"a": True}


def test_an_entry_on_a_foreign_subject_is_refused() -> None:
    staging = ConfigStaging()
    message = pb.ConfigMessage(environment_id="other", flag=b"on").SerializeToString()
    (answer,) = feed(staging, [(config_subject(ENVIRONMENT, "flag", "a"), message)])
    assert isinstance(answer, Rejected)
    assert "other" in answer.detail


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_it_raise(payload: bytes, subject: str) -> None:
    staging = ConfigStaging()
    for each in (subject, config_subject(ENVIRONMENT, "flag", "a"), manifest_subject(ENVIRONMENT)):
        staging.accept(each, payload)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_lost_or_repeated_it_holds_a_written_state(seed: int) -> None:
    """Random writes with losses, repeats and re-reads: each update leaves exactly the state of its version."""
    chance = random.Random(seed)
    writer, staging = Writer(), ConfigStaging(keeps_entries=True)
    states: dict[int, dict[str, bytes]] = {}
    for _ in range(30):
        flags = {f"f{chance.randrange(5)}": chance.choice([True, False, None]) for _ in range(chance.randrange(1, 4))}
        messages = writer.write(**flags)
        states[writer.version] = dict(writer.entries)
        for message in messages:
            if chance.random() < 0.1:
                continue
            for _ in range(1 + (chance.random() < 0.2)):
                answer = staging.accept(*message)
                if isinstance(answer, Mismatch):
                    staging.reset(ENVIRONMENT)
                    for entry in [*writer.entries.items(), writer.manifest()]:
                        staging.accept(*entry)
        if (version := staging.version(ENVIRONMENT)) > 0:
            assert dict(staging.entries(ENVIRONMENT)) == states[version]
    staging.reset(ENVIRONMENT)
    feed(staging, [*writer.entries.items(), writer.manifest()])
    assert dict(staging.entries(ENVIRONMENT)) == writer.entries


def environment_entry(writer: Writer) -> tuple[str, bytes]:
    return writer.entity("environment", "production", environment=pb.Environment(key="production"))


def test_the_messages_themselves_are_kept_for_who_asks() -> None:
    writer, staging = Writer(), ConfigStaging()
    (update,) = feed(staging, writer.write(a=True))
    assert isinstance(update, Update)
    assert dict(staging.entries(ENVIRONMENT)) == {}
    (update,) = feed(staging, writer.write(a=None, b=True))
    assert isinstance(update, Update)


@pytest.mark.parametrize("keeps_entries", [True, False])
def test_a_whole_state_without_its_environment_is_refused(keeps_entries: bool) -> None:
    writer, staging = Writer(), ConfigStaging(keeps_entries=keeps_entries)
    feed(staging, [environment_entry(writer), *writer.write(a=True)])
    foreign = Writer()
    foreign.version = 7
    staging.reset(ENVIRONMENT)
    (refused,) = feed(staging, foreign.write(b=True))
    assert isinstance(refused, Rejected)
    assert refused.reason == "no_environment"
    assert (staging.version(ENVIRONMENT), len(staging.entries(ENVIRONMENT))) == (1, 2 if keeps_entries else 0)


def test_a_tombstone_of_the_environment_is_told_in_a_whole_state_too() -> None:
    writer, staging = Writer(), ConfigStaging()
    feed(staging, [environment_entry(writer), *writer.write(a=True)])
    staging.reset(ENVIRONMENT)
    gone = writer.gone("environment", "production")
    (update,) = feed(staging, [gone, *writer.write(a=None)])
    assert isinstance(update, Update)
    assert (update.complete, update.changed[gone[0]]) == (True, None)
