"""Changes are told by answers: never by versions or ages, and of a user only what this user is served."""

from __future__ import annotations

from typing import Any

import pytest
from edge_script.process import ScriptedEdge
from feature_flag_platform import Change

from tests.sdks.python.documents import EVERYTHING, assigned, boolean, document
from tests.sdks.python.running_client import client_of
from tests.waiting import until_blocking

NORWEGIANS = {"if": {"attribute": "country", "operator": "eq", "value": "NO"}}
FLAGS = {
    "plain": boolean(),
    "needs": boolean(prerequisites=[{"flag": "plain", "variation": "on"}]),
    "segmented": boolean(rules=[{"if": {"segment": "outer"}, "then": {"variation": "off"}}]),
    "tested": boolean(),
    "quiet": boolean(),
}
SEGMENTS = {"outer": {"if": {"segment": "inner"}}, "inner": {"included": ["bob"]}}
BEFORE = document(flags=FLAGS, segments=SEGMENTS)

CHANGES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "flag-and-its-dependant": ({"flags": FLAGS | {"plain": boolean(enabled=False)}}, {"plain", "needs"}),
    "segment-behind-a-segment": ({"segments": SEGMENTS | {"inner": {"included": ["ann"]}}}, {"segmented"}),
    "experiment": (
        {"experiments": {"e": assigned("tested", "on")}},
        {"tested"},
    ),
    "new-flag": ({"flags": FLAGS | {"new": boolean()}}, {"new"}),
    "flag-that-is-gone": ({"flags": {key: FLAGS[key] for key in FLAGS if key != "quiet"}}, {"quiet"}),
    "remote-config": ({"remote_configs": {"page": {"value": {"a": 1}}}}, {"page"}),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_listener_of_nobody_hears_of_the_flags_that_may_answer_otherwise(edge: ScriptedEdge, case: str) -> None:
    tables, expected = CHANGES[case]
    edge.put("document", BEFORE | {"version": 2})
    told: list[Change] = []
    with client_of(edge) as client:
        client.on_change(told.append)
        edge.put("document", BEFORE | tables | {"version": 3})
        until_blocking(lambda: told)
    assert told == [Change(tuple(sorted(expected)))]


def test_notes_and_versions_change_nothing(edge: ScriptedEdge) -> None:
    edge.put("document", BEFORE | {"version": 2})
    told: list[Change] = []
    with client_of(edge) as client:
        client.on_change(told.append)
        noted = boolean(description="new words", metadata={"owner": "me"}, version=3)
        edge.put("document", BEFORE | {"version": 3, "flags": FLAGS | {"quiet": noted}})
        until_blocking(lambda: client.detail("quiet", "u").metadata.get("owner") == "me")
        edge.put("document", BEFORE | {"version": 4, "flags": FLAGS | {"last": boolean()}})
        until_blocking(lambda: told)
    assert told == [Change(("last",))]


def test_a_listener_of_a_user_hears_of_this_users_answers(edge: ScriptedEdge) -> None:
    of_ann: list[Change] = []
    of_bob: list[Change] = []
    of_flag: list[Change] = []
    with client_of(edge) as client:
        client.on_change(of_ann.append, user={"key": "ann", "attributes": {"country": "NO"}})
        client.on_change(of_bob.append, user="bob")
        client.on_change(of_flag.append, "ruled", "bob")
        ruled = boolean(rules=[NORWEGIANS | {"then": {"variation": "off"}}], default={"variation": "off"})
        edge.put("document", EVERYTHING | {"version": 2, "flags": EVERYTHING["flags"] | {"ruled": ruled}})
        until_blocking(lambda: of_ann)
        assert client.status().version == 2
    (change,) = of_ann
    assert change.flags == ("ruled",)
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value, change.after.value) == (True, False)
    assert (of_bob, of_flag) == ([], [])


def test_a_listener_of_a_flag_hears_of_that_one(edge: ScriptedEdge) -> None:
    told: list[Change] = []
    with client_of(edge) as client:
        end = client.on_change(told.append, "plain")
        client.on_change(lambda _: 1 / 0)
        edge.put("document", EVERYTHING | {"version": 2, "flags": EVERYTHING["flags"] | {"off": boolean()}})
        until_blocking(lambda: client.is_enabled("off", "u"))
        assert told == []
        edge.put("document", EVERYTHING | {"version": 3, "flags": {}})
        until_blocking(lambda: told)
        assert told == [Change(("plain",))]
        end()
        edge.put("document", EVERYTHING | {"version": 4})
        until_blocking(lambda: client.status().version == 4)
        assert told == [Change(("plain",))]


def test_what_time_changes_is_told_to_who_named_a_user(edge: ScriptedEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.put("settings", {"heartbeat": 0.02})
    later = 2_000_000_000_000
    timed = boolean(targets=[{"key": "ann", "variation": "off", "expires_at": later}])
    edge.put("document", document(version=2, flags={"timed": timed}))
    told: list[Change] = []
    with client_of(edge) as client:
        client.on_change(told.append, "timed", "ann")
        monkeypatch.setattr("feature_flag_platform.client._now", lambda: later)
        until_blocking(lambda: told)
    (change,) = told
    assert change.after is not None
    assert (change.after.value, change.after.reason) == (True, "STATIC")
