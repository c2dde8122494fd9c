"""A version that is told before the stream has it is taken whole or not at all, and known when it is delivered."""

from __future__ import annotations

import pytest
from messages.generated.config_pb2 import ConfigMessage, Manifest
from messages.staging import ConfigStaging, Rejected, Update
from messages.subjects import config_stream, config_subject, manifest_subject, told_subject
from messages.told_versions import read_told, told_payload
from streams.memory import MemoryBus

from tests.environment_writer import Messages
from tests.messages.config_writer import ENVIRONMENT, Writer
from tests.messages.followed import Clock, Followed
from tests.waiting import until


def told(messages: Messages) -> bytes:
    *entries, (_, manifest) = messages
    return told_payload(dict(entries), manifest, "")


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def staging(writer: Writer) -> ConfigStaging:
    made = ConfigStaging(keeps_entries=True)
    for subject, payload in writer.write(a=True, b=True):
        made.accept(subject, payload)
    return made


def flags(staging: ConfigStaging) -> dict[str, bytes]:
    entries = staging.entries(ENVIRONMENT)
    return {subject.split(".")[3]: ConfigMessage.FromString(each).flag for subject, each in entries.items()}


def test_a_told_version_is_a_version(writer: Writer, staging: ConfigStaging) -> None:
    answer = staging.accept_told(read_told(told(writer.write(a=False, b=None, c=True))))
    assert isinstance(answer, Update)
    assert (answer.version, answer.complete) == (2, False)
    assert flags(staging) == {"a": b"off", "c": b"on"}


def test_what_was_told_changes_nothing_when_it_is_told_again_or_delivered(
    writer: Writer, staging: ConfigStaging
) -> None:
    version = writer.write(a=False)
    staging.accept_told(read_told(told(version)))
    assert staging.accept_told(read_told(told(version))) is None
    assert [staging.accept(*each) for each in version] == [None, None]
    assert flags(staging) == {"a": b"off", "b": b"on"}


def test_a_version_that_follows_another_state_leaves_nothing_behind(writer: Writer, staging: ConfigStaging) -> None:
    missed = writer.write(b=False)
    answer = staging.accept_told(read_told(told(writer.write(a=False, c=True))))
    assert isinstance(answer, Rejected)
    assert answer.reason == "told_unfitting"
    assert flags(staging) == {"a": b"on", "b": b"on"}
    *_, update = [staging.accept(*each) for each in missed]
    assert isinstance(update, Update)
    assert set(update.changed) == {config_subject(ENVIRONMENT, "flag", "b")}


def test_what_was_staged_counts_for_a_told_version(writer: Writer, staging: ConfigStaging) -> None:
    *stored, manifest = writer.write(a=False, b=False)
    staging.accept(*stored[0])
    answer = staging.accept_told(read_told(told([stored[1], manifest])))
    assert isinstance(answer, Update)
    assert flags(staging) == {"a": b"off", "b": b"off"}


def test_older_ones_are_not_taken(writer: Writer, staging: ConfigStaging) -> None:
    old, newer = writer.write(a=False), writer.write(b=False)
    for each in (*old, *newer):
        staging.accept(*each)
    assert staging.accept_told(read_told(told(old))) is None
    writer.epoch += 1
    for each in writer.write(b=True):
        staging.accept(*each)
    writer.epoch -= 1
    answer = staging.accept_told(read_told(told(writer.write(a=True))))
    assert isinstance(answer, Rejected)
    assert answer.reason == "old_epoch"
    assert flags(staging) == {"a": b"off", "b": b"on"}


def test_nothing_is_told_to_who_holds_nothing(writer: Writer) -> None:
    staging = ConfigStaging()
    assert staging.accept_told(read_told(told(writer.write(a=True)))) is None
    staging = ConfigStaging()
    for each in writer.write(b=True):
        staging.accept(*each)
    staging.reset(ENVIRONMENT)
    assert staging.accept_told(read_told(told(writer.write(a=True)))) is None


def test_what_cannot_be_told(writer: Writer) -> None:
    *_, (_, manifest) = writer.write(a=True)
    entry = ConfigMessage(environment_id=ENVIRONMENT, version=1, flag=b"on").SerializeToString()
    other = ConfigMessage(environment_id="e2", version=1, manifest=Manifest()).SerializeToString()
    for payload in (
        b"\xff",
        told_payload({}, entry, ""),
        told_payload({"config": entry}, manifest, ""),
        told_payload({config_subject("e2", "flag", "a"): entry}, manifest, ""),
        told_payload({manifest_subject("e2"): other}, manifest, ""),
    ):
        with pytest.raises(ValueError, match=r"manifest|holds|not a|parsing|config"):
            read_told(payload)


async def test_a_follower_takes_what_it_is_told(writer: Writer) -> None:
    bus, clock = MemoryBus(), Clock()
    await bus.ensure_stream(config_stream())
    await writer.publish(bus, a=True)
    followed = Followed(bus, clock)
    await until(lambda: followed.flags.ready)

    async def heard() -> bool:
        await bus.tell(told_subject(ENVIRONMENT), b"\xff")
        await bus.tell(told_subject(ENVIRONMENT), version)
        return followed.flags.versions[ENVIRONMENT] == 2

    written = writer.write(a=False)
    version = told(written)
    await until(heard)
    assert followed.flags.environments == {ENVIRONMENT: {"a": False}}
    for subject, payload in written:
        await bus.publish(subject, payload)
    await writer.publish(bus, b=True)
    await until(lambda: followed.flags.versions[ENVIRONMENT] == 3)
    assert followed.flags.applied == [(ENVIRONMENT, 1), (ENVIRONMENT, 2), (ENVIRONMENT, 3)]
    await followed.stop()


async def test_a_follower_that_is_ahead_reads_nothing_older_and_goes_on_hearing(writer: Writer) -> None:
    bus, clock = MemoryBus(), Clock()
    await bus.ensure_stream(config_stream())
    await writer.publish(bus, a=True)
    followed = Followed(bus, clock)
    await until(lambda: followed.flags.ready)
    for version, enabled in ((2, False), (3, True)):
        payload = told(writer.write(a=enabled))

        async def heard(payload: bytes = payload, version: int = version) -> bool:
            await bus.tell(told_subject(ENVIRONMENT), payload)
            return followed.flags.versions[ENVIRONMENT] == version

        await until(heard)
        for _ in range(3):
            clock.seconds += 60
            await followed.follower.check(bus)
    assert followed.heard.rereads == 0
    assert followed.flags.environments == {ENVIRONMENT: {"a": True}}
    await followed.stop()
