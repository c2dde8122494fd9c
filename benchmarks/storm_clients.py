"""Many clients of the Python SDK in one process, for `benchmarks.sdk_storm`.

    python -m benchmarks.storm_clients KEY ENDPOINT CLIENTS

Prints `ready` when each of them has a configuration, and ends with its input.
"""

from __future__ import annotations

import os
import sys

from feature_flag_platform import FeatureFlagClient

PATIENCE_SECONDS = 120.0


def main() -> None:
    key, endpoint, count = sys.argv[1:]
    clients = [FeatureFlagClient(env_key=key, endpoint=endpoint, usage=False, start_wait=0) for _ in range(int(count))]
    for each in clients:
        if not each.ready(PATIENCE_SECONDS):
            sys.exit(f"a client is not ready: {each.status()}")
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
