"""What a client takes, and what it refuses at once."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from feature_flag_platform import FeatureFlagClient, Options
from feature_flag_platform.options import ClientOptions

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "sdks.md"
EDGE = "http://edge.example"


def test_a_client_takes_the_options_that_there_are_with_their_types() -> None:
    names = {each.name for each in fields(Options) if each.init} - {"env_key", "endpoint"}
    assert ClientOptions.__annotations__.keys() == names
    options = get_type_hints(Options)
    assert get_type_hints(ClientOptions) == {name: options[name] for name in names}
    assert list(inspect.signature(FeatureFlagClient).parameters) == ["env_key", "endpoint", "options"]


def test_the_document_names_each_option() -> None:
    table = DOCUMENT.read_text().partition("## The client")[2].partition("| method |")[0]
    told = set(re.findall(r"`([a-z_]+)`", table))
    for_tests = {"silence", "retry_first", "usage_interval"}
    assert {each.name for each in fields(Options) if each.init} - for_tests <= told


@pytest.mark.parametrize("end", ["", "/", "//", " "], ids=["plain", "slash", "slashes", "blank"])
def test_the_end_of_an_address_is_harmless(end: str) -> None:
    assert Options(env_key="k", endpoint=f"{EDGE}/at{end}").endpoints == (f"{EDGE}/at",)


REFUSED: dict[str, dict[str, Any]] = {
    "no-key": {"env_key": " "},
    "key-of-two-lines": {"env_key": "a\nb"},
    "no-endpoint": {"endpoint": []},
    "no-address": {"endpoint": "edge.example:8081"},
    "no-events-address": {"events_endpoint": "ingestor"},
    "polling": {"polling": "often"},
    "exposures": {"exposures": "sometimes"},
    "queue": {"queue_size": 0},
    "wait": {"start_wait": -1},
    "private": {"private_attributes": "email"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_by_its_name(case: str) -> None:
    given = {"env_key": "srv_secret", "endpoint": EDGE} | REFUSED[case]
    with pytest.raises(ValueError, match=next(iter(REFUSED[case]))):
        Options(**given)


def test_an_option_that_is_unknown_is_refused() -> None:
    with pytest.raises(TypeError, match="sync_interval"):
        FeatureFlagClient("k", EDGE, sync_interval=3)  # type: ignore[call-arg]


def test_what_is_shown_of_options_opens_nothing() -> None:
    assert "srv_secret" not in repr(Options(env_key="srv_secret", endpoint=EDGE, hash_keys_with="pepper"))
