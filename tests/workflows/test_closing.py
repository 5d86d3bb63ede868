"""Where a person skips an undo that did not work, closing frees what it would have freed: no unit stays locked."""

import pytest

from activities.refunds import AlreadyPaid, CloseRefund, Refunds
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements
from db import words
from db.steps import AlreadyUndone
from domain import clock
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from domain.said import Word, WordKind
from service.steps import RefundRef
from tests.shop import Shop
from tests.upkeep.scenes import in_review
from tools.client import Json


async def a_refund_in_review(shop: Shop) -> tuple[Json, RefundRef, str]:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await in_review(shop)
    run = (await shop.workflow(refund).describe()).run_id
    return refund, RefundRef(refund["refund_id"], shop.merchant_id), run


async def close(shop: Shop, ref: RefundRef, run: str, *heard: str, events: int = 5) -> None:
    closing = CloseRefund(ref, RefundStatus.CANCELLED, "skipped", "wang", f"{run}.98", heard=heard, events=events)
    await Refunds(shop.engine).close_refund(closing)


async def test_units_whose_release_was_skipped_can_be_refunded_again(shop: Shop) -> None:
    _, ref, run = await a_refund_in_review(shop)

    await close(shop, ref, run)

    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_a_refund_that_may_be_paid_is_not_closed_as_if_it_were_not(shop: Shop) -> None:
    """A worker died with the task in which it was paid, and the release was settled by hand: its run does not know."""
    refund, ref, run = await a_refund_in_review(shop)
    approved = ReviewDecision(ref, Decision.APPROVE, "reviewer", None, "", f"{run}.97", clock.now())
    await Review(shop.engine).record_decision(approved)
    await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))
    async with shop.engine.begin() as connection:
        of_refund = "update payouts set status = 'requested' where refund_id = %s"
        await connection.exec_driver_sql(of_refund, (ref.refund_id,))

    with pytest.raises(AlreadyPaid):
        await close(shop, ref, run)

    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert shown["status"] == "paying_out" and (await shop.customer())["points"]["held"] > 0


async def test_a_settlement_whose_release_was_skipped_holds_nothing_and_is_held_no_more(shop: Shop) -> None:
    refund, ref, run = await a_refund_in_review(shop)
    approved = ReviewDecision(ref, Decision.APPROVE, "reviewer", None, "", f"{run}.97", clock.now())
    await Review(shop.engine).record_decision(approved)
    await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))

    await close(shop, ref, run)
    with pytest.raises(AlreadyUndone):  # of a run that was reset, and would pay now
        await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))

    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert (shown["status"], shown["payouts"]) == ("cancelled", [])
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2
    assert (await shop.customer())["points"] == {"balance": 100, "held": 0}


@pytest.mark.parametrize("is_heard", [False, True])
async def test_an_attempt_to_close_that_comes_late_says_nothing_of_what_was_said_since(
    shop: Shop, is_heard: bool
) -> None:
    """Its run closes the refund once more, and knows by then whether it has heard it."""
    _, ref, run = await a_refund_in_review(shop)
    word = Word("resolve.again", WordKind.RESOLVE, "", run, 9)
    async with shop.engine.begin() as connection:
        await words.take(connection, ref.refund_id, 1, word, {})

    await close(shop, ref, run)
    async with shop.engine.connect() as connection:
        is_open = await words.is_not_taken_up(connection, ref.refund_id, word.word_id)
    await close(shop, ref, run, *([word.word_id] if is_heard else []), events=20)

    async with shop.engine.connect() as connection:
        known = {each.word_id: each for each in await words.known(connection, ref.refund_id)}
        is_still_open = await words.is_not_taken_up(connection, ref.refund_id, word.word_id)
    assert is_open and not is_still_open
    assert (known[word.word_id].overruled is None) == is_heard
