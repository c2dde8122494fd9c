"""All flags for one context are what each flag is alone: over the golden cases, and where chunks share conditions."""

import json
from pathlib import Path
from typing import Any

import pytest
from bucketing import compile_flagset
from bucketing.bulk import CHUNK_FLAGS_MAX
from bucketing.conformance.generated_lists import with_generated
from bucketing.document import condition_from_document, flagset_from_document, segment_from_document
from bucketing.flagset import AllOf, Comparison, Fixed, Flag, FlagSet, FlagType, Not, Rollout, Rule, Share

from tests.bucketing.chunks_only import ChunksOnly

VECTORS = Path(__file__).parents[1] / "vectors"
VALUES = {"on": True, "off": False}
HALVES = Rollout((Share("off", 5_000), Share("on", 5_000)))


def flag(key: str, *rules: Rule) -> Flag:
    return Flag(key, FlagType.BOOLEAN, VALUES, "off", Fixed("off"), rules=rules)


def flagset(*flags: Flag, **more: Any) -> FlagSet:
    return FlagSet("salt", flags={each.key: each for each in flags}, **more)


def cases(folder: str) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((VECTORS / folder).glob("*.json"))]
    names = sorted(file.stem for file in (VECTORS / folder).glob("*.json"))
    return [
        (name, document.get("configs", {}), document["cases"]) for name, document in zip(names, documents, strict=True)
    ]


CONDITIONS = [pytest.param(cases, id=name) for name, _, cases in cases("conditions")]
STEPS = [pytest.param(configs, cases, id=name) for name, configs, cases in cases("steps")]


def neighbours(asked: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Golden conditions in groups that fill a chunk with their negations; who brings segments stands alone."""
    runnable = [case for case in asked if "condition" in case and isinstance(case["expected"], bool)]
    plain = [case for case in runnable if "segments" not in case]
    size = CHUNK_FLAGS_MAX // 2
    groups = [plain[begin : begin + size] for begin in range(0, len(plain), size)]
    return groups + [[case] for case in runnable if "segments" in case]


@pytest.mark.parametrize("asked", CONDITIONS)
def test_the_golden_conditions_hold_when_flags_of_a_chunk_share_them(asked: list[dict[str, Any]]) -> None:
    for group in neighbours(asked):
        conditions = [condition_from_document(case["condition"], "if") for case in group]
        plain = [flag(f"plain-{n}", Rule("r", each, Fixed("on"))) for n, each in enumerate(conditions)]
        negated = [flag(f"not-{n}", Rule("r", Not(each), Fixed("on"))) for n, each in enumerate(conditions)]
        documents = group[0].get("segments", {})
        segments = {
            key: with_generated(segment_from_document({"key": key, **each}, ""), group[0])
            for key, each in documents.items()
        }
        compiled = ChunksOnly(flagset(*plain, *negated, segments=segments))
        for number, case in enumerate(group):
            answers = {one.flag: one.value for one in compiled.evaluate_all(case["context"], 0)}
            assert answers[f"plain-{number}"] is case["expected"], case
            # One nests as deep as a condition may, and so has no negation.
            if f"not-{number}" not in compiled.failed:
                assert answers[f"not-{number}"] is not case["expected"], case


@pytest.mark.parametrize(("configs", "asked"), STEPS)
def test_the_golden_steps_hold_for_all_flags_at_once(configs: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    for case in asked:
        if "config" not in case:
            continue
        config = configs[case["config"]] if isinstance(case["config"], str) else case["config"]
        compiled = compile_flagset(flagset_from_document(config))
        context, now = case["context"], case.get("now", 0)
        for one in compiled.evaluate_all(context, now):
            assert one.to_dict() == compiled.evaluate(one.flag, context, now).to_dict(), case


LITERALS: list[Any] = [1, 1.0, True, 0, False, "1", "true", [1], [True], [1.0], ["1"], [1, True], [True, 1]]


def test_literals_that_python_takes_for_equal_are_not_shared() -> None:
    flags = [
        flag(f"{operator}-{number}-{copy}", Rule("r", Comparison("a", operator, literal), Fixed("on")))
        for number, literal in enumerate(LITERALS)
        for operator in (("in", "not_in") if isinstance(literal, list) else ("eq", "ne"))
        for copy in range(2)
    ]
    together = ChunksOnly(flagset(*flags))
    alone = compile_flagset(together.flagset)
    for value in [*LITERALS, None, 2, "x", [], [[1]], {"b": 1}]:
        for one in together.evaluate_all({"a": value}, 0):
            assert one.value is alone.evaluate(one.flag, {"a": value}, 0).value, (one.flag, value)


def test_a_version_is_parsed_once_for_all_flags_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(text: str) -> Any:
        asked.append(text)
        return parse(text)

    from bucketing.generation import source

    parse = source._NAMES["parse_short_version"]
    monkeypatch.setitem(source._NAMES, "parse_short_version", counted)
    flags = [
        flag(f"f{number}", Rule("r", Comparison("v", "semver_gte", f"1.{number}.0"), Fixed("on")))
        for number in range(CHUNK_FLAGS_MAX)
    ]
    compiled = ChunksOnly(flagset(*flags))
    decided = {one.flag: one.value for one in compiled.evaluate_all({"v": "1.7.3"}, 0)}
    assert decided == {f"f{number}": number <= 7 for number in range(CHUNK_FLAGS_MAX)}
    assert asked == ["1.7.3"]
    assert {one.value for one in compiled.evaluate_all({"v": "no version"}, 0)} == {False}
    assert len(asked) == 2


def test_a_shared_pattern_is_searched_once_and_only_if_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def compiled_pattern(_: str) -> Any:
        def found(text: str) -> bool:
            searched.append(text)
            return text.startswith("b")

        return found

    monkeypatch.setattr("bucketing.operators.compile_pattern", compiled_pattern)
    both = AllOf((Comparison("plan", "eq", "pro"), Comparison("name", "matches", "^b")))
    flags = [flag(f"f{number}", Rule("r", both, HALVES)) for number in range(CHUNK_FLAGS_MAX)]
    compiled = ChunksOnly(flagset(*flags))
    context = {"targetingKey": "u", "plan": "pro", "name": "bob"}
    assert {one.reason.value for one in compiled.evaluate_all(context, 0)} == {"SPLIT"}
    assert searched == ["bob"]
    assert {one.reason.value for one in compiled.evaluate_all(context | {"plan": "free"}, 0)} == {"DEFAULT"}
    assert searched == ["bob"]


def test_a_unit_is_needed_only_where_a_rollout_is_reached() -> None:
    german = Comparison("country", "eq", "DE")
    flags = [flag("split", Rule("r", german, HALVES)), flag("fixed", Rule("r", german, Fixed("on")))]
    compiled = ChunksOnly(flagset(*flags))

    def codes(context: dict[str, Any]) -> dict[str, str | None]:
        return {one.flag: one.error_code and one.error_code.value for one in compiled.evaluate_all(context, 0)}

    missing = {"fixed": None, "split": "TARGETING_KEY_MISSING"}
    assert codes({"country": "DE"}) == codes({"country": "DE", "targetingKey": ""}) == missing
    assert codes({"country": "DE", "targetingKey": 1.5}) == missing
    assert codes({"country": "FR"}) == codes({"country": "DE", "targetingKey": 12}) == dict.fromkeys(missing)
