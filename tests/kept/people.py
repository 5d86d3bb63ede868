"""What people still say about the refunds of the kept directory: one function a scene, by its name."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tests.kept.scenes import ONE, at
from tests.kept.shops import WITHIN_S
from tests.shop import Shop
from tools.client import Json, NotInTime, Refused

Refunds = Sequence[Json]


async def review(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.reviewer, refund, "review", decision="approve")
    await returning(shop, refunds)


async def evidence(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.reviewer, refund, "review", decision="reject", note="used")


async def overdue_review(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.reviewer, refund, "review", decision="approve")


async def returning(shop: Shop, refunds: Refunds) -> None:
    for refund in refunds:
        await at(shop.warehouse, refund, "receipt")
        await at(shop.warehouse, refund, "inspection")


two_parcels = returning


async def half_received(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.warehouse, refund, "receipt", lines=ONE)
    await at(shop.warehouse, refund, "inspection", lines=[{"line_id": "l1", "accepted": 1, "rejected": 1}])


async def inspected(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.warehouse, refund, "inspection")


received = overdue_inspection = inspected


async def label_stuck(shop: Shop, refunds: Refunds) -> None:
    """Whoever takes it over tries again by itself what people were asked about, and it works now."""
    (refund,) = refunds
    await until(shop, refund, "awaiting_return")
    await returning(shop, refunds)


async def reopened(shop: Shop, refunds: Refunds) -> None:
    (refund,) = refunds
    await at(shop.reviewer, refund, "review", decision="approve")
    await at(shop.warehouse, refund, "inspection")


async def claimed_elsewhere(shop: Shop, refunds: Refunds) -> None:
    await answer(shop, refunds[0], "claim_again", "skip")


async def payout_pending(shop: Shop, _: Refunds) -> None:
    await shop.behave("ch-o1", "succeed")


async def one_of_two_paid(shop: Shop, _: Refunds) -> None:
    await shop.behave("ch-b", "succeed")


async def nobody(_: Shop, __: Refunds) -> None:
    """It ends by itself."""


cancelling = undo_stuck = unanswered = paid_unheard = restoring = points_stuck = untold = unstarted = nobody


async def declined(shop: Shop, refunds: Refunds) -> None:
    await shop.behave("ch-o1", "succeed")
    await answer(shop, refunds[0], "pay_out", "retry")


async def by_hand(shop: Shop, refunds: Refunds) -> None:
    await answer(shop, refunds[0], "pay_out", "settle")


async def reversed_payout(shop: Shop, refunds: Refunds) -> None:
    await declined(shop, refunds)


async def late_failure(shop: Shop, refunds: Refunds) -> None:
    await until(shop, refunds[0], "needs_attention")
    await by_hand(shop, refunds)


async def answer(shop: Shop, refund: Json, step: str, action: str) -> None:
    """Answer a call for help, once the run that has taken over asks again."""
    last = "never asked"
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    await at(shop.ops, refund, "resolution", step=step, action=action, note="we have looked")
                    return
                except Refused as refused:
                    last = str(refused)
                    await asyncio.sleep(0.5)
    except TimeoutError:
        raise NotInTime(f"{action} of {step} was not taken in {WITHIN_S} s: {last}") from None


async def until(shop: Shop, refund: Json, status: str) -> Json:
    """Wait for a status, also of a refund that was over."""
    now = refund
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                await shop.until_in_books(refund["refund_id"], lambda in_books: in_books.status == status, within_s=2.0)
                now = await shop.ops.get(f"/v1/refunds/{refund['refund_id']}")
                if now["status"] == status:
                    return now
    except TimeoutError:
        raise NotInTime(f"{shop.merchant_id} was {now['status']}, not {status}, after {WITHIN_S} s: {now}") from None


People = Callable[[Shop, Refunds], Awaitable[None]]
