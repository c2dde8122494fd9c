"""docs/evaluation.md names golden cases; they exist, and its limits are the engine's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from bucketing import limits, patterns

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.json)#([^`]+)`", TEXT)))


@pytest.mark.parametrize(("file", "case"), NAMED, ids=["#".join(one) for one in NAMED])
def test_a_named_case_exists(file: str, case: dict[str, Any]) -> None:
    document = json.loads((ROOT / "tests" / "vectors" / file).read_text(encoding="utf-8"))
    assert case in [one.get("id") for one in document["cases"]]


def test_the_page_names_cases() -> None:
    assert len(NAMED) > 100


@pytest.mark.parametrize(
    ("row", "number"),
    [
        ("attribute name", limits.ATTRIBUTE_NAME_BYTES_MAX),
        ("nesting of conditions", limits.CONDITION_DEPTH_MAX),
        ("comparisons in a flag's rules, in a segment", limits.FLAG_COMPARISONS_MAX),
        ("comparisons in a flag's rules, in a segment", limits.SEGMENT_COMPARISONS_MAX),
        ("text literal", limits.LITERAL_TEXT_BYTES_MAX),
        ("list literal", limits.LITERAL_LIST_MAX),
        ("pattern", patterns.PATTERN_BYTES_MAX),
        ("rules of a flag", limits.FLAG_RULES_MAX),
        ("variations of a flag", limits.FLAG_VARIATIONS_MAX),
        ("targets of a flag", limits.FLAG_TARGETS_MAX),
        ("prerequisites of a flag", limits.FLAG_PREREQUISITES_MAX),
        ("keys of each kind in a segment's long list", limits.LONG_LIST_KEYS_MAX),
        ("a rule's description", limits.DESCRIPTION_BYTES_MAX),
        ("a flag's description", limits.FLAG_DESCRIPTION_BYTES_MAX),
        ("entries of a flag's metadata", limits.METADATA_ENTRIES_MAX),
        ("name, text in a flag's metadata", limits.METADATA_NAME_BYTES_MAX),
        ("keys in each list of a segment", limits.SEGMENT_KEYS_MAX),
        ("overrides of a remote config", limits.CONFIG_OVERRIDES_MAX),
        ("holdouts of an experiment", limits.EXPERIMENT_HOLDOUTS_MAX),
    ],
)
def test_the_page_tells_the_limits(row: str, number: int) -> None:
    stated = re.search(rf"^\| {re.escape(row)} \| ([\d,]+)", TEXT, re.MULTILINE)
    assert stated is not None
    assert int(stated.group(1).replace(",", "")) == number


@pytest.mark.parametrize(
    ("row", "pattern"),
    [("key of an entity", limits.ENTITY_KEY_PATTERN), ("key of a variation", limits.VARIATION_KEY_PATTERN)],
)
def test_the_page_tells_what_a_key_is(row: str, pattern: str) -> None:
    assert f"| {row} | `{pattern}` |" in TEXT


def test_the_guide_tells_what_a_key_is() -> None:
    assert f"| key | `{limits.ENTITY_KEY_PATTERN}`, " in (ROOT / "docs" / "api-guide.md").read_text(encoding="utf-8")


def test_the_example_document_is_one() -> None:
    from bucketing.document import flagset_from_document, flagset_to_document

    block = re.search(r"```json\n(\{\"schema_version\".*?)```", TEXT, re.DOTALL)
    assert block is not None
    example = json.loads(block[1])
    flagset = flagset_from_document(example)
    del example["flags"]["new-checkout"]["rules"][0]["description"]
    assert flagset_to_document(flagset) == example
