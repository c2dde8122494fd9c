"""`python -m feature_flag_platform.conformance FILE…`: one JSON line for each case, and a summary for each file.

It runs the engine that evaluates in this package, which also takes the forms that SDKs may leave out (validity, cycle).
Of a form that no SDK evaluates each case is skipped. Exit status: 0 if no case with the role `must` failed, 1 if one
did, 2 if a file is no file of golden cases.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from feature_flag_platform.conformance.runner import lines_of


def main(names: list[str]) -> int:
    """Runs all files; gives the exit status."""
    if not names:
        sys.stderr.write("usage: python -m feature_flag_platform.conformance FILE…\n")
        return 2
    must_failed = 0
    for name in names:
        try:
            for line in lines_of(Path(name)):
                sys.stdout.write(json.dumps(line) + "\n")
                must_failed += line.get("summary", {}).get("must_failed", 0)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            return 2
    return 1 if must_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
