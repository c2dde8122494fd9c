"""`python -m feature_flag_platform.driver`: a command a line in, an answer a line out."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from feature_flag_platform.driver.commands import Driver


def answer(driver: Driver, line: str) -> dict[str, Any]:
    """The answer to a line, whatever stands in it."""
    try:
        return {"ok": True, "result": driver.obey(json.loads(line))}
    except Exception as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Until the input ends; the client is closed as at the exit of any program."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    driver = Driver()
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(json.dumps(answer(driver, line)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
