"""The Python SDK and the engine as packages: built, installed into an empty environment, and doing what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_script.process import ScriptedEdge, scripted_edge

from tests.documents.page import parsed
from tests.sdks.python.documents import boolean, document, one_value
from tests.waiting import until_blocking

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = {"verdict_bucketing": ROOT / "libs/bucketing", "feature_flag_platform": ROOT / "sdks/python"}
SECONDS = 120


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What it prints; it must succeed."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of each project, built from copies of their folders."""
    folder = tmp_path_factory.mktemp("packed")
    for name, project in PROJECTS.items():
        copy = folder / "sources" / name
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        run(sys.executable, "-m", "hatchling", "build", "--directory", folder, cwd=copy)
    return folder


@pytest.fixture(scope="module")
def installed(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with both wheels, and with the packages of others that the tests have."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    [site] = folder.glob("lib/python*/site-packages")
    # What a path file names is not searched for further path files, so nothing of this checkout comes with it.
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    for wheel in packed.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(site)
    return folder / "bin/python"


@pytest.mark.parametrize("name", PROJECTS)
def test_a_source_distribution_gives_the_same_wheel(packed: Path, tmp_path: Path, name: str) -> None:
    [source], [wheel] = packed.glob(f"{name}-*.tar.gz"), packed.glob(f"{name}-*.whl")
    shutil.unpack_archive(source, tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "--directory", tmp_path, cwd=unpacked)
    assert content(tmp_path / wheel.name) == content(wheel)


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.endswith("/RECORD")}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_has_all_of_its_package_and_nothing_else(packed: Path, name: str) -> None:
    [wheel] = packed.glob(f"{name}-*.whl")
    folder = PROJECTS[name] if name == "verdict_bucketing" else PROJECTS[name] / name
    root = "bucketing" if name == "verdict_bucketing" else name
    suffixes = (".py", ".typed", ".c", ".h")
    expected = {
        f"{root}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.suffix in suffixes
    } | {f"{root}/py.typed"}
    found = {each for each in content(wheel) if ".dist-info/" not in each}
    assert found == expected


def test_what_applications_install_is_typed_for_python_3_10(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--python-version", "3.10", "--cache-dir", str(tmp_path)]
    run(*command, "libs/bucketing", "sdks/python", cwd=ROOT)


@pytest.fixture(scope="module")
def edge() -> Iterator[ScriptedEdge]:
    with scripted_edge() as edge:
        green = one_value("string", "green")
        edge.put("document", document(flags={"new-feature": boolean(), "button-color": green}, version=2))
        yield edge


def test_each_program_of_the_readme_prints_what_it_says(installed: Path, edge: ScriptedEdge, tmp_path: Path) -> None:
    readme = parsed((PROJECTS["feature_flag_platform"] / "README.md").read_text())
    for name, text in readme.files.items():
        (tmp_path / name).write_text(text)
    install, *commands = readme.commands
    assert install == "pip install feature-flag-platform\n"
    assert len(commands) == len(readme.outputs) == len(readme.files)
    for command, output in zip(commands, readme.outputs, strict=True):
        python, program = command.split()
        assert python == "python"
        printed = run(installed, program, cwd=tmp_path, FLAGS_KEY=edge.server_key, FLAGS_EDGE=edge.edge)
        assert printed == output
    until_blocking(lambda: [each["metric"] for each in edge.get("events?type=metric")] == ["conversion"])


def test_what_is_installed_runs_golden_cases_and_imports_nothing_of_the_checkout(installed: Path) -> None:
    cases = [ROOT / "tests/vectors" / name for name in ("bucketing.json", "steps/rollouts.json", "statistics.json")]
    printed = run(installed, "-m", "feature_flag_platform.conformance", *cases, cwd=installed.parent)
    assert '"must_failed": 0, "skipped": 0' in printed
    where = "import bucketing, feature_flag_platform as f; print(bucketing.__file__, f.__file__)"
    assert str(ROOT) not in run(installed, "-c", where, cwd=installed.parent)
