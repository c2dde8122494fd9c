"""A Chromium for tests that look at a page."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

INSTALL = "apt-get install -y --no-install-recommends chromium"


def chromium() -> str:
    """The path of the browser; it is installed where Debian's packages can be, else the test fails with the command."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        for command in ("apt-get update", INSTALL):
            subprocess.run(command.split(), check=False, capture_output=True, timeout=240)
        found = shutil.which("chromium")
    if found is None:
        pytest.fail(f"the tests need Chromium: {INSTALL}")
    return found
