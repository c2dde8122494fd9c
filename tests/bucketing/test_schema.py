"""The published schema is what the engine reads and writes: nothing more, nothing less."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from bucketing.document import chunk_from_document, chunk_to_document, flagset_from_document, flagset_to_document
from bucketing.errors import InvalidConfig
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from tests.bucketing.test_properties import documents
from tests.bucketing.whole_config import WHOLE

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
SCHEMA = json.loads((ROOT / "proto" / "config.schema.json").read_text())
DEFINITIONS = SCHEMA["$defs"]
WRITTEN = flagset_to_document(WHOLE)
Steps = tuple[str | int, ...]

# Written by nobody and read all the same: see "The config document" in docs/evaluation.md.
OLDER_FORMS = {
    "conditions/combinations.json": {"simple-form", "simple-form-other"},
    "conditions/segments.json": {
        "in-segment-key",
        "in-segment-list",
        "in-segment-operator",
        "in-segment-attribute",
        "in-segment-none",
    },
    "steps/rules.json": {"rules"},
    "steps/remote_configs.json": {"page"},
    "validation/conditions.json": {"exists-null-ok", "not_exists-true-ok", "in-segment", "simple-form"},
    "validation/flags.json": {"rule-simple"},
    "validation/remote_configs.json": {"segment", "first-100"},
}
# An operator that no engine knows costs only its flag: these say so.
BROKEN = {
    "conditions/segments.json": {"nested-broken", "unknown-operator"},
    "steps/errors.json": {"errors"},
    "steps/prerequisites.json": {"pre"},
}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


VALIDATORS = {name: validator(name) for name in DEFINITIONS}


def referred(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "").rsplit("/", 1)[-1])


def objects(value: Any, schema: dict[str, Any], path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Each object in `value` that a definition describes: where it is, and the definition's name."""
    name = referred(schema)
    definition = DEFINITIONS.get(name, schema)
    if "oneOf" in definition:
        (fitting,) = [each for each in definition["oneOf"] if VALIDATORS[referred(each)].is_valid(value)]
        yield from objects(value, fitting, path)
    elif "properties" in definition:
        yield path, name
        for key, member in value.items():
            yield from objects(member, definition["properties"][key], (*path, key))
    elif "items" in definition:
        for index, item in enumerate(value):
            yield from objects(item, definition["items"], (*path, index))
    elif "additionalProperties" in definition:
        for key, member in value.items():
            yield from objects(member, definition["additionalProperties"], (*path, key))


OBJECTS = list(objects(WRITTEN, SCHEMA))


def at(document: Any, path: Steps) -> Any:
    for step in path:
        document = document[step]
    return document


def edges(wanted: Callable[[dict[str, Any]], bool] = bool) -> list[Any]:
    """Each field that is written and that the schema describes in a wanted way, once per definition."""
    found = {
        (name, field): path
        for path, name in OBJECTS
        for field in at(WRITTEN, path)
        if wanted(DEFINITIONS[name]["properties"][field])
    }
    return [pytest.param(path, name, field, id=f"{name}.{field}") for (name, field), path in found.items()]


def without(path: Steps, field: str) -> Any:
    document = copy.deepcopy(WRITTEN)
    del at(document, path)[field]
    return document


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def plain_data(value: Any) -> Iterator[Any]:
    """Every dataclass in a flag set."""
    if is_dataclass(value):
        yield value
        for each in fields(value):
            yield from plain_data(getattr(value, each.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from plain_data(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from plain_data(each)


def test_the_whole_config_leaves_no_field_at_its_default() -> None:
    """So that a new field of the engine's data is seen by the tests below."""
    fresh = {
        (type(each).__name__, field.name)
        for each in plain_data(WHOLE)
        for field in fields(each)
        if field.default is not MISSING or field.default_factory is not MISSING
    }
    given = {
        (type(each).__name__, field.name)
        for each in plain_data(WHOLE)
        for field in fields(each)
        if getattr(each, field.name) != field.default
        and (field.default_factory is MISSING or getattr(each, field.name) != field.default_factory())
    }
    assert fresh - given == set()


def test_what_is_written_is_read_as_it_was() -> None:
    assert flagset_from_document(json.loads(json.dumps(WRITTEN))) == WHOLE


def described_in_a_config() -> set[tuple[str, str]]:
    """But for a chunk, which is a document of its own."""
    names = DEFINITIONS.keys() - {"Chunk"}
    return {(name, field) for name in names for field in DEFINITIONS[name].get("properties", ())}


def test_a_chunk_is_written_as_it_is_described() -> None:
    chunk = chunk_to_document(5, ["b", "a"], ["c"])
    assert [each.message for each in VALIDATORS["Chunk"].iter_errors(chunk)] == []
    assert chunk == {"number": 5, "included": ["a", "b"], "excluded": ["c"]}
    assert chunk.keys() == DEFINITIONS["Chunk"]["properties"].keys()
    read = chunk_from_document(chunk)
    assert (read.number, sorted(read.included), sorted(read.excluded)) == (5, ["a", "b"], ["c"])


@pytest.mark.parametrize("number", [0, -1, 1 << 17, "1", None, True])
def test_a_chunk_with_another_number_is_refused(number: Any) -> None:
    with pytest.raises(InvalidConfig):
        chunk_from_document({"number": number})


def test_each_field_of_the_schema_is_written_somewhere() -> None:
    described = described_in_a_config()
    assert {(name, field) for path, name in OBJECTS for field in at(WRITTEN, path)} == described


def test_the_example_of_the_docs_fits_and_shows_each_field() -> None:
    example = json.loads((ROOT / "docs" / "evaluation.md").read_text().split("```json\n")[1].split("```")[0])
    assert [each.message for each in VALIDATORS["Config"].iter_errors(example)] == []
    shown = {(name, field) for path, name in objects(example, SCHEMA) for field in at(example, path)}
    assert described_in_a_config() - shown == {("AnyOf", "or")}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_what_is_written_fits(document: dict[str, Any]) -> None:
    written = flagset_to_document(flagset_from_document(document))
    assert [each.message for each in VALIDATORS["Config"].iter_errors(written)] == []
    list(objects(written, SCHEMA))


@pytest.mark.parametrize(("path", "name", "field"), edges())
def test_an_absent_field_is_refused_by_the_reader_where_the_schema_refuses_it(
    path: Steps, name: str, field: str
) -> None:
    document = without(path, field)
    fits = VALIDATORS["Config"].is_valid(document)
    needed = field in DEFINITIONS[name]["required"] or (field == "value" and name != "ExperimentVariation")
    assert fits is not needed
    # An entity may leave out the key that the object around it says.
    says_it_outside = field == "key" and len(path) == 2
    assert reads(document) == (fits or says_it_outside)


@pytest.mark.parametrize(("path", "name", "field"), edges(lambda schema: "default" in schema))
def test_an_absent_field_is_read_as_its_default(path: Steps, name: str, field: str) -> None:
    schema = DEFINITIONS[name]["properties"][field]
    document = without(path, field)
    at(document, path)[field] = schema["default"]
    assert flagset_from_document(document) == flagset_from_document(without(path, field))


# Whether null can be compared with is an operator's to say.
@pytest.mark.parametrize(("path", "name", "field"), edges(lambda schema: referred(schema) != "Literal"))
def test_null_is_the_same_as_an_absent_field(path: Steps, name: str, field: str) -> None:
    document = copy.deepcopy(WRITTEN)
    at(document, path)[field] = None
    absent = without(path, field)
    assert reads(document) == reads(absent)
    assert not reads(absent) or flagset_from_document(document) == flagset_from_document(absent)


@pytest.mark.parametrize(("path", "name"), [pytest.param(path, name, id=name) for path, name in OBJECTS])
def test_an_unknown_field_is_refused_by_the_reader_where_the_schema_refuses_it(path: Steps, name: str) -> None:
    document = copy.deepcopy(WRITTEN)
    at(document, path)["unheard_of"] = 1
    fits = VALIDATORS["Config"].is_valid(document)
    assert fits == DEFINITIONS[name].get("additionalProperties", True)
    assert reads(document) == fits


# What a literal may be is its operator's to say.
@pytest.mark.parametrize(("path", "name", "field"), edges(lambda schema: referred(schema) != "Literal"))
def test_a_field_of_another_type_is_refused_by_both(path: Steps, name: str, field: str) -> None:
    document = copy.deepcopy(WRITTEN)
    at(document, path)[field] = [[[0]]]
    assert (VALIDATORS["Config"].is_valid(document), reads(document)) == (False, False)


def reads(document: Any) -> bool:
    try:
        flagset_from_document(document)
    except InvalidConfig:
        return False
    return True


def vector_documents(file: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each document in a file of golden cases: the case's id or the config's name, the definition, the document."""
    for name, config in file.get("configs", {}).items():
        yield name, "Config", config
    for index, case in enumerate(file["cases"]):
        name = case.get("id", str(index))
        if case.get("valid") is False:
            continue
        if isinstance(case.get("config"), dict):
            yield name, "Config", case["config"]
        for key, segment in case.get("segments", {}).items():
            yield name, "Segment", {"key": key, **segment}
        for kind in ("condition", "flag", "segment", "experiment", "remote_config"):
            if isinstance(case.get(kind), dict):
                yield name, kind.title().replace("_", ""), case[kind]


def with_keys(config: dict[str, Any]) -> dict[str, Any]:
    """The keys that entities leave out, where the object around them says them."""
    tables = {name: config[name] for name in ("flags", "segments", "experiments", "remote_configs") if name in config}
    return config | {name: {key: {"key": key, **each} for key, each in table.items()} for name, table in tables.items()}


@pytest.mark.parametrize(
    "file",
    [
        str(path.relative_to(VECTORS))
        for folder in ("conditions", "steps", "validation")
        for path in sorted((VECTORS / folder).glob("*.json"))
    ],
)
def test_golden_cases_speak_the_grammar(file: str) -> None:
    documents = vector_documents(json.loads((VECTORS / file).read_text()))
    strange = {
        name
        for name, definition, document in documents
        if not VALIDATORS[definition].is_valid(with_keys(document) if definition == "Config" else document)
    }
    assert strange == OLDER_FORMS.get(file, set()) | BROKEN.get(file, set())
