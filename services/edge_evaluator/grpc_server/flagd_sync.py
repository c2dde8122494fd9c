"""`flagd.sync.v1.FlagSyncService`: the flags as flagd's own configuration, for those who evaluate themselves. It is for
server keys."""

from __future__ import annotations

from collections.abc import AsyncIterator

from edge_evaluator.admission.requests import require_server_key
from edge_evaluator.flagd_export.exports import FlagdExports
from edge_evaluator.grpc_server.calls import Calls
from edge_evaluator.grpc_server.generated import flagd_sync_v1_sync_pb2 as pb
from edge_evaluator.grpc_server.handlers import Context
from edge_evaluator.grpc_server.news import Newsroom
from edge_evaluator.memory.callers import Caller

SERVICE = pb.DESCRIPTOR.services_by_name["FlagSyncService"]


class FlagSyncService:
    """Its methods are those of the .proto."""

    def __init__(self, calls: Calls, exports: FlagdExports, newsroom: Newsroom) -> None:
        self._calls = calls
        self._exports = exports
        self._newsroom = newsroom

    async def SyncFlags(self, request: pb.SyncFlagsRequest, context: Context) -> AsyncIterator[pb.SyncFlagsResponse]:  # noqa: N802
        key = self._admitted(context, request.selector).key
        told = ""
        async for _ in self._newsroom.follow(key):
            configuration = (await self._exports.of(key)).configuration
            if configuration != told:
                told = configuration
                yield pb.SyncFlagsResponse(flag_configuration=configuration)

    async def FetchAllFlags(self, request: pb.FetchAllFlagsRequest, context: Context) -> pb.FetchAllFlagsResponse:  # noqa: N802
        key = self._admitted(context, request.selector).key
        return pb.FetchAllFlagsResponse(flag_configuration=(await self._exports.of(key)).configuration)

    async def GetMetadata(self, _: pb.GetMetadataRequest, __: Context) -> pb.GetMetadataResponse:  # noqa: N802
        # Providers ask without their selector, so without a key; there is nothing to tell.
        answer = pb.GetMetadataResponse()
        # Present and empty: nothing is put into evaluation contexts.
        answer.metadata.SetInParent()
        return answer

    def _admitted(self, context: Context, selector: str) -> Caller:
        caller = self._calls.admit_flagd(context, selector)
        require_server_key(caller)
        return caller
