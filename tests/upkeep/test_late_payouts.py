"""A payout that is later than the provider says of itself: operations are told by themselves, once."""

from datetime import timedelta

from sqlalchemy import select, text

from db.schema import messages
from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from upkeep.late_payouts import tell_some

AN_HOUR = timedelta(hours=1)


async def a_payout(shop: Shop, *, due_in: timedelta) -> Json:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.merchant.wait_until(refund["refund_id"], _is_pending, within_s=IN_TIME_S)
    async with shop.engine.begin() as connection:
        statement = text("update payouts set expected_by = now() + :due_in where refund_id = :refund_id")
        await connection.execute(statement, {"due_in": due_in, "refund_id": refund["refund_id"]})
    return refund


async def said(shop: Shop) -> list[str]:
    await tell_some(shop.engine)
    async with shop.engine.connect() as connection:
        query = select(messages.c.body).where(messages.c.merchant_id == shop.merchant_id)
        return [body for body in (await connection.execute(query)).scalars() if "was to be there" in body]


async def test_a_payout_that_is_late_is_told_once(shop: Shop) -> None:
    refund = await a_payout(shop, due_in=-AN_HOUR)

    first, again = await said(shop), await said(shop)

    assert first == again and len(first) == 1
    assert f"Refund {refund['refund_id']}: ¥1,200.00 to p1 through sandbox was to be there by" in first[0]


async def test_one_that_is_in_time_or_paid_is_not(shop: Shop) -> None:
    refund = await a_payout(shop, due_in=AN_HOUR)

    assert await said(shop) == []
    await shop.behave("ch-o1", "succeed")
    done = await shop.until(refund, "completed")

    assert done["payouts"][0]["status"] == "succeeded" and await said(shop) == []


def _is_pending(refund: Json) -> bool:
    return [each["status"] for each in refund["payouts"]] == ["pending"]
