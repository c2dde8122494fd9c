"""The report tells a broken promise as broken."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from chaos.promises import Promise, print_promises, write_report
from chaos.sdk import Responses

KEPT = Promise("nothing is lost", "kills", "0 lost", met=True)
BROKEN = Promise("nothing is doubled", "repeats", "1 doubled", met=False)


def printed(*promises: Promise) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_promises(console, promises)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_table_sums_up() -> None:
    assert "All 1 promises kept." in printed(KEPT)
    assert "1 of 2 promises broken: nothing is doubled" in printed(KEPT, BROKEN)


def test_the_report_is_met_only_as_a_whole(tmp_path: Path) -> None:
    for promises, met in (((KEPT,), True), ((KEPT, BROKEN), False)):
        write_report(tmp_path / "new" / "report.json", promises, {"seed": 7})
        document = json.loads((tmp_path / "new" / "report.json").read_text())
        assert (document["met"], document["seed"], len(document["promises"])) == (met, 7, len(promises))


def test_only_answers_that_an_sdk_expects_are_fine() -> None:
    heard = Responses()
    heard.answers.update({"202": 5, "503": 2, "429": 1, "cut": 3})
    assert heard.unexpected() == {}
    heard.answers.update({"401": 1, "500": 2})
    assert heard.unexpected() == {"401": 1, "500": 2}
