"""A compiled flag set: what changes with an update, and what callers may rely on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from bucketing import ErrorCode, Reason, compile_flagset
from bucketing.document import flagset_from_document
from bucketing.flagset import (
    AllOf,
    Comparison,
    Condition,
    ConfigOverride,
    Experiment,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    InSegment,
    Not,
    Prerequisite,
    RemoteConfig,
    ResolveMode,
    Rule,
    Segment,
)
from bucketing.generation import source
from bucketing.generation.combinations import KEPT_MAX
from bucketing.limits import CONDITION_DEPTH_MAX

VALUES = {"on": True, "off": False}
UNKNOWN = Comparison("a", "sounds_like", "b")


def flag(key: str = "f", **fields: Any) -> Flag:
    return Flag(key, FlagType.BOOLEAN, VALUES, "off", Fixed("off"), **fields)


def ruled(condition: Condition, key: str = "f", **fields: Any) -> Flag:
    return flag(key, rules=(Rule("r", condition, Fixed("on")),), **fields)


def flagset(*flags: Flag, **fields: Any) -> FlagSet:
    return FlagSet("salt", 1, {one.key: one for one in flags}, **fields)


def segments(condition: dict[str, Any]) -> Mapping[str, Segment]:
    return flagset_from_document({"salt": "", "segments": {"s": {"if": condition}}}).segments


def test_failed_flags_are_named_with_the_reason_and_the_others_go_on() -> None:
    compiled = compile_flagset(flagset(ruled(UNKNOWN), flag("g")))
    assert dict(compiled.failed) == {"f": "rules[0].if.operator: unknown operator 'sounds_like'"}
    assert compiled.evaluate("f", {}, 0).error_code is ErrorCode.PARSE_ERROR
    assert compiled.evaluate("g", {}, 0).reason is Reason.STATIC
    assert {one.flag: one.reason for one in compiled.evaluate_all({}, 0)} == {"f": Reason.ERROR, "g": Reason.STATIC}


def test_a_repaired_flag_is_no_longer_failed() -> None:
    compiled = compile_flagset(flagset(ruled(UNKNOWN)))
    repaired = compiled.updated(version=2, flags={"f": flag()})
    assert not repaired.failed
    assert compiled.failed


def test_a_failed_segment_fails_the_flags_that_ask_for_it() -> None:
    held = segments({"attribute": "a", "operator": "eq", "value": "b"})
    broken = {"s": replace(held["s"], condition=UNKNOWN)}
    compiled = compile_flagset(flagset(ruled(InSegment(("s",))), flag("g"), segments=broken))
    assert list(compiled.failed_segments) == ["s"]
    assert compiled.evaluate("f", {}, 0).error_code is ErrorCode.PARSE_ERROR
    assert [one.reason for one in compiled.evaluate_all({}, 0)] == [Reason.ERROR, Reason.STATIC]
    repaired = compiled.updated(version=2, segments=held)
    assert not repaired.failed_segments
    assert repaired.evaluate("f", {"a": "b"}, 0).value is True


def test_an_update_leaves_the_old_set_as_it_was() -> None:
    old = compile_flagset(flagset(flag("f"), flag("g")))
    new = old.updated(version=2, flags={"f": flag(enabled=False), "g": None, "h": flag("h")})
    assert (old.version, new.version) == (1, 2)
    assert set(old.flagset.flags) == {"f", "g"}
    assert set(new.flagset.flags) == {"f", "h"}
    assert old.evaluate("f", {}, 0).reason is Reason.STATIC
    assert new.evaluate("f", {}, 0).reason is Reason.DISABLED
    assert new.evaluate("g", {}, 0).error_code is ErrorCode.FLAG_NOT_FOUND
    assert {one.flag for one in old.evaluate_all({}, 0)} == {"f", "g"}


def test_an_update_writes_only_the_functions_of_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_flagset(flagset(*(flag(f"f{number}") for number in range(40))))
    list(compiled.prepare())
    written = []
    plain = source.Source.function

    def counted(*arguments: Any) -> Any:
        written.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(source.Source, "function", counted)
    list(compiled.prepare())
    assert not written
    list(compiled.updated(version=2, flags={"f7": flag("f7", enabled=False)}).prepare())
    # the flag itself, and the chunk of at most 16 flags in which it is decided with others
    assert len(written) == 2


def test_a_changed_segment_is_seen_by_the_flags_that_name_it() -> None:
    compiled = compile_flagset(
        flagset(ruled(InSegment(("s",))), segments=segments({"attribute": "a", "operator": "eq", "value": 1}))
    )
    assert compiled.evaluate("f", {"a": 2}, 0).value is False
    changed = compiled.updated(version=2, segments=segments({"attribute": "a", "operator": "eq", "value": 2}))
    assert changed.evaluate("f", {"a": 2}, 0).value is True


def test_a_flag_is_an_error_until_all_that_it_names_has_arrived() -> None:
    held = segments({"attribute": "a", "operator": "eq", "value": 1})
    nested = {"outer": Segment("outer", condition=Not(InSegment(("middle",))))}
    middle = {"middle": Segment("middle", condition=InSegment(("s",)))}
    alone = compile_flagset(flagset(ruled(InSegment(("outer",))), flag("g")))
    assert dict(alone.unresolved) == {"f": "there is no segment 'outer'"}
    assert not alone.failed
    outer = alone.updated(version=2, segments=nested)
    assert dict(outer.unresolved) == {"f": "segment 'outer': there is no segment 'middle'"}
    assert {one.flag: one.error_code for one in outer.evaluate_all({}, 0)} == {"f": ErrorCode.PARSE_ERROR, "g": None}
    assert outer.updated(version=3, segments=middle).unresolved
    whole = outer.updated(version=3, segments=middle).updated(version=4, segments=held)
    assert not whole.unresolved
    assert {one.flag: one.value for one in whole.evaluate_all({"a": 2}, 0)} == {"f": True, "g": False}
    gone = whole.updated(version=5, segments={"s": None})
    assert gone.evaluate("f", {"a": 2}, 0).error_code is ErrorCode.PARSE_ERROR
    assert [one.flag for one in gone.evaluate_all({"a": 2}, 0) if one.error_code] == ["f"]
    assert gone.explain("f", {"a": 2}, 0).decision.error_message == "segment 'middle': there is no segment 's'"
    assert whole.evaluate("f", {"a": 2}, 0).value is True


def test_a_prerequisite_that_comes_and_goes_is_seen_by_who_needs_it() -> None:
    dependent = flag("d", prerequisites=(Prerequisite("p", "on"),))
    compiled = compile_flagset(flagset(dependent))
    assert dict(compiled.unresolved) == {"d": "there is no flag 'p', which is a prerequisite"}
    there = compiled.updated(version=2, flags={"p": flag("p")})
    assert there.evaluate("d", {}, 0).reason is Reason.DEFAULT
    without = replace(flag("p"), variations={"off": False, "maybe": True})
    assert there.updated(version=3, flags={"p": without}).unresolved == {
        "d": "the prerequisite 'p' has no variation 'on'"
    }
    assert there.updated(version=3, flags={"p": None}).evaluate("d", {}, 0).error_code is ErrorCode.PARSE_ERROR


def test_an_audience_names_segments_too() -> None:
    one = {
        "flag": "f",
        "mode": "observes",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
        "start_at": 0,
        "audience": {"segment": "s"},
    }
    experiments = flagset_from_document({"salt": "", "experiments": {"e": one}}).experiments
    compiled = compile_flagset(flagset(flag()))
    running = compiled.updated(version=2, experiments=experiments)
    assert running.evaluate("f", {}, 1).error_code is ErrorCode.PARSE_ERROR
    assert running.updated(version=3, experiments={"e": None}).evaluate("f", {}, 1).reason is Reason.STATIC
    arrived = running.updated(version=3, segments=segments({"attribute": "a", "operator": "exists"}))
    assert arrived.evaluate("f", {}, 1).reason is Reason.STATIC


def test_a_change_of_what_a_flag_names_rewrites_no_function_of_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    held = segments({"attribute": "a", "operator": "eq", "value": 1})
    compiled = compile_flagset(
        flagset(ruled(InSegment(("s",))), flag("g", prerequisites=(Prerequisite("f", "on"),)), segments=held)
    )
    list(compiled.prepare())
    written = []
    plain = source.Source.function

    def counted(*arguments: Any) -> Any:
        written.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(source.Source, "function", counted)
    list(compiled.updated(version=2, segments=segments({"attribute": "a", "operator": "eq", "value": 2})).prepare())
    assert len(written) == 1  # the segment's own


def test_a_value_of_another_type_is_an_error_whether_or_not_it_is_served() -> None:
    for kind, value in [("boolean", "on"), ("string", 1), ("integer", 1.5), ("number", True), ("object", "{}")]:
        sound: Any = {"boolean": True, "string": "", "integer": 1, "number": 1, "object": {}}[kind]
        strange = Flag("f", FlagType(kind), {"off": sound, "other": value}, "off", Fixed("off"))
        assert compile_flagset(flagset(strange, flag("g"))).failed.keys() == {"f"}


def test_a_changed_experiment_is_seen_by_its_old_and_its_new_flag() -> None:
    def experiments(key: str) -> Mapping[str, Experiment]:
        weights = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
        one = {"flag": key, "mode": "assigns", "variations": weights, "start_at": 0}
        return flagset_from_document({"salt": "", "experiments": {"e": one}}).experiments

    compiled = compile_flagset(flagset(flag("f"), flag("g"), experiments=experiments("f")))
    moved = compiled.updated(version=2, experiments=experiments("g"))
    context = {"targetingKey": "u"}
    assert [compiled.evaluate(key, context, 1).experiment for key in "fg"] == ["e", None]
    assert [moved.evaluate(key, context, 1).experiment for key in "fg"] == [None, "e"]
    assert [one.experiment for one in moved.evaluate_all(context, 1)] == [None, "e"]
    gone = moved.updated(version=3, experiments={"e": None})
    assert gone.evaluate("g", context, 1).reason is Reason.STATIC


def test_equal_answers_are_one_object_however_they_are_asked_for() -> None:
    weights = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    document = {
        "type": "boolean",
        "variations": VALUES,
        "off_variation": "off",
        "default": {"rollout": {"variations": weights}},
    }
    compiled = compile_flagset(flagset_from_document({"salt": "s", "flags": {"f": document, "g": document}}))
    answers = {id(compiled.evaluate("f", {"targetingKey": str(number)}, 0)) for number in range(100)}
    assert len(answers) == 2
    together = {id(compiled.evaluate_all({"targetingKey": str(number)}, 0)[0]) for number in range(100)}
    assert together == answers
    assert compiled.evaluate("f", {}, 0) is compiled.evaluate("f", {"targetingKey": ""}, 0)
    assert id(compiled.explain("f", {"targetingKey": "1"}, 0).decision) in answers


def test_only_client_visible_flags_for_a_client() -> None:
    compiled = compile_flagset(flagset(flag("a", client_visible=True), flag("b"), flag("c", client_visible=True)))
    assert [one.flag for one in compiled.evaluate_all({}, 0, client_only=True)] == ["a", "c"]
    hidden = compiled.updated(version=2, flags={"a": flag("a"), "b": flag("b", client_visible=True)})
    assert [one.flag for one in hidden.evaluate_all({}, 0, client_only=True)] == ["c", "b"]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40])
def test_every_flag_is_answered_once_whatever_the_number_of_chunks(count: int) -> None:
    compiled = compile_flagset(flagset(*(ruled(Comparison("a", "eq", f"v{n}"), f"f{n}") for n in range(count))))
    for _ in range(4):  # one more chunk is written at each evaluation
        values = {one.flag: one.value for one in compiled.evaluate_all({"a": "v0"}, 0)}
        assert values == {f"f{number}": number == 0 for number in range(count)}


def test_no_configured_text_becomes_code() -> None:
    nasty = "')\nraise SystemExit(1)#{v}{c}%s"
    one = Flag(
        nasty,
        FlagType.STRING,
        {nasty: nasty, "off": "off"},
        "off",
        Fixed("off"),
        rules=(
            Rule(
                nasty, AllOf((Comparison(nasty, "eq", nasty), Comparison(f"{nasty}.x", "in", [nasty, 1]))), Fixed(nasty)
            ),
        ),
    )
    compiled = compile_flagset(flagset(one, flag("g")))
    context = {nasty: nasty, f"{nasty}.x": 1}
    assert compiled.evaluate(nasty, context, 0).value == nasty
    assert compiled.evaluate_all(context, 0)[0].value in (nasty, False)
    assert compiled.explain(nasty, context, 0).decision.value == nasty


def test_flags_of_one_shape_share_their_code() -> None:
    compiled = compile_flagset(flagset(ruled(Comparison("a", "eq", "x")), ruled(Comparison("b", "eq", "y"), "g")))
    compiled.evaluate("f", {}, 0)
    before = source._code.cache_info().misses
    compiled.evaluate("g", {}, 0)
    assert source._code.cache_info().misses == before


def nested(depth: int) -> Condition:
    condition: Condition = Comparison("a", "exists")
    for _ in range(depth - 1):
        condition = Not(condition)
    return condition


def test_the_deepest_condition_works_and_a_deeper_one_is_refused() -> None:
    assert not compile_flagset(flagset(ruled(nested(CONDITION_DEPTH_MAX)))).failed
    assert compile_flagset(flagset(ruled(nested(CONDITION_DEPTH_MAX + 1)))).failed
    assert compile_flagset(flagset(ruled(nested(900)))).evaluate("f", {}, 0).error_code is ErrorCode.PARSE_ERROR


def test_thousands_of_conditions_in_one_rule_and_hundreds_of_rules() -> None:
    wide = ruled(AllOf(tuple(Comparison(f"a{number}", "eq", number) for number in range(2_000))))
    long = flag("g", rules=tuple(Rule(f"r{n}", Comparison("a", "eq", n), Fixed("on")) for n in range(500)))
    compiled = compile_flagset(flagset(wide, long))
    context = {f"a{number}": number for number in range(2_000)} | {"a": 499}
    assert [one.value for one in compiled.evaluate_all(context, 0)] == [True, True]
    assert compiled.evaluate("f", context | {"a1999": 0}, 0).value is False


def test_a_long_chain_of_prerequisites_ends_as_an_error_and_spoils_no_flag() -> None:
    chain = [flag("f0")] + [
        flag(f"f{number}", prerequisites=(Prerequisite(f"f{number - 1}", "off"),)) for number in range(1, 3_000)
    ]
    compiled = compile_flagset(flagset(*chain))
    assert compiled.evaluate("f2999", {}, 0).error_code is ErrorCode.GENERAL
    assert {compiled.evaluate(f"f{number}", {}, 0).variation for number in range(0, 3_000, 100)} == {"off", None}
    assert compiled.evaluate("f50", {}, 0).variation == "off"


def test_diamonds_of_prerequisites_are_walked_once() -> None:
    def both(number: int) -> tuple[Prerequisite, ...]:
        return Prerequisite(f"f{number - 1}", "off"), Prerequisite(f"g{number - 1}", "off")

    ladder = [flag("f0"), flag("g0")]
    for number in range(1, 60):
        ladder += [flag(f"{side}{number}", prerequisites=both(number)) for side in "fg"]
    assert compile_flagset(flagset(*ladder)).evaluate("f59", {}, 0).variation == "off"


def test_a_flag_that_names_what_it_has_not_is_failed() -> None:
    nothing: Any = None
    bad = [
        replace(flag(), off_variation="gone"),
        replace(flag(), default=Fixed("gone")),
        flag(rules=(Rule("r", AllOf(()), Fixed("on")),)),
        flag(rules=(Rule("r", InSegment(()), Fixed("on")),)),
        flag(rules=(Rule("r", nothing, Fixed("on")),)),
        flag(rules=(nothing,)),
        replace(flag(), type=FlagType.NUMBER, variations={"off": 10**400}),
    ]
    for one in bad:
        compiled = compile_flagset(flagset(one, flag("g")))
        assert list(compiled.failed) == ["f"]
        assert [answer.error_code for answer in compiled.evaluate_all({}, 0)] == [ErrorCode.PARSE_ERROR, None]


def test_numbers_are_served_as_their_type_says() -> None:
    number = Flag("n", FlagType.NUMBER, {"one": 1}, "one", Fixed("one"))
    integer = Flag("i", FlagType.INTEGER, {"three": 3.0}, "three", Fixed("three"))
    compiled = compile_flagset(flagset(number, integer))
    assert isinstance(compiled.evaluate("n", {}, 0).value, float)
    assert isinstance(compiled.evaluate("i", {}, 0).value, int)


def config(key: str = "c", **fields: Any) -> RemoteConfig:
    return RemoteConfig(key, {"n": 0}, **fields)


def member(key: str) -> ConfigOverride:
    return ConfigOverride(key, Comparison(key, "exists"), {key: 1})


def test_a_remote_config_is_among_all_that_answers_and_changes_with_an_update() -> None:
    overridden = config(overrides=(ConfigOverride("s", InSegment(("s",)), {"n": 1}),), client_visible=True)
    old = compile_flagset(flagset(flag(), segments=segments({"attribute": "a", "operator": "exists"})))
    held = old.updated(version=2, remote_configs={"c": overridden})
    context = {"a": 1}
    assert [each.flag for each in held.evaluate_all(context, 0, client_only=True)] == ["c"]
    assert {each.flag: each.value for each in held.evaluate_all(context, 0)} == {"f": False, "c": {"n": 1}}
    unresolved = held.updated(version=3, segments={"s": None})
    assert dict(unresolved.unresolved) == {"c": "there is no segment 's'"}
    assert unresolved.evaluate("c", context, 0).error_code is ErrorCode.PARSE_ERROR
    archived = unresolved.updated(version=4, remote_configs={"c": replace(overridden, archived=True)})
    assert archived.evaluate("c", context, 0).reason is Reason.DISABLED
    gone = archived.updated(version=5, remote_configs={"c": None})
    assert gone.evaluate("c", context, 0).error_code is ErrorCode.FLAG_NOT_FOUND
    assert [each.flag for each in gone.evaluate_all(context, 0)] == ["f"]
    assert [each.value for each in held.evaluate_all(context, 0)] == [{"n": 1}, False]


def test_a_broken_remote_config_costs_only_itself() -> None:
    broken = config(overrides=(ConfigOverride("o", UNKNOWN, {}),))
    compiled = compile_flagset(flagset(flag(), remote_configs={"c": broken}))
    assert dict(compiled.failed) == {"c": "overrides[0].if.operator: unknown operator 'sounds_like'"}
    assert [each.error_code for each in compiled.evaluate_all({}, 0)] == [ErrorCode.PARSE_ERROR, None]
    repaired = compiled.updated(version=2, remote_configs={"c": config()})
    assert not repaired.failed
    assert repaired.evaluate("c", {}, 0).reason is Reason.STATIC


def test_a_key_may_pass_from_a_remote_config_to_a_flag_and_back() -> None:
    both = compile_flagset(flagset(flag("c"), remote_configs={"c": config()}))
    assert both.evaluate("c", {}, 0).value is False
    alone = both.updated(version=2, flags={"c": None})
    assert [each.value for each in (alone.evaluate("c", {}, 0), *alone.evaluate_all({}, 0))] == [{"n": 0}] * 2
    again = alone.updated(version=3, flags={"c": flag("c")}, remote_configs={"c": None})
    assert [each.value for each in again.evaluate_all({}, 0)] == [False]


def test_of_very_many_combinations_only_some_are_kept() -> None:
    names = [f"o{number}" for number in range(10)]
    merged = config(resolve=ResolveMode.MERGE, overrides=tuple(map(member, names)))
    compiled = compile_flagset(flagset(remote_configs={"c": merged}))
    kept = 0
    for matched in range(1024):
        context = {name: 1 for position, name in enumerate(names) if matched >> position & 1}
        first, second = compiled.evaluate("c", context, 0), compiled.evaluate("c", context, 0)
        assert first.value == {"n": 0, **context} == second.value
        assert first.interned is (first is second)
        kept += first.interned
    assert kept == KEPT_MAX
