"""Each page leads somebody who was woken: the same headings, and three commands that there are."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from analytics import main as analytics
from control_plane import main as control_plane

from chaos.paths.pages import first_commands
from tests.contract.test_settings import FIELDS
from tests.deploy.alert_rules import Alert, alerts, records
from tests.deploy.manifests import of_kind, rendered_of
from tests.deploy.promql import named

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/operations/runbooks"
PAGES = sorted(each for each in FOLDER.glob("*.md") if each.stem != "README")
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
RELIABILITY = FOLDER.parents[1] / "reliability.md"
HEADINGS = ["What it means", "What users notice", "First commands", "How it ends"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORKLOAD = re.compile(r"\b(deploy|svc|sts|job)/([\w-]+)")
COMPONENT = re.compile(r"app\.kubernetes\.io/component=([\w-]+)")
KINDS = {"deploy": "Deployment", "svc": "Service", "sts": "StatefulSet", "job": "Job"}
PROGRAMS = {"kubectl", "nats", "curl", "timedatectl"}
ALERTS = {each.name: each for each in alerts()}


class Parsed(Exception):
    """A command line was read to its end."""


def read_by(program: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the command line takes these words; nothing of it is run."""
    entry = {"analytics": analytics, "control_plane": control_plane}[program]
    parse = argparse.ArgumentParser.parse_args

    def stop(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        parse(parser, words)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    try:
        entry.main()
    except Parsed:
        return True
    except SystemExit:
        return False
    return False


def commands(text: str) -> list[str]:
    """What is run by a block, continued lines put together."""
    return text.replace("\\\n", " ").strip().splitlines()


def ours(text: str) -> Iterator[tuple[str, list[str]]]:
    """Our own commands in a page: those that blocks run, and those that sentences name with words behind."""
    for language, block in BLOCK.findall(text):
        for command in commands(block) if language == "bash" else ():
            words = shlex.split(command)
            for program in {"control_plane", "analytics"} & set(words):
                yield program, words[words.index(program) + 1 :]
    for named_inline in re.findall(r"`((?:control_plane|analytics) [^`]+)`", BLOCK.sub("", text)):
        program, *words = shlex.split(named_inline)
        yield program, words


def section(text: str, heading: str) -> str:
    return text.split(f"**{heading}**")[1].split("\n**", maxsplit=1)[0]


def sought_in_logs(text: str) -> set[str]:
    """What pages look for in our logs: names of loggers, and words of messages."""
    found = re.findall(r"logs [^\n]*\| grep (?:-E )?(?:'([^'\n]+)'|\"([^\"\n]+)\")", text)
    wanted = {word for pair in found for word in re.sub(r"[()]", "", pair[0] or pair[1]).split("|")}
    return {re.sub(r'.*"logger":"', "", each).strip('"') for each in wanted if '"level"' not in each} - {"WARNING"}


def rendered_names() -> set[tuple[str, str]]:
    return {
        (each["kind"], each["metadata"]["name"])
        for values in ("small", "standard", "own")
        for each in of_kind(rendered_of(values), *KINDS.values())
    }


def rendered_components() -> set[str]:
    return {
        each["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in of_kind(rendered_of("everything"), "Deployment", "StatefulSet")
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_it_has_the_same_headings_and_three_commands(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"# {page.stem}"
    assert re.findall(r"^\*\*(.+)\*\*$", text, re.MULTILINE) == HEADINGS
    assert all(section(text, each).strip() for each in HEADINGS)
    assert len(BLOCK.findall(section(text, "First commands"))) == len(BLOCK.findall(text)) == 3
    assert len(text.splitlines()) <= 45


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_what_asks_clickhouse_is_kept_for_when_it_answers(page: Path) -> None:
    for command in first_commands(page.stem):
        if command.language == "sql" and re.search(r"\b(system|verdict)\.\w", command.text):
            assert command.once == "ClickHouse"


@pytest.mark.parametrize(
    ("alert", "store"),
    [
        ("VerdictLoaderRetries", "ClickHouse"),
        ("VerdictLoaderBehind", "ClickHouse"),
        ("VerdictResultSnapshotsFail", "ClickHouse"),
        ("VerdictDatabaseAway", "PostgreSQL"),
    ],
)
def test_who_finds_a_store_away_reads_first_what_to_do(alert: str, store: str) -> None:
    text = (FOLDER / f"{alert}.md").read_text(encoding="utf-8")
    assert section(text, "First commands").strip().startswith(f"If {store} doesn't answer, ")
    assert [each.once for each in first_commands(alert) if each.language == "sql"] == [store]


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_its_commands_are_there(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    for language, block in BLOCK.findall(text):
        assert language in ("bash", "sql", "promql")
        if language == "bash":
            assert {shlex.split(each)[0] for each in commands(block)} <= PROGRAMS
        if language == "promql":
            assert named(block).wrong == ()
            assert set(re.findall(r"\bverdict:\w+:\w+", block)) <= records().keys()
    for program, words in ours(text):
        with monkeypatch.context() as patched:
            assert read_by(program, words, patched), (program, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_what_it_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\bFF_[A-Z0-9_]*[A-Z0-9]", text)) <= FIELDS.keys()
    run = "".join(block for _, block in BLOCK.findall(text))
    assert {(KINDS[kind], name) for kind, name in WORKLOAD.findall(run)} <= rendered_names()
    assert set(COMPONENT.findall(text)) <= rendered_components()
    assert named(" ".join(re.findall(r"verdict_[a-z_]+", BLOCK.sub("", text)))).wrong == ()


def test_logs_have_the_words_that_are_looked_for() -> None:
    sources = "".join(
        each.read_text(encoding="utf-8") for folder in ("services", "libs") for each in (ROOT / folder).rglob("*.py")
    )
    sought = {word for page in PAGES for word in sought_in_logs(page.read_text(encoding="utf-8"))}
    assert len(sought) > 10
    assert [
        each for each in sorted(sought) if f'("{each}")' not in sources and not re.search(f'"[^"\\n]*{each}', sources)
    ] == []


def test_what_is_not_there_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "Say `analytics replay`.\n\n```bash\nkubectl exec deploy/x -- control_plane recover --all\n```\n"
    found = list(ours(page))
    assert found == [("control_plane", ["recover", "--all"]), ("analytics", ["replay"])]
    for program, words in found:
        with monkeypatch.context() as patched:
            assert not read_by(program, words, patched)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda each: each.name)
def test_the_index_has_it_once(alert: Alert) -> None:
    rows = re.findall(rf"^\| \[{alert.name}\]\({alert.name}\.md\) \| (\w+) \| (.+) \|$", INDEX, re.MULTILINE)
    assert [severity for severity, _ in rows] == [alert.severity]


def test_alarms_of_the_other_pages_name_their_alert() -> None:
    for line in RELIABILITY.read_text(encoding="utf-8").splitlines():
        if re.search(r"\balarm (on|over|when)\b", line):
            assert re.search(r"\[Verdict\w+\]\(operations/runbooks/Verdict\w+\.md\)", line), line
