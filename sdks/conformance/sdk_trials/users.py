"""What an evaluation gives to a user: types, odd users, all flags at once."""

from __future__ import annotations

from typing import Any

from sdk_trials.expect import equal, has, holds
from sdk_trials.trial import Bench, trial

_VALUES: dict[str, Any] = {
    "plain": True,
    "text": "hællo",
    "count": 9007199254740991,
    "ratio": 0.25,
    "theme": {"dark": True, "sizes": [1, 2.5, None]},
}
_TYPES = {"plain": "boolean", "text": "string", "count": "integer", "ratio": "number", "theme": "object"}
_DEFAULTS: dict[str, Any] = {"boolean": False, "string": "mine", "integer": 7, "number": 7.5, "object": {"mine": True}}


@trial()
def every_type_is_served(bench: Bench) -> None:
    """The five types, asked for as what they are and without a default."""
    driver = bench.ready()
    for flag, kind in _TYPES.items():
        told = driver.detail(flag, type=kind, default=_DEFAULTS[kind])
        has(told, value=_VALUES[flag], variant="on" if flag == "plain" else "one", reason="STATIC", error_code=None)
        equal(driver.value(flag), _VALUES[flag], flag)


@trial()
def another_type_is_never_coerced(bench: Bench) -> None:
    """A default of another type than the flag's is TYPE_MISMATCH, with the default; `number` serves an integer flag."""
    driver = bench.ready()
    for flag, own in _TYPES.items():
        for kind, default in _DEFAULTS.items():
            told = driver.detail(flag, type=kind, default=default)
            if kind == own or (own, kind) == ("integer", "number"):
                has(told, value=_VALUES[flag], error_code=None)
            else:
                has(told, value=default, reason="ERROR", error_code="TYPE_MISMATCH", variant=None, metadata={})


@trial()
def a_flag_that_is_not_there_gives_the_default(bench: Bench) -> None:
    """An unknown flag: the default, ERROR and FLAG_NOT_FOUND."""
    driver = bench.ready()
    has(
        driver.detail("nowhere", default="mine"),
        value="mine",
        reason="ERROR",
        error_code="FLAG_NOT_FOUND",
        variant=None,
    )


@trial()
def a_flag_that_is_off_serves_its_off_variation(bench: Bench) -> None:
    """A flag that is off serves its off variation, not the default."""
    driver = bench.ready()
    has(driver.detail("disabled", default=True), value=False, variant="off", reason="DISABLED", error_code=None)


@trial()
def users_have_three_forms(bench: Bench) -> None:
    """A user is a text, an object with `key` and `attributes`, or an OpenFeature context."""
    driver = bench.ready()
    equal(driver.value("beta-only", "bea"), True)
    equal(driver.value("norwegian", {"key": "ann", "attributes": {"country": "NO"}}), True)
    equal(driver.value("norwegian", {"targetingKey": "ann", "country": "NO"}), True)
    equal(driver.value("norwegian", "ann"), False)


@trial()
def a_key_makes_a_user(bench: Bench) -> None:
    """An object with `key` and no `targetingKey` is a user: only its `attributes` are read, and no `targetingKey` in
    them. One with both is an evaluation context."""
    driver = bench.ready()
    from_norway = {"country": "NO"}
    equal(driver.value("norwegian", {"key": "ann", "attributes": from_norway, "plan": "pro"}), True)
    equal(driver.value("norwegian", {"key": "ann", **from_norway}), False)
    equal(driver.value("norwegian", {"key": "x", "targetingKey": "ann", **from_norway}), True)
    equal(driver.value("beta-only", {"key": "bea", "attributes": {"targetingKey": "ann"}}), True)
    for key in ("ann", "", None):
        equal(driver.value("beta-only", {"key": key, "attributes": {"targetingKey": "bea"}}), False, str(key))


@trial()
def dates_sets_and_integers_are_attributes(bench: Bench) -> None:
    """Dates become RFC 3339 text, sets are lists, numbers are numbers."""
    driver = bench.ready()
    for at, early in ((1_767_607_199_999, True), (1_767_607_200_000, False), (0, True)):
        equal(driver.value("early", {"key": "ann", "attributes": {"created": {"$date": at}}}), early, str(at))
    equal(driver.value("tagged", {"key": "ann", "attributes": {"tags": {"$set": ["new", "vip"]}}}), True)
    equal(driver.value("adult", {"key": "ann", "attributes": {"age": {"$integer": "18"}}}), True)
    equal(driver.value("adult", {"key": "ann", "attributes": {"age": {"$integer": "9007199254740993"}}}), True)


@trial()
def nothing_in_a_user_raises(bench: Bench) -> None:
    """What can't be JSON is left out, and of a user that is none an evaluation still is an answer."""
    driver = bench.ready()
    odd: list[Any] = [
        {"key": "ann", "attributes": {"age": {"$odd": True}, "country": "NO"}},
        {"key": "ann", "attributes": {"age": {"$number": "NaN"}, "country": "NO"}},
        {"key": "ann", "attributes": {"nested": {"deep": [{"$odd": True}]}, "country": "NO"}},
    ]
    for user in odd:
        has(driver.detail("norwegian", user), value=True, reason="TARGETING_MATCH")
    for nobody in (None, 7, ["ann"], True, "", {}, {"key": None}, {"key": ["x"]}, {"attributes": 3}, {"$odd": True}):
        told = driver.detail("plain", nobody, default=False)
        holds((told["value"], told["error_code"]) in ((True, None), (False, "INVALID_CONTEXT")), told)
        told = driver.detail("half", nobody, default=False)
        holds(told["error_code"] in (None, "TARGETING_KEY_MISSING", "INVALID_CONTEXT"), told)


@trial()
def what_is_left_out_is_warned_of_once(bench: Bench) -> None:
    """What can't be JSON is warned of once, by its name."""
    driver = bench.ready()
    for _ in range(20):
        driver.detail("plain", {"key": "ann", "attributes": {"the_odd_one": {"$odd": True}}})
    driver.ask("close", timeout=5)
    driver.end()
    equal(sum("the_odd_one" in line for line in driver.log), 1, "warnings")


@trial()
def a_missing_key_is_an_error_where_a_bucket_decides(bench: Bench) -> None:
    """Without a targeting key a split ends in TARGETING_KEY_MISSING and the default."""
    driver = bench.ready()
    has(driver.detail("half", {}, default=True), value=True, reason="ERROR", error_code="TARGETING_KEY_MISSING")


@trial()
def all_flags_are_their_details(bench: Bench) -> None:
    """`all_flags` has the detail of each flag and remote config, by key."""
    driver = bench.ready()
    told = driver.ask("all_flags", user="ann")
    equal(sorted(told), sorted([*bench.edge.get("document")["flags"], "page", "page-tried"]))
    for flag in ("plain", "theme", "disabled", "tested", "page"):
        equal({name: told[flag][name] for name in ("value", "variant", "reason")}, _shown(driver.detail(flag)), flag)


def _shown(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: detail[name] for name in ("value", "variant", "reason")}


@trial()
def remote_configs_are_objects(bench: Bench) -> None:
    """`config` gives a remote config's object, with the patch of the experiment that runs on it; else the default."""
    driver = bench.ready()
    equal(driver.ask("config", key="page", user="ann", default={}), {"columns": 2})
    columns = {driver.ask("config", key="page-tried", user=f"u{number}", default={})["columns"] for number in range(20)}
    if bench.kind == "server":
        equal(columns, {2, 3})
    equal(driver.ask("config", key="nowhere", user="ann", default={"mine": 1}), {"mine": 1})


@trial("server")
def explanations_are_the_edges(bench: Bench) -> None:
    """`explain` gives the document that the edge gives."""
    driver = bench.ready()
    user = {"targetingKey": "ann", "country": "NO"}
    mine = driver.ask("explain", flag="norwegian", user=user)
    theirs = bench.evaluate({"flag": "norwegian", "context": user, "explain": True})["explanation"]
    for told in (mine, theirs):
        told.pop("now", None)
    equal(mine, theirs)


@trial()
def a_detail_tells_of_experiments(bench: Bench) -> None:
    """A detail has the experiment, the experiments with their phases, and the flag's metadata."""
    told = bench.ready().detail("tested")
    has(told, experiment="tested-now", experiments=[{"key": "tested-now", "phase": 2}], reason="SPLIT", version=1)
