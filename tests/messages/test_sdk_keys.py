"""A key opens its environment until it expires or is gone; odd ones open nothing."""

from __future__ import annotations

import hashlib
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages.generated import config_pb2 as pb
from messages.sdk_keys import KeyKind, KeyRing, SdkKey, key_hash, sdk_key_to_wire, sdk_keys_of

NOW = 1_000_000


def wire(text: str, kind: pb.SdkKeyKind = pb.SDK_KEY_KIND_SERVER, expires_at: int = 0) -> pb.SdkKey:
    return pb.SdkKey(id=f"id-{text}", kind=kind, sha256=hashlib.sha256(text.encode()).digest(), expires_at=expires_at)


def ring(**environments: list[pb.SdkKey]) -> KeyRing:
    made = KeyRing()
    for environment_id, keys in environments.items():
        made.put(environment_id, sdk_keys_of(environment_id, pb.Environment(sdk_keys=keys)))
    return made


def test_a_key_opens_its_environment() -> None:
    keys = ring(e1=[wire("server"), wire("client", pb.SDK_KEY_KIND_CLIENT)], e2=[wire("other")])
    found = [keys.find(text, NOW) for text in (b"server", b"client", b"other")]
    assert [(key.environment_id, key.id, key.kind) if key else None for key in found] == [
        ("e1", "id-server", KeyKind.SERVER),
        ("e1", "id-client", KeyKind.CLIENT),
        ("e2", "id-other", KeyKind.SERVER),
    ]


@pytest.mark.parametrize("presented", [b"", b"Server", b"server ", b"\xff\xfe", hashlib.sha256(b"server").digest()])
def test_anything_else_opens_nothing(presented: bytes) -> None:
    assert ring(e1=[wire("server")]).find(presented, NOW) is None


def test_a_key_is_good_until_its_end() -> None:
    keys = ring(e1=[wire("ending", expires_at=NOW)])
    assert [keys.find(b"ending", moment) is not None for moment in (NOW - 1, NOW, NOW + 1)] == [True, False, False]
    assert [keys.find_hash(key_hash(b"ending"), moment) is not None for moment in (NOW - 1, NOW)] == [True, False]


def test_new_keys_take_the_place_of_the_old_ones() -> None:
    def opened(*texts: bytes) -> list[bytes]:
        return [text for text in texts if keys.find(text, NOW) is not None]

    keys = ring(e1=[wire("old"), wire("kept")], e2=[wire("other")])
    keys.put("e1", sdk_keys_of("e1", pb.Environment(sdk_keys=[wire("kept"), wire("new")])))
    assert opened(b"old", b"kept", b"new", b"other") == [b"kept", b"new", b"other"]
    keys.put("e1", ())
    keys.put("unknown", ())
    assert opened(b"old", b"kept", b"new", b"other") == [b"other"]


def test_odd_keys_open_nothing() -> None:
    short = wire("short")
    short.sha256 = short.sha256[:31]
    keys = [wire("none", pb.SDK_KEY_KIND_UNSPECIFIED), wire("newer", cast("pb.SdkKeyKind", 99)), short, wire("good")]
    assert [key.id for key in sdk_keys_of("e1", pb.Environment(sdk_keys=keys))] == ["id-good"]


SHA256 = st.binary(min_size=32, max_size=32)
TEXT = st.text(st.characters(codec="utf-8"))


@given(st.builds(SdkKey, st.just("e1"), TEXT, st.sampled_from(KeyKind), SHA256, st.integers(0, 2**62)))
def test_a_key_comes_back_as_it_was_written(key: SdkKey) -> None:
    written = pb.Environment(sdk_keys=[sdk_key_to_wire(key)]).SerializeToString()
    assert sdk_keys_of("e1", pb.Environment.FromString(written)) == (key,)
