"""Every command and program of the documentation works as it is printed, against what `make up` started."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.devstack.commands import run
from tests.documents import page
from tests.documents.chromium import chromium
from tests.waiting import same, until_blocking

pytestmark = pytest.mark.timeout(900)
TOUR = page.parsed((page.ROOT / "README.md").read_text().split("## Five-minute tour")[1].split("\n## ")[0])
LOCKS = Path(__file__).parent / "locks"
NEEDS = {"python": "python3", "node": "npm", "go": "go", "java": "mvn", "curl": "curl"}
"""The command that each language's page calls first."""
SOURCES = ("libs/bucketing", "sdks/go", "sdks/node", "sdks/python", "sdks/web")
PRINTED_ELSEWHERE = {
    "docs/conformance.md": "the golden cases, which the tests of each SDK run",
    "docs/contributing.md": "make targets and pytest: what CI itself runs",
    "docs/operations/backup.md": "tests/integration/test_backup_and_restore.py runs them",
    "docs/operations/doctor.md": "needs a cluster: tests/integration/test_doctor.py tries the command",
    "docs/operations/aws.md": "needs an account of AWS: tests/deploy/test_terraform.py holds the modules to each other",
    "docs/operations/install.md": "needs a cluster: tests/deploy holds its Secret, values and names to the chart",
    "docs/operations/faults.md": "half an hour and more: tests/chaos/test_alert_paths.py walks two of the paths",
    "docs/operations/logs.md": "needs a container of a service: tests/e2e/test_logs.py turns a level up and back",
    "docs/reliability.md": "make chaos and what an operator does after a disaster",
    **{
        f"docs/operations/runbooks/{each.name}": "needs a cluster in trouble: tests/deploy/test_runbooks.py"
        for each in (page.ROOT / "docs/operations/runbooks").glob("Verdict*.md")
    },
}
RUN = {
    "README.md",
    "docs/api-guide.md",
    "docs/edge.md",
    "docs/events.md",
    "docs/exports.md",
    *(f"docs/integration/{name}.md" for name in (*NEEDS, "browser")),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which `up` runs, and the tour has been taken."""
    folder = tmp_path_factory.mktemp("home")
    run("up", folder)
    try:
        yield folder
    finally:
        run("down", folder)


@pytest.fixture(scope="module")
def toured(home: Path) -> list[str]:
    """What each block of the tour printed."""
    return shell(home, TOUR.commands)


def shell(folder: Path, blocks: list[str], **environment: str) -> list[str]:
    """What each block printed, all in one shell, without colours; a command that fails fails the test."""
    script = "set -euo pipefail\n" + "\necho; echo '=== next'\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return re.sub(r"\x1b\[\d*m", "", done.stdout).split("\n=== next\n")


def variables(home: Path) -> dict[str, str]:
    """Those of build/devstack.env."""
    lines = (home / "build/devstack.env").read_text().splitlines()
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line)[1:])


def answers(text: str) -> list[Any]:
    """The JSON documents of a text, one after the other."""
    read, decoder, text = [], json.JSONDecoder(), text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        read.append(document)
        text = text[end:].strip()
    return read


class Tail:
    """The events that the ingestor takes while the block runs."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def of(self, user: str) -> list[tuple[str, Any]]:
        """Each event of a user: what it is, and its variation or value."""
        events = [event for event in self.events if event["user_key"] == user]
        return sorted(
            ("exposure", event["variation"]) if "variation" in event else ("metric", event["value"]) for event in events
        )


@contextmanager
def tail(home: Path) -> Iterator[Tail]:
    known, seen = variables(home), Tail()
    with (
        httpx.Client(timeout=httpx.Timeout(10, read=None)) as http,
        http.stream(
            "GET", f"{known['INGESTOR']}/v1/events/tail", headers={"Authorization": f"Bearer {known['SERVER_KEY']}"}
        ) as answer,
    ):
        assert answer.status_code == 200

        def listen() -> None:
            try:
                for line in answer.iter_lines():
                    if line.startswith("data: ") and "user_key" in line:
                        data = json.loads(line.removeprefix("data: "))
                        seen.events.append(data.get("event", data))
            except (httpx.StreamError, httpx.TransportError):
                pass

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield seen


def test_the_tour_shows_what_it_says(toured: list[str]) -> None:
    _, edited, evaluated, sent, results = toured
    assert '"environment_versions"' in edited
    assert "TARGETING_MATCH" in evaluated
    assert "SPLIT" in evaluated
    assert '"accepted":1' in sent
    shown = {each["user_key"]: each["variation"] for each in answers(sent)[-1]["recent"]}
    decided = answers(evaluated[evaluated.index('{"environment"') :])
    assert shown["bert"] == decided[1]["variant"] == decided[2]["variant"]
    assert "chi_square" in results


@pytest.mark.parametrize("path", ["docs/edge.md", "docs/events.md", "docs/exports.md", "docs/api-guide.md"])
@pytest.mark.usefixtures("toured")
def test_the_commands_of_a_page_are_taken(home: Path, path: str) -> None:
    commands = page.read(path).commands
    assert commands
    shell(home, [TOUR.commands[0], *commands])


@pytest.fixture(scope="module")
def checkout(home: Path) -> Path:
    """The home with the sources that pages build packages from, as in a checkout."""
    built = shutil.ignore_patterns("node_modules", "build", "dist")
    for name in SOURCES:
        shutil.copytree(page.ROOT / name, home / name, ignore=built)
    return home


@pytest.mark.parametrize("language", list(NEEDS))
@pytest.mark.usefixtures("toured")
def test_a_program_evaluates_and_tracks(checkout: Path, language: str) -> None:
    assert shutil.which(NEEDS[language]), f"the tests need {NEEDS[language]} on the PATH (README, Two commands)"
    text = page.read(f"docs/integration/{language}.md")
    folder = saved(checkout, language, text)
    with tail(checkout) as seen:
        printed = shell(checkout, text.commands, **quiet(folder))
        assert [each for each in text.outputs if each.strip() not in "\n".join(printed)] == []
        assert printed[-1].strip().splitlines()[-1] == text.outputs[-1].strip()
        until_blocking(lambda: same(seen.of(f"{language}-user"), [("exposure", "on"), ("metric", 12.5)]))


@pytest.mark.usefixtures("toured")
def test_pages_in_a_browser_evaluate_and_track(checkout: Path) -> None:
    text = page.read("docs/integration/browser.md")
    folder = saved(checkout, "browser", text)
    start = text.commands[0]
    users = ("browser-user", "react-user", "rendered-user")
    for user, (build, serve), output in zip(users, text.serving(), text.outputs, strict=True):
        shell(checkout, [*dict.fromkeys((start, *build))], **quiet(folder))
        with served(serve, folder, variables(checkout)) as address, tail(checkout) as seen:
            visit = ["node", "visit.mjs", chromium(), address]
            visited = subprocess.run(visit, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
            assert visited.returncode == 0, visited.stdout + visited.stderr
            assert visited.stdout.strip() == output.strip()
            until_blocking(lambda: same(seen.of(user), [("exposure", "on"), ("metric", 12.5)]))  # noqa: B023


@contextmanager
def served(command: str, folder: Path, known: dict[str, str]) -> Iterator[str]:
    """The address that the web server prints; it ends with the block."""
    environment = os.environ | known | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        shlex.split(command), cwd=folder, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            assert server.stdout is not None
            yield re.findall(r"\((http://.*?)/?\)", server.stdout.readline())[0]
        finally:
            server.terminate()


def saved(home: Path, language: str, text: page.Page) -> Path:
    """The page's files in the folder that it names, with the lock files that hold its packages to their hashes."""
    folder = home / f"build/hello-{language}"
    for name, content in text.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    if (LOCKS / language).is_dir():
        shutil.copytree(LOCKS / language, folder, dirs_exist_ok=True)
    return folder


def quiet(folder: Path) -> dict[str, str]:
    """Settings of package managers for a test: no news, the compiler at hand, and no lock file changes."""
    return {
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "GOTOOLCHAIN": "local",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PWD": str(folder),
    }


def test_no_page_prints_commands_that_nobody_runs() -> None:
    pages = [page.ROOT / "README.md", *(page.ROOT / "docs").rglob("*.md"), *(page.ROOT / "deploy").rglob("*.md")]
    commanding = {str(each.relative_to(page.ROOT)) for each in pages if page.parsed(each.read_text()).commands}
    assert commanding - RUN == set(PRINTED_ELSEWHERE) & commanding
    assert commanding >= RUN
    assert commanding >= set(PRINTED_ELSEWHERE)
