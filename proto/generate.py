"""Writes `libs/messages/generated/` from the proto files. `--check` only tells whether they agree."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent
TARGET = ROOT.parent / "libs" / "messages" / "generated"


def generate(target: Path) -> None:
    """Writes `*_pb2.py` and their type stubs into `target`, made flat with imports inside the package."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("verdict/*/*.proto"))
        arguments = ["protoc", f"-I{ROOT}", f"--python_out={scratch}", f"--pyi_out={scratch}", *sources]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc failed")
        target.mkdir(parents=True, exist_ok=True)
        (target / "__init__.py").touch()
        for path in sorted(Path(scratch).glob("verdict/*/*")):
            (target / path.name).write_bytes(path.read_bytes())


def differing(target: Path) -> list[str]:
    """Names of generated files in `target` that are not what the proto files give."""
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        return [
            path.name
            for path in sorted(Path(fresh).iterdir())
            if not (target / path.name).is_file() or (target / path.name).read_bytes() != path.read_bytes()
        ]


if __name__ == "__main__":
    if "--check" in sys.argv:
        if names := differing(TARGET):
            raise SystemExit(f"generated code differs from proto/: {', '.join(names)}; run make proto")
    else:
        generate(TARGET)
