"""flagd, from a file of flags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bucketing.flagset import Fixed, Flag, Rollout

from benchmarks.peer_servers.go_modules import built, locked_version
from benchmarks.peer_servers.peer_server import Holding, PeerServer
from benchmarks.peer_servers.translations import Segments, json_logic
from devstack.ports import free_port

_MODULE, _PACKAGE = "flagd_module", "github.com/open-feature/flagd/flagd"


def _serve(serve: Fixed | Rollout) -> Any:
    if isinstance(serve, Fixed):
        return serve.variation
    return {"fractional": [[share.variation, share.weight] for share in serve.shares]}


def document(flag: Flag, segments: Segments) -> dict[str, Any]:
    """The flag, the rules of which become one `if` with many branches."""
    branches: list[Any] = []
    for rule in flag.rules:
        branches += [json_logic(rule.condition, segments), _serve(rule.serve)]
    return {
        "state": "ENABLED",
        "variants": dict(flag.variations),
        "defaultVariant": flag.off_variation,
        "targeting": {"if": [*branches, _serve(flag.default)]},
    }


def _command(program: Path, folder: Path, port: int, holding: Holding) -> list[str]:
    file = folder / "flagd.json"
    flags = {flag.key: document(flag, holding.segments) for flag in holding.flags}
    file.write_text(json.dumps({"flags": flags}))
    ports = ["--ofrep-port", str(port), "--port", str(free_port()), "--sync-port", str(free_port())]
    return [str(program), "start", "--uri", f"file:{file}", *ports, "--management-port", str(free_port())]


SERVER = PeerServer(
    name=f"flagd {locked_version(_MODULE, _PACKAGE)}",
    obtain=lambda: built(_MODULE, _PACKAGE),
    command=_command,
    environment={"GOMAXPROCS": "1"},
)
