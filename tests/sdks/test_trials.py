"""Every SDK keeps what docs/sdks.md promises: each promise is tried with each of them by `sdk_trials`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from sdk_trials.suite import run_all, trials
from sdk_trials.trial import Outcome

from tests.sdks.drivers import driver

pytestmark = pytest.mark.timeout(900)
KINDS = {"python": "server", "node": "server", "go": "server", "web": "client"}


def promises() -> Iterator[object]:
    for language, kind in KINDS.items():
        for one in trials(kind):
            yield pytest.param(language, one.name, id=f"{language}-{one.name}")


@cache
def outcomes(language: str) -> dict[str, Outcome]:
    """Of all trials, which run side by side, as most of a trial is waiting."""
    kind = KINDS[language]
    return {each.trial.name: each for each in run_all(trials(kind), driver(language), kind)}


@pytest.mark.parametrize(("language", "name"), list(promises()))
def test_a_promise_is_kept(language: str, name: str) -> None:
    outcome = outcomes(language)[name]
    assert outcome.fault == "", outcome.trial.promise


def test_each_trial_has_a_name_and_a_promise() -> None:
    every = trials("server") + trials("client")
    assert all(one.promise.endswith(".") for one in every)
    assert len({one.name for one in every}) == len({id(one.body) for one in every})
