"""A payout is asked for again: under the next key after a no, and never where the provider knows more than we do."""

import asyncio
from typing import Any

import pytest

from activities.payout_books import PayOut, PayoutResult
from activities.payouts import Payouts
from db import payouts
from domain.lifecycle import PayoutStatus
from gateways.ports import GatewayRefund, RefundInstruction
from gateways.sandbox.gateway import SandboxGateway
from service.steps import RefundRef
from tests.shop import ANYTHING, IN_TIME_S, Shop
from tests.upkeep.scenes import at
from tests.workflows.test_late_failures import hears_that_it_failed
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json

ONE_UNIT = [{"line_id": "l1", "quantity": 1}]


class StandsStill(SandboxGateway):
    """Asks when it may, and brings the answer only when it is told to go on.

    An attempt that `is_asked` of knows the payout as it was then, whatever the worker does meanwhile.
    """

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.engine)
        self.is_asked, self.may_ask = asyncio.Event(), asyncio.Event()
        self.has_answer, self.goes_on = asyncio.Event(), asyncio.Event()

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        self.is_asked.set()
        await self.may_ask.wait()
        answer = await super().look_up(instruction)
        if not self.has_answer.is_set():
            self.has_answer.set()
            await self.goes_on.wait()
        return answer

    async def asks(self) -> None:
        """Let it ask, and wait until it has its answer."""
        self.may_ask.set()
        async with asyncio.timeout(IN_TIME_S):
            await self.has_answer.wait()


def pays(shop: Shop, refund: Json, gateway: SandboxGateway) -> "asyncio.Task[PayoutResult]":
    """An attempt that the worker does not know of any more."""
    command = PayOut(RefundRef(refund["refund_id"], shop.merchant_id), "p1")
    return asyncio.create_task(Payouts(shop.engine, {"sandbox": gateway}).pay_out(command))


async def a_pending_refund(shop: Shop, **fields: Any) -> Json:
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund(**fields)
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if await status_of_payout(shop, refund) == "pending":
                return refund
            await asyncio.sleep(0.1)


async def status_of_payout(shop: Shop, refund: Json) -> str | None:
    async with shop.engine.connect() as connection:
        rows = (await payouts.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
    return rows[0].status if rows else None


async def answer(shop: Shop, refund: Json, action: str) -> None:
    await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": action, "note": "seen"})


async def in_their_books(shop: Shop, statement: str) -> None:
    async with shop.engine.begin() as books:
        await books.exec_driver_sql(statement, (shop.merchant_id,))


async def a_refund_that_our_books_forgot(shop: Shop) -> None:
    """What a copy of our database that is older than the refund does not know: the provider has paid it."""
    await in_their_books(shop, _FORGOTTEN)


_FORGOTTEN = """
insert into sandbox.refunds (refund_ref, merchant_id, key, key_until, charge_ref, amount, currency, status)
values ('re_lost_' || gen_random_uuid(), %s, 'rf_lost-0-0', now(), 'ch-o1', 60000, 'CNY', 'succeeded')
"""


@pytest.mark.parametrize("behaviour", ["decline", "fail_later", "fail_by_webhook", "fail_after_success"])
async def test_a_payout_that_got_a_no_is_paid_under_the_next_key_when_people_have_it_tried_again(
    shop: Shop, behaviour: str
) -> None:
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", behaviour)
    refund = await shop.refund()
    await shop.until_noticed(refund)
    first = await shop.payout_key(refund)

    await shop.behave("ch-o1", "succeed")
    await answer(shop, refund, "retry")
    done = await shop.until(refund, "completed")

    paid = [amount for _, amount, status in await gateway_refunds(shop) if status == "succeeded"]
    assert paid == [120_000]
    assert [(each["method"], each["status"]) for each in done["payouts"]] == [("card", "succeeded")]
    assert (first, await shop.payout_key(refund)) == (f"{refund['refund_id']}-0-0", f"{refund['refund_id']}-0-1")
    assert (await shop.customer())["store_credit"]["balance"] == 0


async def test_a_no_that_has_become_a_yes_is_not_asked_for_again(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "fail_later")
    refund = await shop.refund(lines=ONE_UNIT)
    await shop.until_noticed(refund)

    await in_their_books(shop, "update sandbox.refunds set status = 'succeeded' where merchant_id = %s")
    await answer(shop, refund, "retry")
    await shop.until(refund, "completed")

    assert await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]


async def test_a_payout_of_an_earlier_version_keeps_its_key_until_a_definite_no(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    await shop.order()
    refund = await a_pending_refund(shop, lines=ONE_UNIT)
    key = f"{refund['refund_id']}:payout:p1"
    async with shop.engine.begin() as connection:
        of_merchant = (key, shop.merchant_id)
        await connection.exec_driver_sql("update payouts set key = %s where merchant_id = %s", of_merchant)
        await connection.exec_driver_sql("update sandbox.refunds set key = %s where merchant_id = %s", of_merchant)

    await shop.behave("ch-o1", "fail_later")
    await shop.until_noticed(refund)
    kept = await shop.payout_key(refund)
    await shop.behave("ch-o1", "succeed")
    await answer(shop, refund, "retry")
    await shop.until(refund, "completed")

    assert (kept, await shop.payout_key(refund)) == (key, f"{refund['refund_id']}-0-1")


async def test_a_pending_that_comes_late_is_not_booked_over_a_yes(shop: Shop) -> None:
    await shop.order()
    refund = await a_pending_refund(shop)
    gateway = StandsStill(shop)
    late = pays(shop, refund, gateway)
    await gateway.asks()

    await shop.behave("ch-o1", "succeed")
    await shop.until(refund, "completed")
    gateway.goes_on.set()

    assert (await late).status is PayoutStatus.SUCCEEDED
    shown = await shop.until(refund, "completed", "needs_attention")
    assert shown["payouts"][0]["status"] == "succeeded"


async def test_a_yes_that_comes_after_the_money_came_back_is_not_believed(shop: Shop) -> None:
    await shop.order()
    refund = await a_pending_refund(shop)
    gateway = StandsStill(shop)
    late = pays(shop, refund, gateway)
    async with asyncio.timeout(IN_TIME_S):
        await gateway.is_asked.wait()
    await shop.behave("ch-o1", "succeed")
    await gateway.asks()
    await shop.until(refund, "completed")

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_noticed(refund)
    gateway.goes_on.set()

    assert (await late).decline_code == "payout_reversed"
    assert (await shop.until(refund, "completed", "needs_attention"))["payouts"][0]["status"] == "failed"


async def test_what_our_books_forgot_of_this_very_payout_is_found_before_it_is_asked_for(shop: Shop) -> None:
    await shop.order()
    refund = await a_pending_refund(shop, lines=ONE_UNIT)
    async with shop.engine.begin() as connection:
        forgotten = "update payouts set status = 'planned' where merchant_id = %s"
        await connection.exec_driver_sql(forgotten, (shop.merchant_id,))
    await in_their_books(shop, "update sandbox.refunds set key_until = now() - interval '1 day' where merchant_id = %s")

    result = await pays(shop, refund, SandboxGateway(shop.engine))
    await shop.behave("ch-o1", "succeed")
    await shop.until(refund, "completed")

    assert result.status is PayoutStatus.PENDING
    assert await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]


async def test_a_refund_of_the_payment_that_we_do_not_know_stops_the_share_for_a_person(shop: Shop) -> None:
    await shop.order()
    await a_refund_that_our_books_forgot(shop)

    waiting = await shop.until_noticed(await shop.refund(lines=ONE_UNIT))

    assert "unknown_refund" in waiting["needs_attention"]["reason"]
    assert any("re_lost" in entry["message"] for entry in waiting["timeline"])
    assert await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]
    assert (await shop.customer())["store_credit"]["balance"] == 0


async def test_a_refund_that_people_know_stops_no_share_any_more(shop: Shop) -> None:
    await shop.order(lines=[{"line_id": "l1", "sku": "A-1", "quantity": 4, "unit_price": 30_000}])
    await a_refund_that_our_books_forgot(shop)
    refund = await shop.refund(lines=ONE_UNIT)
    await shop.until_noticed(refund)

    await answer(shop, refund, "retry")
    await shop.until(refund, "completed")
    await shop.approved_refund(lines=ONE_UNIT)

    paid = sorted(amount for _, amount, _ in await gateway_refunds(shop))
    assert paid == [30_000, 30_000, 60_000]


async def test_a_refund_that_turns_out_to_be_this_one_is_settled_by_hand(shop: Shop) -> None:
    await shop.order()
    await a_refund_that_our_books_forgot(shop)
    refund = await shop.refund(lines=ONE_UNIT)
    await shop.until_noticed(refund)

    await answer(shop, refund, "settle")
    await shop.until(refund, "completed")

    assert await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]
