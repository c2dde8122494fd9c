"""The bucket function in C and in Python are one function."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bucketing import native
from bucketing.hashing import bucket_of, native_start, python_bucket, python_start, start
from bucketing.native.__main__ import build
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = [
    case
    for name in ("bucketing.json", "hashing/surrogates.json")
    for case in json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]
]
LENGTHS = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 1_000]


Implementation = tuple[Callable[[str, str], Any], Callable[[Any, str], int]]


def loaded(path: Path) -> Callable[[Any, str], int]:
    spec = importlib.util.spec_from_file_location("_bucket", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    bucket: Callable[[Any, str], int] = module.bucket
    return bucket


@pytest.fixture(scope="module")
def implementations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Implementation]:
    """Python's, and each that this machine can compile."""
    found: dict[str, Implementation] = {"python": (python_start, python_bucket)}
    for name, options in {"native": (), "portable": ("-DPORTABLE_ONLY",)}.items():
        try:
            found[name] = (native_start, loaded(build(tmp_path_factory.mktemp(name), *options)))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"not compiled here: {error}")
    return found


def test_the_golden_cases_hold_for_each(implementations: dict[str, Implementation]) -> None:
    for begin, function in implementations.values():
        for case in CASES:
            assert function(begin(case["salt"], case["flag"]), case["unit"]) == case["bucket"]


@pytest.mark.parametrize("prefix", LENGTHS)
def test_every_length_around_a_block_agrees(implementations: dict[str, Implementation], prefix: int) -> None:
    for unit in LENGTHS:
        buckets = {of(begin("s" * prefix, ""), "ü" * unit) for begin, of in implementations.values()}
        assert len(buckets) == 1


@given(st.text(), st.text(alphabet=st.characters()))
def test_any_texts_agree(implementations: dict[str, Implementation], prefix: str, unit: str) -> None:
    assert len({of(begin(prefix, ""), unit) for begin, of in implementations.values()}) == 1


def test_arguments_of_another_type_are_refused(implementations: dict[str, Implementation]) -> None:
    for name, (_, function) in implementations.items():
        if name != "python":
            odd: list[Any] = [(), ("", ""), (b"", b""), (b"", "", "")]
            for arguments in odd:
                with pytest.raises(TypeError):
                    function(*arguments)


def test_the_engine_uses_the_compiled_one_if_there_is_one() -> None:
    assert (start, bucket_of) == (
        (python_start, python_bucket) if native.bucket is None else (native_start, native.bucket)
    )


def test_without_a_compiler_the_command_says_so() -> None:
    script = """
import sys, sysconfig
sysconfig.get_config_vars()["CC"] = "/nowhere/cc"
from bucketing.native.__main__ import main
sys.exit(main())
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "stays in Python" in finished.stderr
