"""No table that grows is read from end to end: by refunds of each kind, by upkeep, or by lists and reports."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import archives, checkpoints
from db.archives import Archived
from db.whose import Everyones, of_everyone
from domain import clock
from domain.audit.checkpoints import ENTRIES
from domain.lifecycle import RefundStatus
from gateways import registry
from gateways.files.folder import Folder
from gateways.files.shelves import ARCHIVES
from service.audit_signing import Signer
from tests.shop import IN_TIME_S
from tests.tools.load.conftest import ORDERS
from tools.client import Staff, open_http
from tools.load import originals
from tools.load.crowd import WHALE
from tools.load.table_reads import TableReads, forget_reads, reads
from tools.stack.keys import kept_audit_key
from tools.stack.stack import Stack
from upkeep.archiving import Archive
from upkeep.checkpoints import EVERY, Checkpoints
from upkeep.codes import forget_old_identities
from upkeep.monitoring import watch
from upkeep.reconciler import Reconciler
from upkeep.seal import forget_old_keys, seal_audit_trails
from upkeep.stale_runs import end_stale_runs
from upkeep.sweep import start_forgotten
from upkeep.unheard import Waker
from variables import AUDIT_KEYS, keys

OF_MERCHANTS = {
    "public.alembic_version",
    "public.api_keys",
    "public.archives",
    "public.audit_blocks",
    "public.audit_checkpoints",
    "public.audit_heads",
    "public.audit_time_stamps",
    "public.campaigns",
    "public.carrier_accounts",
    "public.compared_books",
    "public.coupon_counts",
    "public.entitlement_systems",
    "public.gateway_accounts",
    "public.identity_providers",
    "public.keeper_rounds",
    "public.merchant_reasons",
    "public.policies",
    "public.staff_people",
    "public.test_clocks",
    "public.watermarks",
    "public.webhook_endpoints",
    "public.webhook_secrets",
    "sandbox.carriers",
}
"""Grow with merchants and what they set up, not with orders and refunds."""

OF_RARE_EVENTS = {"public.erasures", "public.foreign_refunds", "public.stray_disputes"}
"""A refund that somebody made at the provider by hand, and that people have accepted; a dispute of nobody's payment;
a customer whose personal data is erased.
"""

OF_TRANSFERS = {"public.bank_accounts"}
"""The account that a customer named for a refund, looked up by that refund alone; the load pays to cards."""

OF_ENDPOINTS = {"public.webhook_attempts", "public.webhook_deliveries", "public.webhook_events"}
"""What merchants' own systems are told; the load has none of these, and what is told is forgotten after a month."""

OF_REPORTS = {
    "public.settlement_differences",
    "public.settlement_lines",
    "public.settlement_report_parts",
    "public.settlement_reports",
}
"""What providers say was settled, and where that differs from our books: the load has no such reports."""

OF_BULKS = {"public.bulk_lines", "public.bulks"}
"""Refunds that operations ask for many at once: the load asks for each by itself."""

OF_GUESTS = {"public.guests"}
"""A row for each e-mail and phone of a guest, which are looked up by their key; the load sells to customers alone."""

OF_MAIL = {"public.deliveries", "public.preferences"}
"""For messages that leave: the load has no mail server, and its customers neither addresses nor preferences."""

OF_PICTURES = {"public.picture_looks", "public.pictures"}
"""Pictures that are sent as evidence, looked up by their ids: the load sends links."""

OF_MONITORING = {"public.refund_marks", "public.risk_alerts"}
"""What refunds share, for 90 days, and what was found in it: the load leaves both to monitoring."""

OF_WORDS = {"public.keyed_words", "public.webhooks"}
"""Who said what under which key, for 30 days, and what providers told, for 90: those of years are forgotten soon."""

OF_IDENTITY = {
    "public.identity_codes",
    "public.identity_sessions",
    "public.passkey_challenges",
    "public.passkeys",
    "public.rate_counts",
    "public.review_assignments",
    "public.sign_ins",
    "public.staff_sessions",
}
"""Codes, sign-ins, sessions, challenges, counts and who is at which review, which are soon forgotten, and passkeys: the
load has none.
"""

pytestmark = pytest.mark.usefixtures("signed")


@pytest.fixture(scope="module")
async def signing(own_stack: Stack, database: AsyncEngine) -> Checkpoints:
    return Checkpoints(database, Signer(keys({AUDIT_KEYS: kept_audit_key(own_stack.home)}, AUDIT_KEYS)), None)


@pytest.fixture(scope="module")
async def signed(loaded: dict[str, Any], signing: Checkpoints, database: AsyncEngine) -> None:
    """What the load has written is signed, as after an upgrade, and what is too old is gone: no worker is at it."""
    assert loaded["books_differ"] == 0
    with of_everyone(Everyones.KEEPERS):
        await forget_old_keys(database)
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("vacuum analyze keyed_words"))
    while True:
        async with database.connect() as connection:
            if not await checkpoints.due(connection, EVERY, ENTRIES):
                return
        await signing.sign_due()


@pytest.fixture
async def staff(own_stack: Stack) -> AsyncIterator[Staff]:
    async with open_http(own_stack.description.api_url) as http:
        yield own_stack.description.keys.staff(http)


def grown(read: list[TableReads]) -> list[str]:
    return [str(each) for each in read if each.grows_with_the_table]


async def test_the_load_fills_every_table_that_grows(database: AsyncEngine) -> None:
    small = {each.name for each in await reads(database) if each.is_small}

    few = OF_MERCHANTS | OF_RARE_EVENTS | OF_GUESTS | OF_TRANSFERS | OF_MAIL
    other = OF_ENDPOINTS | OF_REPORTS | OF_BULKS | OF_IDENTITY | OF_PICTURES | OF_MONITORING
    assert small - OF_WORDS == few | other


@pytest.fixture(scope="module")
async def read_by_refunds(own_stack: Stack, database: AsyncEngine) -> list[TableReads]:
    """What one refund of each kind reads. All of them moved just now, for what comes after."""
    async with open_http(own_stack.description.api_url) as http:
        await forget_reads(database)
        await originals.play(own_stack.description.keys.staff(http))
    return await reads(database)


async def test_refunds_of_each_kind_find_everything_by_an_index(read_by_refunds: list[TableReads]) -> None:
    assert grown(read_by_refunds) == []


@pytest.mark.usefixtures("read_by_refunds")
async def test_a_round_of_upkeep_finds_everything_by_an_index(
    database: AsyncEngine, as_programs: AsyncEngine, workflows: Client, signing: Checkpoints
) -> None:
    await forget_reads(database)

    with of_everyone(Everyones.KEEPERS):
        await Reconciler(workflows, as_programs, registry.open_named(as_programs, ("sandbox",))).reconcile()
        await end_stale_runs(workflows, as_programs, settles_within=timedelta())
        await Waker(workflows, as_programs).wake_all(after=timedelta())
        await start_forgotten(workflows, as_programs)
        await seal_audit_trails(as_programs)
        await signing.sign_due()
        await forget_old_keys(as_programs)
        await forget_old_identities(as_programs)
        await watch(as_programs, settled=timedelta())

    assert grown(await reads(database)) == []


async def test_lists_and_reports_find_everything_by_an_index(
    own_stack: Stack, staff: Staff, database: AsyncEngine
) -> None:
    some = (await staff.merchant.get("/v1/refunds", limit=1))["items"][0]
    week_ago = (clock.now() - timedelta(days=7)).isoformat()
    await forget_reads(database)

    for status in RefundStatus:
        await staff.merchant.get("/v1/refunds", status=status)
    await staff.merchant.get("/v1/refunds", created_from=week_ago)
    for name in ("order_id", "customer_id"):
        await staff.merchant.get("/v1/refunds", **{name: some[name]})
    await staff.merchant.get("/v1/orders")
    await staff.merchant.get("/v1/orders", customer_id=some["customer_id"])
    await staff.merchant.get("/v1/customers")
    await staff.merchant.get(f"/v1/orders/{some['order_id']}")
    await staff.merchant.get(f"/v1/customers/{some['customer_id']}")
    await staff.merchant.get(f"/v1/customers/{some['customer_id']}/inbox")
    await staff.ops.get("/v1/inbox")
    await staff.ops.get("/v1/risk-alerts", status="open")
    await staff.ops.get("/v1/audit", order_id=some["order_id"])
    await staff.ops.get("/v1/audit", customer_id=some["customer_id"])
    for name in ("refunds", "trends", "money", "entitlements", "opinions"):
        await staff.ops.get(f"/v1/reports/{name}", **{"from": week_ago})
    await staff.ops.get("/v1/operations/reconciliation")
    async with httpx.AsyncClient(base_url=own_stack.description.api_url, trust_env=False, timeout=IN_TIME_S) as http:
        assert (await http.get("/metrics")).is_success

    assert grown(await reads(database)) == []


async def test_what_one_merchant_has_to_archive_is_found_without_reading_what_others_have(
    database: AsyncEngine, as_programs: AsyncEngine, tmp_path: Path
) -> None:
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in _OF_FIFTY_MERCHANTS.split(";"):
            await connection.execute(text(statement))
    await forget_reads(database)

    kept, due = timedelta(days=-62), list[str]()
    with of_everyone(Everyones.KEEPERS):
        for kind in (Archived.WEBHOOK_EVENTS, Archived.IDEMPOTENCY_KEYS):
            async with as_programs.connect() as connection:
                due += [each.merchant_id for each in await archives.due(connection, kind, kept)]
            await Archive(as_programs, Folder(tmp_path, ARCHIVES)).take(kind, kept, of_merchant="told-07")
    read = {each.name: each for each in await reads(database)}

    assert due.count("told-07") == due.count("told-49") == 2
    for name in ("public.webhook_events", "public.idempotency_keys"):
        assert not read[name].scans and 400 <= read[name].by_index <= 4_000, str(read[name])


_OF_FIFTY_MERCHANTS = """
insert into webhook_events (merchant_id, sequence, type, message, at)
select 'told-' || lpad((number / 400)::text, 2, '0'), 1, 'refund.updated', repeat('.', 1500),
    now() - number % 400 * interval '1 hour'
from generate_series(0, 19999) number;
insert into idempotency_keys (merchant_id, caller, key, request_sha256, created_at)
select merchant_id, 'merchant', event_id, message, at from webhook_events where merchant_id like 'told-%';
vacuum analyze webhook_events, idempotency_keys, webhook_deliveries
"""
"""Four hundred events and as many keys of each, of the last days: no keeper takes them meanwhile.

They are as large as real ones: where a merchant's lie in most pages of a table, reading all of it is right.
"""


async def test_a_table_without_its_index_is_noticed(staff: Staff, database: AsyncEngine) -> None:
    index = "refund_claims_merchant_id_order_id_idx"
    async with database.begin() as connection:
        definition = await connection.scalar(text(f"select pg_get_indexdef('{index}'::regclass)"))
        await connection.execute(text(f"drop index {index}"))
    order = (await staff.merchant.get("/v1/refunds", limit=1))["items"][0]["order_id"]
    await forget_reads(database)

    await staff.merchant.get(f"/v1/orders/{order}")
    noticed = grown(await reads(database))
    async with database.begin() as connection:
        await connection.execute(text(str(definition)))

    assert [each.split()[0] for each in noticed] == ["public.refund_claims"]


async def test_the_customer_with_very_many_orders_is_among_them(staff: Staff, loaded: dict[str, Any]) -> None:
    assert (loaded["whale_orders"], loaded["books_differ"]) == (ORDERS // 20, 0)
    assert (await staff.merchant.get(f"/v1/customers/{WHALE}"))["customer_id"] == WHALE
