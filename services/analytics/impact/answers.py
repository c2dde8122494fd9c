"""Answers what is asked on `verdict.impact`."""

from __future__ import annotations

import asyncio

from messages.generated.impact_pb2 import (
    IMPACT_TROUBLE_BUSY,
    IMPACT_TROUBLE_NO_STORE,
    IMPACT_TROUBLE_NOT_SERVED,
    IMPACT_TROUBLE_UNREADABLE,
    ImpactReply,
    ImpactRequest,
)
from messages.pseudonyms import Pseudonyms
from prometheus_client import CollectorRegistry, Histogram
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import TooManyRequests
from streams import BusError

from analytics.impact.comparison import Change, Comparison
from analytics.impact.sample import Known, Sample, Samples
from analytics.impact.served import Served, ServedEnvironments, Unreadable
from analytics.impact.stand_ins import with_stand_ins
from analytics.turns import TurnLimits, Turns
from analytics.warehouse.errors import WarehouseError

_log = get_logger("impact")
_EXAMPLES_MAX = 20
TURNS = TurnLimits(at_once=2, per_organization=1, per_person=1, waiting_per_organization=2, waiting_seconds=4.0)
"""Of each organization one at a time, and few wait: who asks waits for five seconds."""


class ImpactAnswers:
    """Compares in a thread: the loop goes on. `secret` is what stand-ins are made with; empty where it isn't known."""

    def __init__(
        self,
        *,
        environments: ServedEnvironments,
        samples: Samples,
        clock: Clock,
        registry: CollectorRegistry,
        secret: str = "",
    ) -> None:
        self._environments = environments
        self._samples = samples
        self._clock = clock
        self._secret = secret
        self._turns = Turns(TURNS)
        self._seconds = Histogram(
            "verdict_impact_answer_seconds",
            "How long answers of previews took",
            ["outcome"],
            registry=registry,
            buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10),
        )

    async def answer(self, payload: bytes) -> bytes:
        """Raises DecodeError for what is no request."""
        request = ImpactRequest.FromString(payload)
        begun = self._clock.monotonic()
        reply = await self._reply(request)
        outcome = "answered" if not reply.trouble else "refused"
        self._seconds.labels(outcome).observe(self._clock.monotonic() - begun)
        return reply.SerializeToString()

    async def _reply(self, request: ImpactRequest) -> ImpactReply:
        try:
            async with self._turns.turn(request.organization_id, ""):
                served = await self._environments.read(request.environment_id)
                if served is None or served.settings.organization_id != request.organization_id:
                    return ImpactReply(trouble=IMPACT_TROUBLE_NOT_SERVED)
                sample = await self._samples.read(request.organization_id, request.environment_id)
                return await asyncio.to_thread(self._compared, request, served, sample)
        except TooManyRequests:
            return ImpactReply(trouble=IMPACT_TROUBLE_BUSY)
        except Unreadable as error:
            _log.warning("a changed entry can't be read", error=str(error))
            return ImpactReply(trouble=IMPACT_TROUBLE_UNREADABLE)
        except (WarehouseError, BusError) as error:
            _log.warning("the impact of a change can't be told", error=str(error))
            return ImpactReply(trouble=IMPACT_TROUBLE_NO_STORE)

    def _compared(self, request: ImpactRequest, served: Served, sample: Sample) -> ImpactReply:
        settings = served.settings
        before, after = served.flagset, served.with_changes(request.changed)
        stand_ins = settings.hash_user_keys and bool(self._secret)
        if stand_ins:
            stand_in = Pseudonyms(self._secret, request.environment_id).of
            before, after = with_stand_ins(before, stand_in), with_stand_ins(after, stand_in)
        known = Known(
            sample,
            settings.exposure_attributes,
            {key: frozenset(flag.exposure_attributes) for key, flag in before.flags.items()},
            settings.pii_attributes,
            keys=stand_ins or not settings.hash_user_keys,
            long_lists=not settings.hash_user_keys,
        )
        change = Change(
            before=before,
            after=after,
            changed=frozenset((each.kind, each.key) for each in request.changed),
            segments=tuple(request.segments),
            examples_max=min(request.examples_max, _EXAMPLES_MAX),
            now=self._clock.now(),
        )
        reply = Comparison(change, sample, known).counted()
        reply.served_version = served.flagset.version
        reply.config_bytes = served.bytes
        reply.pseudonymised = settings.hash_user_keys
        return reply
