"""Types of events read like what happened; filters name them, all of a noun, or all."""

from __future__ import annotations

import pytest
from control_plane.webhooks.events import EVENT_TYPES, event_type, fits, is_pattern


@pytest.mark.parametrize(
    ("entity", "action", "found"),
    [
        ("flag", "update", "flag.updated"),
        ("flag", "create", "flag.created"),
        ("flag_settings", "copy", "flag_settings.copied"),
        ("experiment", "stop", "experiment.stopped"),
        ("export", "run", "export.run"),
        ("webhook", "resend", "webhook.resent"),
        ("user", "sign_in", "user.signed_in"),
        ("user", "fail_sign_in", "user.sign_in_failed"),
        ("user", "reset_password", "user.password_reset"),
        ("user_data", "fail_erase", "user_data.erase_failed"),
        ("publication", "remove_from_the_stream", "publication.removed_from_the_stream"),
    ],
)
def test_a_type_is_a_noun_and_a_verb_in_the_past(entity: str, action: str, found: str) -> None:
    assert event_type(entity, action) == found


def test_what_may_be_named() -> None:
    assert all(map(is_pattern, EVENT_TYPES))
    assert all(map(is_pattern, ("*", "flag.*", "user.*")))
    assert not any(map(is_pattern, ("", "flag", "flag.", "flag.update", ".*", "flags.*", "*.updated", "flag.*.x")))


def test_what_fits() -> None:
    for patterns in (["*"], ["flag.*"], ["segment.*", "flag.updated"]):
        assert fits("flag.updated", patterns)
    for patterns in (["flag.created"], ["flag_settings.*"], ["segment.*"]):
        assert not fits("flag.updated", patterns)
    assert fits("a_later_noun.made", ["*"])
