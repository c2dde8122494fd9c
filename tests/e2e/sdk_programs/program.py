"""An application: it asks for two flags and tracks a metric, for each user on standard input."""

import json
import os
import sys

from feature_flag_platform import FeatureFlagClient

key, edge = os.environ["SERVER_KEY"], os.environ["EDGE"]

client = FeatureFlagClient(env_key=key, endpoint=edge)
for user in sys.stdin.read().split():
    enabled = client.is_enabled("new-feature", user)
    variation = client.variation("button-color", user, "blue")
    client.track_metric("conversion", 1.0, user)
    print(json.dumps([user, enabled, variation]))
client.close()
