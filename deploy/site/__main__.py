"""`make docs-generate`: the documentation as a site that works without a network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.site.build import build
from deploy.site.errors import SiteError


def main() -> int:
    """0 when the site is made; 1 with what is wrong, as a link to nothing."""
    parser = argparse.ArgumentParser(prog="make docs-generate", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/site"), help="its folder, made anew")
    parser.add_argument("--scratch", type=Path, default=Path("build/site-pages"), help="what it is made from")
    options = parser.parse_args()
    try:
        count = build(options.output, options.scratch)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} pages in {options.output}; open {options.output}/index.html.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
