"""The merchant's balance at the provider is too low: nobody is told that it was paid, and it is paid in the end."""

from sqlalchemy import select

from db.schema import messages
from domain.explain.messages import Topic
from tests.shop import Shop, a_line, a_payment
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json

NOT_PAID_YET = "is not paid yet"


async def told_operations(shop: Shop) -> list[str]:
    async with shop.engine.connect() as connection:
        to_operations = (messages.c.merchant_id == shop.merchant_id) & messages.c.recipient.is_(None)
        query = select(messages.c.body).where(to_operations, messages.c.topic == Topic.BALANCE_TOO_LOW)
        return list((await connection.execute(query)).scalars())


async def a_shortage(shop: Shop) -> Json:
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    await shop.order(points_earned=300)
    await shop.behave("ch-o1", "balance_too_low")
    refund = await shop.refund()
    await shop.until_told(NOT_PAID_YET)
    return await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")


async def test_the_refund_stays_paying_out_and_says_what_it_waits_for(shop: Shop) -> None:
    refund = await a_shortage(shop)

    [payout] = refund["payouts"]
    assert (refund["status"], refund["needs_attention"]) == ("paying_out", None)
    assert (payout["status"], payout["gateway"], payout["amount"]) == ("waiting_for_balance", "sandbox", 120_000)
    assert (payout["trace_number"], payout["expected_by"]) == (None, None)
    assert (await shop.customer())["points"]["balance"] == 1_300, "entitlements wait for the money"
    assert not [message for message in await shop.inbox() if "has been refunded" in message]


async def test_operations_are_told_how_much_is_missing_where(shop: Shop) -> None:
    refund = await a_shortage(shop)

    [body] = await told_operations(shop)
    assert body == (
        f"Refund {refund['refund_id']}: the balance at sandbox is too low for ¥1,200.00. All that waits for it there "
        "comes to ¥1,200.00: top it up, and all is paid by itself."
    )


async def test_what_is_topped_up_is_paid_by_itself_and_can_be_traced(shop: Shop) -> None:
    refund = await a_shortage(shop)

    await shop.behave("ch-o1", "succeed")
    done = await shop.until(refund, "completed")

    [payout] = done["payouts"]
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert payout["trace_number"].startswith("SBX") and payout["expected_by"] is not None
    assert len([message for message in await shop.inbox() if NOT_PAID_YET in message]) == 1
    assert (await shop.customer())["points"]["balance"] == 1_000


async def test_of_two_payments_only_the_one_without_balance_waits(shop: Shop) -> None:
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    await shop.behave("ch-b", "balance_too_low")

    refund = await shop.refund()
    await shop.until_told(NOT_PAID_YET)
    waiting = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    await shop.behave("ch-b", "succeed")
    await shop.until(refund, "completed")

    assert [each["status"] for each in waiting["payouts"]] == ["succeeded", "waiting_for_balance"]
    assert await gateway_refunds(shop) == [("ch-a", 100_00, "succeeded"), ("ch-b", 50_00, "succeeded")]


async def test_what_waits_is_a_figure_for_those_who_watch(shop: Shop) -> None:
    await a_shortage(shop)

    name = 'makewhole_waiting_for_balance_minor{currency="CNY"}'
    await shop.until_watched(lambda shown: shown.get(name, 0) >= 120_000)
