"""A process starts without an edge from what it was given or kept; no damaged or foreign file is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import Source, State
from feature_flag_platform.configuration.store import NAME

from tests.sdks.python.documents import EVERYTHING, boolean, document
from tests.sdks.python.running_client import client_of, offline
from tests.waiting import until_blocking

OFF = {"plain": boolean(enabled=False)}


@pytest.fixture
def folder(tmp_path: Path, edge: ScriptedEdge) -> Path:
    """A store in which a client has kept two versions; in the newer one `plain` is off."""
    with client_of(edge, store=tmp_path / "kept") as client:
        until_blocking((tmp_path / "kept" / NAME).exists)
        edge.put("document", EVERYTHING | {"version": 2, "flags": OFF})
        until_blocking(lambda: not client.is_enabled("plain", "u"))
    return tmp_path / "kept"


def reopened(edge: ScriptedEdge, folder: Path, **options: Any) -> tuple[Source, bool, str | None]:
    """What a client without an edge has from the store: from where, `plain`, and what it would go on from."""
    with client_of(edge, store=folder, offline=True, **options) as client:
        return client.status().source, client.is_enabled("plain", "u"), client._runtime.holder.stream_id


def test_the_last_configuration_is_kept_with_changes_of_the_stream(edge: ScriptedEdge, folder: Path) -> None:
    source, plain, stream_id = reopened(edge, folder)
    assert (source, plain) == (Source.STORE, False)
    assert stream_id is not None
    assert stream_id.startswith("2-")
    head, _, body = (folder / NAME).read_bytes().partition(b"\n")
    assert json.loads(head).keys() == {"format", "key_sha256", "etag", "stream_id", "sha256", "saved_at"}
    assert json.loads(body)["version"] == 2
    assert edge.server_key.encode() not in (folder / NAME).read_bytes()
    assert {path.name for path in folder.iterdir()} == {NAME, f"{NAME}.previous"}


def test_a_start_resumes_what_was_kept(edge: ScriptedEdge, folder: Path) -> None:
    edge.put("behaviour", {"config": "silent"})
    edge.post("reset")
    edge.put("port", {"state": "closed"})
    with client_of(edge, store=folder) as client:
        assert client.status().source is Source.STORE
        assert client.status().state is State.READY
        assert not client.is_enabled("plain", "u")


DAMAGES: dict[str, Any] = {
    "cut": lambda content: content[:-10],
    "empty": lambda _: b"",
    "changed": lambda content: content.replace(b'"off"', b'"on"'),
    "other-format": lambda content: content.replace(b'{"format": 1', b'{"format": 2', 1),
    "no-json": lambda _: b"\x00\xff\n{}",
    "no-head": lambda content: content.partition(b"\n")[2],
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_file_is_passed_over_for_the_one_before(edge: ScriptedEdge, folder: Path, case: str) -> None:
    path = folder / NAME
    path.write_bytes(DAMAGES[case](path.read_bytes()))
    assert reopened(edge, folder)[:2] == (Source.STORE, True)
    (folder / f"{NAME}.previous").unlink()
    assert reopened(edge, folder)[:2] == (Source.NONE, False)


def test_a_store_of_another_key_is_passed_over(edge: ScriptedEdge, folder: Path) -> None:
    assert reopened(edge, folder, env_key="srv_another")[0] is Source.NONE


def test_a_folder_that_cannot_be_written_is_warned_of(
    edge: ScriptedEdge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with client_of(edge, store=tmp_path / "file") as client:
        until_blocking(lambda: "can't be stored" in caplog.text)
        assert client.is_enabled("plain", "u")


def test_a_bootstrap_is_an_object_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(EVERYTHING))
    for given in (EVERYTHING, path, str(path)):
        client = offline(given)
        assert client.is_enabled("plain", "u")
        assert (client.status().source, client.status().state) == (Source.BOOTSTRAP, State.OFFLINE)
        assert client.ready(0)


UNUSABLE: dict[str, Any] = {
    "no-file": "/nowhere/config.json",
    "no-object": [1],
    "no-salt": {"flags": {}},
    "other-algorithm": {"salt": "s", "algorithm": "md5"},
    "later-schema": {"salt": "s", "schema_version": 2},
    "no-table": {"salt": "s", "flags": []},
    "no-json": {"salt": object()},
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_bootstrap_that_is_none_is_warned_of(case: str, caplog: pytest.LogCaptureFixture) -> None:
    client = offline(UNUSABLE[case])
    assert client.detail("plain", "u").error_code == "PROVIDER_NOT_READY"
    assert "the bootstrap can't be used" in caplog.text


def test_the_newer_of_bootstrap_and_store_is_held(edge: ScriptedEdge, folder: Path) -> None:
    assert reopened(edge, folder, bootstrap=document(flags={"plain": boolean()}, version=1))[0] is Source.STORE
    assert reopened(edge, folder, bootstrap=document(flags={"plain": boolean()}, version=3))[0] is Source.BOOTSTRAP
