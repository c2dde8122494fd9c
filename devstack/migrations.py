"""`make migrate-up` and `make migrate-down`: the databases' migrations, on the stack of `make up` or, where the
environment names a database (`FF_DATABASE_URL`, `FF_CLICKHOUSE_URL`), there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .run_files import STACK_FOLDER
from .running_parts import read_parts

_PROGRAMS = {"control_plane": "FF_DATABASE_URL", "analytics": "FF_CLICKHOUSE_URL"}
"""What migrates a database by its command `migrate`, and the setting that says where that is."""
_NO_WAY_DOWN = """\
No migration goes down: each adds, so that the version before works on what it leaves. Nothing was changed.

  A release that misbehaves   Take the services back, and leave the databases as they are: helm rollback, or the
                              images of the version before (docs/contributing.md, the order of an upgrade).
  A migration that is wrong   Write a further one that puts it right (docs/contributing.md, migrations).
  Data that a migration hurt  Restore the backup from before it, then tell the bus which side is right
                              (docs/recovery.md).
  A draft on this machine     make clean, then make up: from nothing, with the data of the demo.
"""


@dataclass(frozen=True)
class Migration:
    """One database's program, with the settings that it runs with."""

    program: str
    environment: dict[str, str]

    def run(self) -> int:
        """Its status: 0 when everything that it knows is applied."""
        script = str(Path(sys.executable).with_name(self.program))
        return subprocess.run([script, "migrate"], env=self.environment, check=False).returncode


def migrations() -> list[Migration]:
    """Of the databases that the environment names; else of the running stack; none when there is neither."""
    named = [program for program, setting in _PROGRAMS.items() if os.environ.get(setting)]
    if named:
        return [Migration(each, dict(os.environ)) for each in named]
    own = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
    running = {each.name: each for each in read_parts(STACK_FOLDER)}
    return [Migration(each, own | running[each].environment) for each in _PROGRAMS if each in running]


def up() -> int:
    """0 when all are up; the first status that isn't 0, or 1 when there is no database."""
    found = migrations()
    if not found:
        print(
            "There is no database: `make up` starts a stack, FF_DATABASE_URL and FF_CLICKHOUSE_URL name others "
            "(.env.example has all settings).",
            file=sys.stderr,
        )
        return 1
    return next((status for each in found if (status := each.run())), 0)


def down() -> int:
    """1: says why there is no way down, and which ways back there are."""
    print(_NO_WAY_DOWN, file=sys.stderr, end="")
    return 1


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]]())
