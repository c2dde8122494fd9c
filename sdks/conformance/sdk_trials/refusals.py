"""A key that is refused is said so once, and asked with no more."""

from __future__ import annotations

from sdk_trials.driver import Driver
from sdk_trials.expect import equal, holds
from sdk_trials.trial import Bench, trial
from sdk_trials.waiting import until

_QUIET_SECONDS = 1.0


def _falls_silent(bench: Bench) -> None:
    """Raises when the edge is asked again by who has been refused."""
    started = bench.edge.get("state")
    until(lambda: bench.edge.get("state")["at"] - started["at"] > _QUIET_SECONDS)
    equal(bench.edge.get("state")["requests"], started["requests"], "requests after the refusal")


def _lines(driver: Driver, *words: str) -> list[str]:
    """Of the log, with these words."""
    driver.ask("close", timeout=2)
    driver.end()
    return [line for line in driver.log if all(word in line for word in words)]


@trial()
def an_unknown_key_is_told_once(bench: Bench) -> None:
    """401 ends the retries: one error in the log, the status `refused`, evaluations go on with what is held."""
    bootstrap = bench.edge.get("document") if bench.kind == "server" else bench.bulk("ann")
    driver = bench.start(env_key="srv_nobody_0123456789", bootstrap=bootstrap, start_wait=0.1)
    until(driver.status, lambda told: told["state"] == "refused")
    equal(driver.value("plain"), True)
    holds(driver.status()["last_error"], driver.status())
    _falls_silent(bench)
    equal(len(_lines(driver, "SDK key is refused")), 1, f"refusals in {driver.log}")


@trial("server")
def a_client_key_is_named_as_one(bench: Bench) -> None:
    """A client key where a server key is needed: the message says which kind it is, and which package takes it."""
    driver = bench.start(env_key=bench.edge.client_key, start_wait=0.1)
    until(driver.status, lambda told: told["state"] == "refused")
    equal(len(_lines(driver, "client key", "@feature-flag-platform/web")), 1, f"in {driver.log}")


@trial()
def a_key_that_is_revoked_ends_the_stream(bench: Bench) -> None:
    """A key that is revoked later: `refused`, and what is held is served."""
    driver = bench.ready()
    until(bench.streams)
    refusal = {"kind": "status", "status": 401, "code": "sdk_key_invalid"}
    bench.edge.put("behaviour", {"all": refusal})
    bench.edge.post("streams", {"do": "end", "endpoint": bench.stream})
    until(driver.status, lambda told: told["state"] == "refused")
    equal(driver.value("plain"), True)
    _falls_silent(bench)


@trial()
def events_of_a_refused_key_are_dropped(bench: Bench) -> None:
    """Events of a refused key are dropped and counted, and not sent again and again."""
    driver = bench.ready()
    bench.edge.put("behaviour", {"events": {"kind": "status", "status": 401, "code": "sdk_key_invalid"}})
    for number in range(3):
        driver.ask("track_metric", name=f"m{number}", user="ann")
    until(driver.status, lambda told: told["events"]["dropped"].get("refused") == 3)
    driver.ask("track_metric", name="later", user="ann")
    until(driver.status, lambda told: told["events"]["dropped"].get("refused") == 4)
    equal(driver.status()["events"]["queued"], 0)
    holds(len(bench.edge.get("batches")) <= 3, bench.edge.get("batches"))
