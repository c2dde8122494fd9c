"""One golden case: what the engine computes for it, and whether that is what the case expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bucketing.compiled import compile_flagset
from bucketing.conformance.generated_lists import with_generated
from bucketing.decision import Reason
from bucketing.document import (
    condition_from_document,
    experiment_from_document,
    flag_from_document,
    flagset_from_document,
    remote_config_from_document,
    segment_from_document,
)
from bucketing.errors import FieldError, InvalidConfig
from bucketing.flagset import Fixed, Flag, FlagSet, FlagType, Json, Rule
from bucketing.hashing import bucket, unit_key
from bucketing.references import find_cycle
from bucketing.validation import (
    condition_errors,
    experiment_errors,
    flag_errors,
    remote_config_errors,
    segment_errors,
)

Case = Mapping[str, Json]


class UnknownForm(ValueError):
    """A case of no form that this engine knows."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What was computed, and whether it is what the case expects."""

    computed: Json
    ok: bool


def same_json(left: Json, right: Json) -> bool:
    """Equal as JSON: numbers by value, and true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    return bool(left == right)


def _bucket(case: Case) -> CaseResult:
    computed = bucket(case["salt"], case["flag"], case["unit"])
    return CaseResult(computed, computed == case["bucket"])


def _unit(case: Case) -> CaseResult:
    computed = unit_key(case["unit_of"])
    return CaseResult(computed, computed == case["expected"])


def _cycle(case: Case) -> CaseResult:
    computed = find_cycle(case["edges"])
    return CaseResult(computed, computed == case["expected"])


def _evaluation(case: Case, configs: Mapping[str, Json]) -> CaseResult:
    config = case["config"]
    flagset = flagset_from_document(configs[config] if isinstance(config, str) else config)
    decision = compile_flagset(flagset).evaluate(case["flag"], case["context"], case.get("now", 0))
    computed = {
        name: value for name, value in decision.to_dict().items() if name not in ("flag", "version", "errorMessage")
    }
    expected = {"value": None, "variation": None, **case["expected"]}
    return CaseResult(computed, same_json(computed, expected))


def _condition(case: Case) -> CaseResult:
    rule = Rule("rule", condition_from_document(case["condition"], "condition"), Fixed("matched"))
    variations = {"matched": True, "not-matched": False}
    flag = Flag("case", FlagType.BOOLEAN, variations, "not-matched", Fixed("not-matched"), rules=(rule,))
    segments = {
        key: with_generated(segment_from_document({"key": key, **document}, f"segments.{key}"), case)
        for key, document in case.get("segments", {}).items()
    }
    compiled = compile_flagset(FlagSet("", flags={"case": flag}, segments=segments))
    decision = compiled.evaluate("case", case["context"], case.get("now", 0))
    computed = decision.error_code.value if decision.error_code else decision.reason is Reason.TARGETING_MATCH
    return CaseResult(computed, same_json(computed, case["expected"]))


_ENTITIES: dict[str, tuple[Callable[[Json, str], Json], Callable[[Json], list[FieldError]]]] = {
    "condition": (condition_from_document, lambda one: condition_errors(one, "condition")),
    "flag": (flag_from_document, flag_errors),
    "segment": (segment_from_document, segment_errors),
    "experiment": (experiment_from_document, experiment_errors),
    "remote_config": (remote_config_from_document, remote_config_errors),
}


def _validity(case: Case) -> CaseResult:
    kind = next((kind for kind in _ENTITIES if kind in case), None)
    if kind is None:
        raise UnknownForm("a case with `valid` needs a condition, flag, segment, experiment or remote_config")
    read, find = _ENTITIES[kind]
    try:
        errors = list(find(read(case[kind], "condition" if kind == "condition" else "")))
    except InvalidConfig as error:
        errors = list(error.errors)
    computed = {"valid": not errors, "errors": [{"field": one.field, "code": one.code} for one in errors]}
    ok = computed["valid"] == case["valid"]
    if ok and errors and "field" in case:
        ok = any(one.field == case["field"] for one in errors)
    return CaseResult(computed, ok)


def run_case(case: Case, configs: Mapping[str, Json]) -> CaseResult:
    """Compute one case; `configs` are the file's shared config documents. Raises UnknownForm."""
    if "bucket" in case:
        return _bucket(case)
    if "unit_of" in case:
        return _unit(case)
    if "edges" in case:
        return _cycle(case)
    if "valid" in case:
        return _validity(case)
    if "config" in case:
        return _evaluation(case, configs)
    if "condition" in case:
        return _condition(case)
    raise UnknownForm("a case needs one of bucket, unit_of, edges, valid, config or condition")
