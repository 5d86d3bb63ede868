"""The application, put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from api import problems, trouble
from api.access import Services
from api.backlog import Backlog
from api.codec_server import CodecServer, open_codec_server
from api.cookies import CookieSessions
from api.deadline import Deadline, Deadlines
from api.document import Document
from api.figures import WatchedFigures
from api.headers import SafeHeaders
from api.heavy import Heavy, Lane
from api.known_callers import KnownCallers
from api.limits import BodyLimit, OneEnd
from api.live import LiveEvents
from api.metered import Meter, Metered
from api.paths import EscapedSlashes
from api.reading_room import open_reading_room
from api.request_ids import RequestIds
from api.request_times import RequestTimes, Routed, Timed
from api.routers import (
    api_keys,
    audit,
    bank_accounts,
    bulk,
    caller,
    campaigns,
    carriers,
    coupons,
    customers,
    disputes,
    entitlement_systems,
    evidence,
    external_refunds,
    feedback,
    gateway_list,
    gateway_report,
    goods,
    identity,
    identity_providers,
    labels,
    lists,
    live_events,
    metrics,
    operations,
    order_pages,
    orders,
    parcel_notes,
    passkeys,
    personal_data,
    policy,
    precedents,
    preferences,
    reasons,
    reconciliation,
    refund_messages,
    refunds,
    report_series,
    reports,
    response_times,
    reviews,
    rights,
    risk_alerts,
    settlement_reports,
    sign_in,
    staff_sessions,
    test_clock,
    updates,
    webhook_endpoints,
    webhook_events,
    webhooks,
    workflows,
)
from api.routers import (
    gateways as gateway_accounts,
)
from api.shares import Limits, Shares
from api.watched import Watched
from db.engine import snapshots
from gateways import registry
from gateways.addresses import Addresses
from gateways.files.port import FileStore
from gateways.locales import load_catalogue, load_templates
from gateways.openid import OpenId
from service.carrier_accounts import Carriers
from service.gateway_accounts import Gateways
from service.idle import Idle
from service.passkeys import RelyingParty
from service.pictures import Pictures
from service.quotas import Quotas
from service.refund_rights import Rights
from service.vault import Vault
from temporal_client.clocks import say_if_apart
from web.app import make_pages

DESCRIPTION = """
makewhole takes one refund from request to the last message as one durable saga.

Amounts are whole minor units, times RFC 3339, durations ISO 8601. Send an API key as `Authorization: Bearer <key>`
or `X-API-Key: <key>`; staff who signed in send the cookie of their session. Errors are `application/problem+json` with
a stable `code`. Lists are paginated by cursor.
An id in a path may have any visible character; a slash in it is written `%2F`. Every answer names its request in
`Request-Id`: yours, if you send one.

A `POST` whose answer was lost is repeated under the same `Idempotency-Key`: it is done once and answered as the first
time. Limits: a body has at most 4 MiB, a list in it as many items as its field says, an amount at most 10^12 minor
units. What an operation can answer stands in `x-codes`, whom it is for in `x-roles`. What may be done so often
in a time names its limits in `x-limits`, and says in `RateLimit` and `RateLimit-Policy` what is left, as
draft-ietf-httpapi-ratelimit-headers-10 writes them.
"""


ABOUT: dict[str, Any] = {"title": "makewhole", "version": "0.1.0", "description": DESCRIPTION}


_TRACED: TelemetryConfig = {"auto_configure": False, "metrics": False, "logs": False, "operation_spans": False}
"""A span for each request, where `tracing.py` has traces sent; nothing that FastAPI would send by itself."""


def make_app(
    engine: AsyncEngine,
    temporal: Client,
    webhook_secrets: Mapping[str, tuple[str, ...]],
    vault: Vault,
    patience: Deadlines,
    *,
    gateways: Sequence[str] = (),
    gateway_addresses: Sequence[str] = (),
    webhook_addresses: Sequence[str] = (),
    evidence_over_http: bool = False,
    lane: Lane | None = None,
    looks: AsyncEngine | None = None,
    quotas: Quotas | None = None,
    meter: Meter | None = None,
    templates: str = "",
    pages: str = "",
    relying_party: RelyingParty | None = None,
    codec: CodecServer | None = None,
    idle: Idle | None = None,
    pictures: FileStore | None = None,
    metrics_token: str = "",
    temporal_ui: str = "",
) -> FastAPI:
    """Put the application together; with a lane, what is about large orders is answered there.

    gateways: those that payments may name here without an account. gateway_addresses: where else accounts may be.
    webhook_addresses: where merchants' endpoints and identity providers may be that are neither https nor public.
    templates: the folder of merchants' own words for messages. pages: where customers find the pages, for links there.
    relying_party: for whom browsers keep customers' passkeys, where there are any.
    pictures: where pictures are kept, where they are.
    temporal_ui: where people look at workflows, for links to them.
    codec: what opens payloads for operations, where it is wanted.
    idle: how long sessions may stand unused, if not as usual.
    quotas: how often what is limited may be done, if not as usual.
    meter: what counts the requests of keys, where that is done.
    looks: where what waits for workers is counted, if not among the requests.
    metrics_token: who sends it is told the metrics; without one anybody is.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        saying = asyncio.create_task(say_if_apart(engine, temporal))
        async with callers.listening(), openid.poster, meter.settling() if meter else nullcontext():
            yield
        saying.cancel()
        live.stop()
        if lane is not None:
            lane.close()
        if looks is not None:
            await looks.dispose()
        await engine.dispose()

    app = with_routes(FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, telemetry=_TRACED, **ABOUT))
    reads = snapshots(engine)
    watched = Watched(WatchedFigures(reads), RequestTimes(), metrics_token)
    callers, live = KnownCallers(engine), LiveEvents(engine)
    openid = OpenId(Addresses(webhook_addresses))
    app.add_middleware(Routed)
    app.add_middleware(EscapedSlashes)
    app.add_middleware(BodyLimit)
    if lane is not None:
        app.add_middleware(Heavy, lane=lane)
    if meter is not None:
        app.add_middleware(Metered, meter=meter, callers=callers)
    app.add_middleware(Shares, merchant_of=partial(_merchant_of, callers), limits=Limits(patience.turn_s))
    app.add_middleware(Deadline, patience=patience)
    app.add_middleware(CookieSessions)
    app.add_middleware(OneEnd)
    app.add_middleware(SafeHeaders)
    app.add_middleware(RequestIds)
    app.add_middleware(Timed, times=watched.times)
    open_reading_room(app)
    app.mount("/pages", make_pages(app))
    if codec is not None:
        open_codec_server(app, codec, callers, reads)
    catalogue = load_catalogue()
    granted = Rights(catalogue)
    app.state.services = Services(
        engine=engine,
        snapshots=reads,
        temporal=temporal,
        callers=callers,
        live=live,
        backlog=Backlog(snapshots(looks) if looks is not None else reads),
        catalogue=catalogue,
        rights=granted,
        gateways=Gateways(engine, vault, registry.open_named(engine, gateways)),
        carriers=Carriers(engine, vault, registry.open_carrier(engine, gateways)),
        webhook_secrets=webhook_secrets,
        vault=vault,
        gateway_addresses=gateway_addresses,
        webhook_addresses=Addresses(webhook_addresses),
        openid=openid,
        patience=patience,
        evidence_over_http=evidence_over_http,
        watched=watched,
        quotas=quotas or Quotas(),
        lane=lane,
        relying_party=relying_party,
        templates=load_templates(templates, catalogue, pages),
        idle=idle or Idle(),
        pictures=None if pictures is None else Pictures(engine, pictures),
        temporal_ui=temporal_ui,
    )
    problems.install(app)
    trouble.install(app)
    return app


async def _merchant_of(callers: KnownCallers, key: str) -> str | None:
    """Find whose a key is; where the database does not answer, nobody's: its request says so by itself."""
    with suppress(SQLAlchemyError, OSError):
        caller = await callers.find(key)
        return caller.merchant_id if caller else None
    return None


def with_routes(app: FastAPI) -> FastAPI:
    """Add every route, and the document that describes them."""
    of_the_shop = (
        api_keys,
        caller,
        identity,
        passkeys,
        identity_providers,
        sign_in,
        staff_sessions,
        policy,
        reasons,
        customers,
        personal_data,
        preferences,
        rights,
        coupons,
        campaigns,
        lists,
        orders,
        order_pages,
        external_refunds,
        disputes,
        refunds,
        refund_messages,
        evidence,
        live_events,
        updates,
        parcel_notes,
        precedents,
        reviews,
        risk_alerts,
        goods,
        bank_accounts,
        bulk,
        feedback,
        gateway_accounts,
        entitlement_systems,
        carriers,
        labels,
        webhook_endpoints,
        webhook_events,
        settlement_reports,
        test_clock,
    )
    for module in (
        *of_the_shop,
        reports,
        report_series,
        response_times,
        gateway_list,
        gateway_report,
        workflows,
        operations,
        audit,
        metrics,
        reconciliation,
        webhooks,
    ):
        app.include_router(module.router)
    app.openapi = Document(app)  # type: ignore[method-assign]
    return app
