"""Compiles the bucket functions beside this file. Exit status 1 without a compiler or Python's headers."""

from __future__ import annotations

import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

FOLDER = Path(__file__).parent


def build(folder: Path = FOLDER, *options: str) -> Path:
    """Compile bucket.c into `folder`; gives the module's path. Raises OSError or CalledProcessError.

    The option -DPORTABLE_ONLY leaves the processor's SHA instructions unused.
    """
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[0]
    target = folder / f"_bucket{sysconfig.get_config_var('EXT_SUFFIX')}"
    # A new file is written and renamed, so that a running process never sees half a module.
    unfinished = target.with_suffix(".unfinished")
    command = [compiler, "-O3", "-fPIC", "-shared", "-Wall", "-Wextra", f"-I{sysconfig.get_path('include')}"]
    if sys.platform == "darwin":
        command += ["-undefined", "dynamic_lookup"]
    command += [*options, str(FOLDER / "bucket.c"), "-o", str(unfinished)]
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return unfinished.replace(target)


def main() -> int:
    try:
        print(f"built {build()}")
    except OSError as error:
        print(f"the bucket functions stay in Python: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"the bucket functions stay in Python: {error.stderr.strip()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
