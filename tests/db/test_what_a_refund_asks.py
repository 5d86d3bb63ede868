"""What a plain refund asks of Postgres, counted from the server's log. To raise a count needs a decision record.

The least of many counts: an attempt that a slow machine repeats, or upkeep that comes by meanwhile, sends more, and
nothing sends less.
"""

from db.api_keys import Role
from proof.bench.statements import count, least, medians
from tests.shop import Shop
from tools.client import Api
from tools.stack.stack import Stack

WARM = 50
COUNTED = 20


async def test_a_plain_refund_is_few_statements_in_few_transactions_and_all_are_prepared(
    stack: Stack, shop: Shop
) -> None:
    counted = await count(stack, Api(shop.http, shop.keys[Role.MERCHANT]), warm=WARM, counted=COUNTED)
    counts = least(counted)

    assert counts["post_statements"] <= 15
    assert counts["post_transactions"] == 1
    assert counts["statements"] <= 80
    assert counts["transactions"] <= 12
    assert medians(counted)["parses"] == 0
