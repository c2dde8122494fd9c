"""The bucket function in C and in Python are one function."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from bucketing import native
from bucketing.hashing import native_start, place, python_place, python_start, start
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


def loaded(path):
    spec = importlib.util.spec_from_file_location("_place", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.place


@pytest.fixture(scope="module")
def implementations(tmp_path_factory):
    """Python's, and each that this machine can compile."""
    found = {"python": (python_start, python_place)}
    for name, options in {"native": (), "portable": ("-DPORTABLE_ONLY",)}.items():
        try:
            found[name] = (native_start, loaded(build(tmp_path_factory.mktemp(name), *options)))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"not compiled here: {error}")
    return found


def test_the_golden_cases_hold_for_each(implementations):
    for begin, bucket_of in implementations.values():
        for case in CASES:
            assert bucket_of(begin(case["salt"], case["flag"]), case["unit"]) == case["bucket"]


@pytest.mark.parametrize("prefix", LENGTHS)
def test_every_length_around_a_block_agrees(implementations, prefix):
    for unit in LENGTHS:
        buckets = {of(begin("s" * prefix, ""), "ü" * unit) for begin, of in implementations.values()}
        assert len(buckets) == 1


@given(st.text(), st.text(alphabet=st.characters()))
def test_any_texts_agree(implementations, prefix, unit):
    assert len({of(begin(prefix, ""), unit) for begin, of in implementations.values()}) == 1


def test_arguments_of_another_type_are_refused(implementations):
    for name, (_, bucket_of) in implementations.items():
        if name != "python":
            for arguments in [(), ("", ""), (b"", b""), (b"", "", "")]:
                with pytest.raises(TypeError):
                    bucket_of(*arguments)


def test_the_engine_uses_the_compiled_one_if_there_is_one():
    assert (start, place) == ((python_start, python_place) if native.place is None else (native_start, native.place))


def test_without_a_compiler_the_command_says_so():
    script = """
import sys, sysconfig
sysconfig.get_config_vars()["CC"] = "/nowhere/cc"
from bucketing.native.__main__ import main
sys.exit(main())
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "stays in Python" in finished.stderr
