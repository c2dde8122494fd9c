"""Commands as a page prints them, run by a shell."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def printed(page: str, heading: str) -> list[str]:
    """The shell's blocks below a heading, up to the next one of any level."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    return _BLOCK.findall(re.split(r"^#+ ", section, flags=re.MULTILINE)[0])


def run(block: str, environment: Mapping[str, str]) -> str:
    """Its output; fails where a command of it does."""
    done = ran(block, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ran(block: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
