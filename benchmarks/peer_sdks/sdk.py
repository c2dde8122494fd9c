"""This platform's SDK: its client, offline, with usage counted."""

from __future__ import annotations

from bucketing.document import flagset_to_document
from feature_flag_platform import FeatureFlagClient

from benchmarks.engine_flags import flags
from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer


def peer() -> Peer:
    document = flagset_to_document(flags(FLAGS))
    client = FeatureFlagClient("srv_benchmark", "http://localhost", offline=True, bootstrap=document)

    def serve(context: Attributes) -> bool:
        return client.is_enabled(MEASURED, context)

    note = "the whole client: the clock is read and usage is counted at each call"
    return Peer("Verdict's SDK", "here", note, dict, serve, client.close, ours=True)
