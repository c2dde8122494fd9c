"""GO Feature Flag's relay proxy, from a file of flags, without an exporter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bucketing.flagset import Fixed, Flag, Rollout

from benchmarks.peer_servers.go_modules import built, locked_version
from benchmarks.peer_servers.peer_server import Holding, PeerServer
from benchmarks.peer_servers.translations import Segments, query

_MODULE, _PACKAGE = "relay_module", "github.com/thomaspoignant/go-feature-flag/cmd/relayproxy"


def _serve(serve: Fixed | Rollout) -> dict[str, Any]:
    if isinstance(serve, Fixed):
        return {"variation": serve.variation}
    return {"percentage": {share.variation: share.weight / 100 for share in serve.shares}}


def document(flag: Flag, segments: Segments) -> dict[str, Any]:
    """The flag, without a record of who is served what."""
    rules = [{"name": rule.id, "query": query(rule.condition, segments), **_serve(rule.serve)} for rule in flag.rules]
    return {
        "variations": dict(flag.variations),
        "targeting": rules,
        "defaultRule": {"name": "default", **_serve(flag.default)},
        "trackEvents": False,
    }


def _command(program: Path, folder: Path, port: int, holding: Holding) -> list[str]:
    """Both files are YAML, of which JSON is a part."""
    flags, settings = folder / "relay-flags.yaml", folder / "relay.yaml"
    flags.write_text(json.dumps({flag.key: document(flag, holding.segments) for flag in holding.flags}))
    options = {
        "server": {"mode": "http", "port": port},
        "pollingInterval": 600_000,
        "retriever": {"kind": "file", "path": str(flags)},
        "logLevel": "error",
        "hideBanner": True,
    }
    settings.write_text(json.dumps(options))
    return [str(program), "--config", str(settings)]


SERVER = PeerServer(
    name=f"GO Feature Flag relay {locked_version(_MODULE, _PACKAGE)}",
    obtain=lambda: built(_MODULE, _PACKAGE),
    command=_command,
    environment={"GOMAXPROCS": "1"},
)
