"""Single sign-on put together."""

from __future__ import annotations

from dataclasses import dataclass

from service_kit.clock import Clock
from service_kit.outbound import OutboundGuard
from service_kit.sealing import Sealer

from control_plane.database import Database
from control_plane.people.browsers import Browsers
from control_plane.people.domain_records import TextRecords, text_records
from control_plane.people.sessions import Sessions
from control_plane.people.single_sign_on.attempts import Attempts
from control_plane.people.single_sign_on.failure_trace import FailureTrace
from control_plane.people.single_sign_on.issuers import Issuers
from control_plane.people.single_sign_on.protocol import Protocol
from control_plane.people.single_sign_on.providers_service import Providers
from control_plane.people.single_sign_on.sign_ins import SignIns
from control_plane.quotas import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSignOn:
    """What its endpoints work with. `public_url`: where browsers reach this service; empty: where the request did."""

    providers: Providers
    sign_ins: SignIns
    attempts: Attempts
    trace: FailureTrace
    text_records: TextRecords
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What it stands on."""

    database: Database
    sessions: Sessions
    browsers: Browsers
    quotas: Quotas
    sealer: Sealer
    guard: OutboundGuard
    clock: Clock


def single_sign_on(around: Surroundings, *, public_url: str = "", records: TextRecords = text_records) -> SingleSignOn:
    issuers = Issuers(around.guard, around.clock)
    providers = Providers(sealer=around.sealer, guard=around.guard, issuers=issuers, quotas=around.quotas)
    trace = FailureTrace(around.database, around.clock)
    return SingleSignOn(
        providers=providers,
        sign_ins=SignIns(
            database=around.database,
            providers=providers,
            protocol=Protocol(around.guard, issuers, around.clock),
            sessions=around.sessions,
            browsers=around.browsers,
            trace=trace,
        ),
        attempts=Attempts(around.sealer, around.browsers, around.clock),
        trace=trace,
        text_records=records,
        public_url=public_url,
    )
