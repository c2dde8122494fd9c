"""Writes what follows from proto/: Python messages, the grammar's schema, and the SDKs' types of it.

`--check` only tells whether the files agree.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Set
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

from proto.config_schema import config_schema
from proto.golang import golang
from proto.typescript import typescript

PROTO = Path(__file__).resolve().parent
ROOT = PROTO.parent
SERVED = (
    "verdict/v1/evaluation.proto",
    "flagd/evaluation/v1/evaluation.proto",
    "flagd/evaluation/v2/evaluation.proto",
    "flagd/sync/v1/sync.proto",
)
"""What the edge serves by gRPC: its clients speak it, and no other service does."""
_KNOWN = Path(grpc_tools.__file__).parent / "_proto"
"""The messages that protobuf itself brings."""


def generated() -> Iterator[tuple[Path, bytes]]:
    """Every generated file, by its path in the repository."""
    schema = config_schema()
    yield Path("proto/config.schema.json"), (json.dumps(schema, indent=2) + "\n").encode()
    yield Path("sdks/node/src/config.gen.ts"), typescript(schema).encode()
    yield Path("sdks/go/internal/config/config_gen.go"), golang(schema).encode()
    served = {PROTO / path for path in SERVED}
    yield from _messages(Path("libs/messages/generated"), set(PROTO.glob("verdict/**/*.proto")) - served)
    yield from _messages(Path("services/edge_evaluator/grpc_server/generated"), served, by_path=True)


def _messages(target: Path, sources: Set[Path], *, by_path: bool = False) -> Iterator[tuple[Path, bytes]]:
    """`*_pb2.py` and their type stubs, made flat. `by_path`: named by their folders, too, as versions of a protocol
    have one file name."""
    with tempfile.TemporaryDirectory() as scratch:
        named = sorted(str(path.relative_to(PROTO)) for path in sources)
        arguments = ["protoc", f"-I{PROTO}", f"-I{_KNOWN}", f"--python_out={scratch}", f"--pyi_out={scratch}", *named]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc failed")
        yield target / "__init__.py", b""
        for path in sorted(Path(scratch).glob("**/*_pb2.py*")):
            name = "_".join(path.relative_to(scratch).parts) if by_path else path.name
            yield target / name, path.read_bytes()


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
        raise SystemExit(f"generated code differs from proto/: {', '.join(differing)}; run make proto-generate")


if __name__ == "__main__":
    main()
