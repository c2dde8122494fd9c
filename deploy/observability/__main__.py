"""Writes what follows from the services' metrics; with --check tells what differs."""

from __future__ import annotations

import argparse
from pathlib import Path

from deploy.observability.catalogue import ROOT
from deploy.observability.dashboards import dashboard_files
from deploy.observability.metrics_page import PAGE, metrics_page


def generated() -> dict[Path, str]:
    """The text of each file that is made."""
    return {PAGE: metrics_page(), **dashboard_files()}


def differing() -> list[Path]:
    """Files that aren't as they are made."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.observability", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something differs")
    if parser.parse_args().check:
        if wrong := differing():
            raise SystemExit("not as they are made: " + ", ".join(str(each.relative_to(ROOT)) for each in wrong))
        return
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
