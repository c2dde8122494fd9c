"""flagd's own Python provider, in a process of its own: its messages have the names of the edge's.

Arguments: port, the selector, which may be empty, and the mode (`rpc`, `in-process`). A line of standard input is a
flag, a default and a context; the answer is a line. `{"changes": N}` waits until that many flags were told of as
changed, and answers with their keys.
"""

from __future__ import annotations

import json
import queue
import sys
from typing import Any

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent

_METHODS = {bool: "boolean", str: "string", int: "integer", float: "float", dict: "object"}


def main() -> None:
    port, selector = int(sys.argv[1]), sys.argv[2] or None
    provider = FlagdProvider(
        host="127.0.0.1", port=port, selector=selector, resolver_type=ResolverType(sys.argv[3]), deadline_ms=10_000
    )
    api.set_provider_and_wait(provider)
    changes: queue.Queue[list[str]] = queue.Queue()

    def changed(details: EventDetails) -> None:
        changes.put(list(details.flags_changed or ()))

    api.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, changed)
    client = api.get_client()
    print(json.dumps({"status": client.get_provider_status().value}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        told = _seen(changes, asked["changes"]) if "changes" in asked else _evaluated(client, asked)
        print(json.dumps(told), flush=True)
    api.shutdown()


def _evaluated(client: Any, asked: dict[str, Any]) -> dict[str, Any]:
    context = dict(asked["context"])
    user = EvaluationContext(context.pop("targetingKey", None), context)
    method = getattr(client, f"get_{_METHODS[type(asked['default'])]}_details")
    details = method(asked["flag"], asked["default"], user)
    return {
        "value": details.value,
        "variant": details.variant,
        "reason": str(details.reason),
        "error": None if details.error_code is None else details.error_code.value,
    }


def _seen(changes: queue.Queue[list[str]], count: int) -> list[str]:
    seen: set[str] = set()
    while len(seen) < count:
        seen |= set(changes.get(timeout=20))
    return sorted(seen)


if __name__ == "__main__":
    main()
