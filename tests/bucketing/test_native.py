"""The bucket functions in C and in Python are the same functions."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from bucketing import hashing, native
from bucketing import splits as splitting
from bucketing.hashing import native_start, python_bucket, python_start, text_bytes
from bucketing.native.__main__ import build
from bucketing.splits import PythonSplit, python_chosen
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = [
    case
    for name in ("bucketing.json", "hashing/surrogates.json")
    for case in json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]
]
LENGTHS = [0, 1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 121, 127, 128, 129, 503, 504, 1_000]
TEXTS = st.text(alphabet=st.characters(), max_size=200)
# A split of all buckets: what a unit gets is its bucket.
BOUNDS, BUCKETS = tuple(range(1, 10_000)), tuple(range(10_000))


class Implementation(NamedTuple):
    start: Callable[[str, str], Any]
    bucket: Callable[[Any, str], int]
    Split: Callable[[Any, tuple[int, ...], tuple[Any, ...]], Any]
    chosen: Callable[..., list[Any]]

    def splits(self, prefixes: list[str]) -> tuple[Any, ...]:
        """Whose `chosen` outcomes are the unit's buckets under several prefixes."""
        return tuple(self.Split(self.start(each, ""), BOUNDS, BUCKETS) for each in prefixes)


def loaded(path: Path) -> Implementation:
    spec = importlib.util.spec_from_file_location("_bucket", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert native.INTERFACE == module.INTERFACE
    return Implementation(native_start, module.bucket, module.Split, module.chosen)


@pytest.fixture(scope="module")
def implementations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Implementation]:
    """Python's, and each that this machine can compile."""
    found = {"python": Implementation(python_start, python_bucket, PythonSplit, python_chosen)}
    for name, options in {"native": (), "portable": ("-DPORTABLE_ONLY",)}.items():
        try:
            found[name] = loaded(build(tmp_path_factory.mktemp(name), *options))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"not compiled here: {error}")
    return found


def hashed(prefix: str, unit: str) -> int:
    """The bucket as docs/evaluation.md defines it."""
    return int(hashlib.sha256(text_bytes(prefix) + text_bytes(unit)).hexdigest(), 16) % 10_000


def test_the_golden_cases_hold_for_each(implementations: dict[str, Implementation]) -> None:
    for each in implementations.values():
        for case in CASES:
            assert each.bucket(each.start(case["salt"], case["flag"]), case["unit"]) == case["bucket"]


def test_the_golden_cases_hold_for_all_flags_of_a_unit_at_once(implementations: dict[str, Implementation]) -> None:
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        by_unit.setdefault(case["unit"], []).append(case)
    for each in implementations.values():
        for unit, cases in by_unit.items():
            expected = [case["bucket"] for case in cases]
            splits = each.splits([case["salt"] + case["flag"] for case in cases])
            assert each.chosen(splits, unit) == expected


@pytest.mark.parametrize("length", range(200))
def test_every_length_agrees_with_hashlib(implementations: dict[str, Implementation], length: int) -> None:
    for each in implementations.values():
        for before in {0, 1, length // 2, length}:
            prefix, unit = "s" * before, "u" * (length - before)
            assert each.bucket(each.start(prefix, ""), unit) == hashed(prefix, unit)


@pytest.mark.parametrize("prefix", LENGTHS)
def test_every_length_around_a_block_agrees(implementations: dict[str, Implementation], prefix: int) -> None:
    pairs = [["s" * prefix, "t" * other] for other in LENGTHS]
    for each in implementations.values():
        made = [each.splits(pair) for pair in pairs]
        for unit in ["ü" * size for size in LENGTHS]:
            for pair, splits in zip(pairs, made, strict=True):
                assert each.chosen(splits, unit) == [hashed(one, unit) for one in pair]


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_any_texts_agree(implementations: dict[str, Implementation], prefixes: list[str], unit: str) -> None:
    expected = [hashed(each, unit) for each in prefixes]
    for each in implementations.values():
        assert [each.bucket(each.start(prefix, ""), unit) for prefix in prefixes] == expected
        assert each.chosen(each.splits(prefixes), unit) == expected


BORDERS = st.lists(st.integers(1, 9_999), unique=True, max_size=5).map(sorted)


@given(BORDERS, TEXTS)
def test_a_bucket_gets_the_outcome_of_its_share(
    implementations: dict[str, Implementation], bounds: list[int], unit: str
) -> None:
    outcomes = tuple(object() for _ in range(len(bounds) + 1))
    expected = outcomes[sum(bound <= hashed("flag", unit) for bound in bounds)]
    for each in implementations.values():
        split = each.Split(each.start("flag", ""), tuple(bounds), outcomes)
        assert each.chosen((split,), unit) == [expected]


def test_what_is_no_split_stays_where_it_is(implementations: dict[str, Implementation]) -> None:
    odd: tuple[Any, ...] = ("a", None, 5, (), [], object())
    for each in implementations.values():
        assert each.chosen((), None) == []
        assert each.chosen(odd, None) == list(odd)
        split = each.Split(each.start("s", ""), (), ("all",))
        assert each.chosen((split, *odd, split, split), "u") == ["all", *odd, "all", "all"]


class Written(dict[Any, str]):
    """Answers that are written when they are first asked for."""

    def __missing__(self, key: Any) -> str:
        written = f"written {key}"
        if key == "kept":
            self[key] = written
        return written


@pytest.mark.parametrize("answers", [Written(known="prepared"), MappingProxyType(Written(known="prepared"))])
def test_answers_are_looked_up(implementations: dict[str, Implementation], answers: Mapping[Any, str]) -> None:
    for each in implementations.values():
        split = each.Split(each.start("s", ""), (), ("all",))
        for _ in range(2):
            expected = [answers[key] for key in ("known", "all", "other", "kept")]
            assert each.chosen(("known", split, "other", "kept"), "u", answers) == expected
        assert each.chosen(("known", split), "u", None) == ["known", "all"]
        with pytest.raises(KeyError):
            each.chosen(("gone",), None, {})
        with pytest.raises(TypeError):
            each.chosen(([],), None, {})


def test_outcomes_and_answers_are_let_go(implementations: dict[str, Implementation]) -> None:
    for each in implementations.values():
        outcome = object()
        before = sys.getrefcount(outcome)
        split = each.Split(each.start("s", ""), (5_000,), (outcome, outcome))
        for unit in map(str, range(100)):
            assert each.chosen((split, split, split), unit) == [outcome] * 3
            assert each.chosen((split, outcome, outcome), unit, {outcome: outcome}) == [outcome] * 3
            with pytest.raises(KeyError):
                each.chosen((split, outcome), unit, {})
        del split
        assert sys.getrefcount(outcome) == before


def test_arguments_of_another_type_are_refused(implementations: dict[str, Implementation]) -> None:
    for name, each in implementations.items():
        if name == "python":
            continue
        odd: list[Any] = [(), ("", ""), (b"", b""), (b"", "", "")]
        for arguments in odd:
            with pytest.raises(TypeError):
                each.bucket(*arguments)
        odd = [(), ((),), ((), "u", None, None), ([], "u"), ((each.Split(b"", (), ("x",)),), None)]
        for arguments in odd:
            with pytest.raises(TypeError):
                each.chosen(*arguments)
        odd = [(), ("", (), ()), (b"", [], ()), (b"", (), []), (b"", ("x",), (1, 2))]
        for arguments in odd:
            with pytest.raises(TypeError):
                each.Split(*arguments)
        for bounds in [(), (1, 2), (-1,), (10_001,), (2**80,)]:
            with pytest.raises((ValueError, OverflowError)):
                each.Split(b"", bounds, (1, 2))
        with pytest.raises(ValueError, match="rise"):
            each.Split(b"", (5, 4), (1, 2, 3))


def test_the_engine_uses_the_compiled_ones_if_there_are_any() -> None:
    used = (hashing.start, hashing.bucket_of, splitting.Split, splitting.chosen)
    if native.BUILT is None:
        assert used == (python_start, python_bucket, PythonSplit, python_chosen)
    else:
        assert used == (native_start, *native.BUILT)


def test_without_a_compiler_the_command_says_so() -> None:
    script = """
import sys, sysconfig
sysconfig.get_config_vars()["CC"] = "/nowhere/cc"
from bucketing.native.__main__ import main
sys.exit(main())
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "in Python" in finished.stderr
