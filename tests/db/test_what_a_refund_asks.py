"""What a plain refund asks of Postgres, counted from the server's log. To raise a count needs a decision record."""

from db.api_keys import Role
from proof.bench.statements import count, medians
from tests.shop import Shop
from tools.client import Api
from tools.stack.stack import Stack

WARM = 50
COUNTED = 20


async def test_a_plain_refund_is_few_statements_in_few_transactions_and_all_are_prepared(
    stack: Stack, shop: Shop
) -> None:
    counts = medians(await count(stack, Api(shop.http, shop.keys[Role.MERCHANT]), warm=WARM, counted=COUNTED))

    assert counts["post_statements"] <= 15
    assert counts["post_transactions"] == 1
    assert counts["statements"] <= 80
    assert counts["transactions"] <= 12
    assert counts["parses"] == 0
