"""Writes what follows from the chart's values and the services' settings; with --check tells what differs."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from deploy.helm.charts import CHART
from deploy.helm.plain import FOLDER, plain_files
from deploy.helm.schema import values_schema
from deploy.helm.secret_entries import secret_table
from deploy.helm.value_lines import table

ROOT = Path(__file__).resolve().parents[2]
NATS_CONF = ROOT / "deploy/docker/nats.conf"


def generated() -> dict[Path, str]:
    """The text of each file that is made."""
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    for name, text in (("values", table()), ("secret", secret_table())):
        before, begin, rest = readme.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        readme = f"{before}{begin}{text}\n{end}{after}"
    return {
        CHART / "values.schema.json": json.dumps(values_schema(), indent=1) + "\n",
        CHART / "README.md": readme,
        # A chart is packed alone.
        CHART / "files/nats.conf": NATS_CONF.read_text(encoding="utf-8"),
        **{FOLDER / name: text for name, text in plain_files().items()},
    }


def differing() -> list[Path]:
    """Files that aren't as they are made, and manifests that nothing makes."""
    made = generated()
    wrong = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return [*wrong, *(path for path in FOLDER.glob("*.yaml") if path not in made)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.helm", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something differs")
    if parser.parse_args().check:
        if wrong := differing():
            raise SystemExit("not as they are made: " + ", ".join(str(each.relative_to(ROOT)) for each in wrong))
        return
    # The schema first: it is asked when the rest is rendered.
    (CHART / "values.schema.json").write_text(json.dumps(values_schema(), indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(NATS_CONF, CHART / "files/nats.conf")
    made = generated()
    for path in FOLDER.glob("*.yaml"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
