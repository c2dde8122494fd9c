"""Writes what follows from proto/: Python messages, the grammar's schema, and the SDKs' types of it.

`--check` only tells whether the files agree.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grpc_tools import protoc

from proto.config_schema import config_schema
from proto.golang import golang
from proto.typescript import typescript

PROTO = Path(__file__).resolve().parent
ROOT = PROTO.parent


def generated() -> Iterator[tuple[Path, bytes]]:
    """Every generated file, by its path in the repository."""
    schema = config_schema()
    yield Path("proto/config.schema.json"), (json.dumps(schema, indent=2) + "\n").encode()
    yield Path("sdks/node/src/config.gen.ts"), typescript(schema).encode()
    yield Path("sdks/go/internal/config/config_gen.go"), golang(schema).encode()
    yield from _messages(Path("libs/messages/generated"))


def _messages(target: Path) -> Iterator[tuple[Path, bytes]]:
    """`*_pb2.py` and their type stubs, made flat."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("verdict/**/*.proto"))
        arguments = ["protoc", f"-I{PROTO}", f"--python_out={scratch}", f"--pyi_out={scratch}", *sources]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc failed")
        yield target / "__init__.py", b""
        for path in sorted(Path(scratch).glob("verdict/**/*_pb2.py*")):
            yield target / path.name, path.read_bytes()


def main() -> None:
    differing = []
    for path, content in generated():
        target = ROOT / path
        if target.is_file() and target.read_bytes() == content:
            continue
        differing.append(str(path))
        if "--check" not in sys.argv:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    if "--check" in sys.argv and differing:
        raise SystemExit(f"generated code differs from proto/: {', '.join(differing)}; run make generate")


if __name__ == "__main__":
    main()
