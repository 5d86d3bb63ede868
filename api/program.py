"""The application as a program of its own makes it, from the settings."""

import logging
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from api.app import make_app
from api.codec_server import CodecServer
from api.deadline import Deadlines
from api.heavy import Lane
from api.metered import Meter
from api.request_ids import WithRequestId
from db import merchant_time, sealing
from db.application_role import refuse_excess, warn_of_excess
from db.engine import open_engine
from db.sealing import Ring
from db.traced import trace_transactions
from db.whose import required
from gateways.files.registry import open_store
from gateways.files.shelves import PICTURES
from logs import log_in_lines
from service.idle import Idle
from service.passkeys import RelyingParty
from service.quotas import Quotas
from service.vault import Vault
from settings import SettingMissing, Settings
from temporal_client.connection import connect, reached
from tracing import tracing_as

log = logging.getLogger("api")

_CONNECTIONS_OF_THE_LANE = 2

TEST_CLOCKS = (
    "MAKEWHOLE_TEST_CLOCKS is set: merchants who have only the sandbox may put their clocks forward here. "
    "Where merchants pay real money, leave it out"
)


async def of_the_lane() -> ASGIApp:
    """Make the application that answers what is about large orders, in a process of its own."""
    return await make(Settings.from_environment(), connections=_CONNECTIONS_OF_THE_LANE)


async def check_role(settings: Settings) -> None:
    """Raises TooPowerful where the database's role may do more than it should, on a server that others reach."""
    engine = open_engine(settings.database_url, pool_size=1)
    try:
        await (refuse_excess if settings.refuses_powerful_role else warn_of_excess)(engine)
    finally:
        await engine.dispose()


async def make(settings: Settings, *, lane: Lane | None = None, connections: int = 20) -> FastAPI:
    tracing = tracing_as("makewhole-api", settings)
    log_in_lines(settings.log_level, WithRequestId(), *tracing.filters)
    patience = Deadlines(settings.answer_within_s)
    opened = partial(open_engine, settings.database_url, statement_s=patience.statement_s, lock_s=patience.lock_s)
    engine = required(opened(pool_size=connections))
    trace_transactions(engine, tracing.tracer)
    if settings.test_clocks:
        log.warning("%s", TEST_CLOCKS)
        merchant_time.use(engine)
    quotas = Quotas.of(settings.limits)
    if not settings.encryption_keys:
        raise SettingMissing(
            "MAKEWHOLE_ENCRYPTION_KEYS is not set: give it id:key, a key being 32 random bytes in base64 "
            "(openssl rand -base64 32); what is personal, bank accounts and secrets are kept under it"
        )
    sealing.use(Ring(settings.encryption_keys))
    settings.check_temporal(*reached())
    temporal = await connect(settings.keys_for_temporal, lazy=True, plugins=tracing.plugins)
    return make_app(
        engine,
        temporal,
        settings.webhook_secrets,
        Vault(settings.encryption_keys),
        patience,
        gateways=settings.gateways,
        gateway_addresses=settings.gateway_addresses,
        webhook_addresses=settings.webhook_addresses,
        evidence_over_http=settings.evidence_over_http,
        lane=lane,
        templates=settings.templates,
        pages=settings.pages,
        relying_party=RelyingParty.of(settings.passkey_origins),
        looks=required(opened(pool_size=1)),
        quotas=quotas,
        meter=Meter(engine, quotas) if lane is not None else None,  # what comes to a lane is counted already
        idle=Idle.of(settings.idle_minutes),
        pictures=open_store(settings.files, PICTURES),
        metrics_token=settings.metrics_token,
        temporal_ui=settings.temporal_ui,
        codec=CodecServer(settings.payload_keys, temporal.namespace, settings.codec_origins),
    )
