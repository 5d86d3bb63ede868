"""A machine whose clock is ten minutes wrong: no false alarm, nothing overlooked, and times that stay in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from db import compared_books, journal, reports, rights
from domain import clock
from domain.audit_actions import AuditAction
from domain.money.amounts import Money
from domain.rights.suspensions import Suspension, SuspensionRule
from gateways.ports import RefundInstruction
from gateways.sandbox.gateway import SandboxGateway
from tests.shop import Shop
from upkeep.books import LOOKS_BACK, compare
from upkeep.reconciler import Reconciler
from upkeep.seal import forget_old_keys

WRONG = [timedelta(minutes=10), timedelta(minutes=-10)]
EVERY_MERCHANT = 1_000_000
wrong_clocks = pytest.mark.parametrize("wrong", WRONG, ids=["ahead", "behind"])


@contextmanager
def a_machine(wrong: timedelta) -> Iterator[None]:
    """Whose clock is ahead by so much, or behind."""
    moment = clock.now() + wrong
    with clock.set_to(lambda: moment):
        yield


async def change(shop: Shop, statement: str, *values: object) -> None:
    async with shop.engine.begin() as connection:
        await connection.exec_driver_sql(statement, values)


async def differ(shop: Shop, since_minutes: int) -> None:
    """A payout failed at the provider so long ago, and our books do not know."""
    theirs = "update sandbox.refunds set status = 'failed', at = {0}, changed_at = {0} where merchant_id = %s"
    ours = "update payouts set updated_at = {0} where merchant_id = %s"
    for statement in (theirs, ours):
        at = f"now() - interval '{since_minutes} minutes'"
        await change(shop, statement.format(at), shop.merchant_id)


@wrong_clocks
@pytest.mark.usefixtures("reconciled_by_nobody_else")
async def test_books_that_are_about_to_agree_raise_no_alarm(shop: Shop, wrong: timedelta) -> None:
    await shop.order()
    await shop.approved_refund()
    await differ(shop, since_minutes=0)

    with a_machine(wrong):
        found = (await compare(shop.engine, {"sandbox": SandboxGateway(shop.engine)}, shop.merchant_id)).found

    assert found == []


@wrong_clocks
@pytest.mark.usefixtures("reconciled_by_nobody_else")
async def test_books_that_differ_are_found(shop: Shop, wrong: timedelta) -> None:
    await shop.order()
    await shop.approved_refund()
    await differ(shop, since_minutes=5)

    with a_machine(wrong):
        found = (await compare(shop.engine, {"sandbox": SandboxGateway(shop.engine)}, shop.merchant_id)).found

    assert [each.difference for each in found] == ["paid_by_us_only"]


@wrong_clocks
async def test_what_moves_after_a_comparison_is_compared_by_the_next_worker(shop: Shop, wrong: timedelta) -> None:
    with a_machine(wrong):
        reconciler = Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})
        await reconciler.compare(shop.merchant_id, clock.now() - 2 * LOOKS_BACK)
    compared = clock.now()
    await shop.order()
    await shop.approved_refund()
    async with shop.engine.begin() as connection:
        due = await compared_books.due(connection, clock.now(), LOOKS_BACK, EVERY_MERCHANT)

    assert compared - timedelta(hours=1) < due[shop.merchant_id] < compared


@wrong_clocks
async def test_a_key_lives_for_thirty_days(shop: Shop, wrong: timedelta) -> None:
    keys = "insert into idempotency_keys (merchant_id, caller, key, request_sha256, created_at)"
    for key, days_and_minutes in (("young", "29 days 23 hours 55 minutes"), ("old", "30 days 5 minutes")):
        made = f"{keys} values (%s, 'merchant', %s, '', now() - interval '{days_and_minutes}')"
        await change(shop, made, shop.merchant_id, key)

    with a_machine(wrong):
        await forget_old_keys(shop.engine)

    async with shop.engine.connect() as connection:
        left = await connection.exec_driver_sql(
            "select key from idempotency_keys where merchant_id = %s", (shop.merchant_id,)
        )
        assert list(left.scalars()) == ["young"]


@wrong_clocks
async def test_a_timeline_goes_forward_whichever_machines_write_it(shop: Shop, wrong: timedelta) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    with a_machine(wrong):
        await note(shop, refund["refund_id"], "written by the one that is wrong")
    await note(shop, refund["refund_id"], "written by another")

    async with shop.engine.connect() as connection:
        times = [event.at for event in await journal.timeline(connection, refund["refund_id"])]

    assert times == sorted(times)


async def note(shop: Shop, refund_id: str, sentence: str) -> None:
    async with shop.engine.begin() as connection:
        await journal.record(connection, refund_id, journal.Note(AuditAction.ASKED, sentence, "tests", {}))


@wrong_clocks
@pytest.mark.parametrize(("waits", "overdue"), [("5 minutes", 0), ("12 minutes", 1)])
async def test_a_customer_waits_for_as_long_as_postgres_says(
    shop: Shop, wrong: timedelta, waits: str, overdue: int
) -> None:
    await shop.order()
    refund = await shop.until(await shop.refund(reason="changed_mind"), "in_review")
    asked = "update refund_events set at = now() - cast(%s as interval) where refund_id = %s"
    await change(shop, asked, waits, refund["refund_id"])

    with a_machine(wrong):
        async with shop.engine.connect() as connection:
            period = reports.Period(shop.merchant_id, None, None)
            told = await reports.responses(connection, period, timedelta(minutes=8))

    assert told.overdue == overdue


@wrong_clocks
async def test_what_happens_after_a_suspension_was_lifted_counts(shop: Shop, wrong: timedelta) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    until = clock.now() + timedelta(days=1)
    async with shop.engine.begin() as connection:
        imposed = rights.Imposed(shop.merchant_id, "lilei", "ops")
        number = await rights.impose(connection, imposed, Suspension(SuspensionRule.OPERATIONS, "", until))
    with a_machine(wrong):
        async with shop.engine.begin() as connection:
            await rights.lift(connection, number, "ops")
    await note(shop, refund["refund_id"], "inspected")

    async with shop.engine.connect() as connection:
        lifted_at = await rights.reinstated_at(connection, shop.merchant_id, "lilei")
        *earlier, last = await journal.timeline(connection, refund["refund_id"])

    assert lifted_at is not None and max(each.at for each in earlier) < lifted_at < last.at


@wrong_clocks
async def test_the_provider_reckons_by_one_clock(shop: Shop, wrong: timedelta) -> None:
    await shop.order()
    await shop.behave("ch-o1", "fail_after_success")
    instruction = RefundInstruction("rf_of_a_wrong_clock", shop.merchant_id, "ch-o1", Money("CNY", 100))

    with a_machine(wrong):
        await SandboxGateway(shop.engine).refund(instruction)

    async with shop.engine.connect() as connection:
        times = "select turns_at - at, key_until - at from sandbox.refunds where merchant_id = %s"
        found = await connection.exec_driver_sql(times, (shop.merchant_id,))
        assert tuple(found.one()) == (timedelta(seconds=3), timedelta(hours=24))
