"""Operations of the chaos do after a restore what docs/operations.md says, and nothing that is not plain."""

from proof.chaos.board import Board
from proof.chaos.operations import Operations
from tests.shop import Shop
from tests.workflows.test_asked_again import ONE_UNIT, a_refund_that_our_books_forgot
from tools.client import Json


async def stopped(shop: Shop, lines: list[Json]) -> Json:
    """A refund of a payment of which the provider has paid back 600.00 that we don't know of."""
    await shop.order()
    await a_refund_that_our_books_forgot(shop)
    return await shop.until_noticed(await shop.refund(lines=lines))


def operations_of(shop: Shop) -> Operations:
    return Operations(shop.ops, shop.merchant, Board(shop.merchant), shop.engine, shop.merchant_id)


async def test_a_share_that_was_paid_for_a_forgotten_refund_is_settled_by_hand(shop: Shop) -> None:
    refund, operations = await stopped(shop, ONE_UNIT), operations_of(shop)

    await operations.look_into(refund["refund_id"])

    await shop.until(refund, "completed")
    assert operations.answers == {"settle": 1}


async def test_a_share_of_another_amount_is_left_for_somebody_who_knows_more(shop: Shop) -> None:
    refund, operations = await stopped(shop, [{"line_id": "l1", "quantity": 2}]), operations_of(shop)

    await operations.look_into(refund["refund_id"])

    assert operations.answers == {}
    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["needs_attention"]
