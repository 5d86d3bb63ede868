"""Real orders come back through the pages alone, to the penny (`make by-pages` plays fifty)."""

import os

from rich.progress import Progress

from proof.by_pages.orders import orders_back
from proof.by_pages.play import bring_back
from tools.retail.crowd import Bar
from tools.retail.data import find, read
from tools.stack.stack import Stack

ORDERS = 3


async def test_real_orders_come_back_by_three_clicks_a_reviewers_and_a_warehouses(stack: Stack) -> None:
    orders = orders_back(read(find(os.environ)), ORDERS)

    with Progress(disable=True) as unseen:
        outcome = await bring_back(stack.description, orders, Bar(unseen, "orders", ORDERS))

    assert outcome.faults == ()
    assert {each.order.order_id for each in outcome.came} == {each.order_id for each in orders}
    assert outcome.due == outcome.pence("provider") == outcome.pence("paid") > 0
