"""The play: each order is asked for, approved, sent back, inspected and paid, by people at their pages."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack

from db.api_keys import Role
from db.engine import open_engine
from domain import clock
from proof.by_pages.orders import OrderBack
from proof.by_pages.outcome import CameBack, PagesOutcome, booked
from proof.by_pages.people import (
    DESK,
    PHONE,
    Chromium,
    CustomerAtPages,
    ReviewerAtPages,
    WarehouseAtPages,
    chromium,
    sign_in,
)
from proof.merchants import new_merchant
from tools.client import Api, open_http
from tools.retail.crowd import Bar, serve
from tools.retail.replay import YEAR
from tools.stack.stack import StackDescription

_LANGUAGES = ("en", "zh-CN")
_POLICY = {
    "return_window": YEAR,
    "auto_approve": {"reasons": []},
    "refund_limit": {"count": 1_000_000},
}
"""A reviewer sees each of them, and nobody's right to ask is suspended: some real customers returned very often."""


async def bring_back(stack: StackDescription, orders: Sequence[OrderBack], bar: Bar) -> PagesOutcome:
    """Play all of them in a new shop, some at once; customers speak one language as often as the other."""
    engine = open_engine(stack.owner_database_url, pool_size=2)
    origin = stack.pages["customer"].removesuffix("/pages/")
    try:
        async with open_http(stack.api_url) as http, chromium(origin) as browser:
            merchant_id, keys = await new_merchant(engine)
            await Api(http, keys[Role.OPS]).put("/v1/policy", _POLICY)
            came = await _play(Api(http, keys[Role.MERCHANT]), browser, keys, orders, bar)
            return PagesOutcome(came, await booked(engine, merchant_id), tuple(browser.complaints))
    finally:
        await engine.dispose()


async def _play(
    merchant: Api, browser: Chromium, keys: dict[Role, str], orders: Sequence[OrderBack], bar: Bar
) -> tuple[CameBack, ...]:
    """See all of them through; the reviewer goes home after the last."""
    async with AsyncExitStack() as screens:
        reviewer = ReviewerAtPages(await screens.enter_async_context(browser.screen("en", DESK)))
        warehouse = WarehouseAtPages(await screens.enter_async_context(browser.screen("zh-CN", PHONE)))
        await sign_in(reviewer.page, "desk", keys[Role.REVIEWER])
        await sign_in(warehouse.page, "warehouse", keys[Role.WAREHOUSE])
        languages, came = itertools.cycle(_LANGUAGES), list[CameBack]()

        async def play_one(order: OrderBack) -> None:
            async with browser.screen(next(languages), PHONE) as phone:
                came.append(await _see_through(merchant, CustomerAtPages(phone), reviewer, warehouse, order))

        async with asyncio.TaskGroup() as group:
            at_work = group.create_task(reviewer.approve_all())
            await serve(orders, lambda order: order.order_id, play_one, bar)
            at_work.cancel()
    return tuple(came)


async def _see_through(
    merchant: Api, customer: CustomerAtPages, reviewer: ReviewerAtPages, warehouse: WarehouseAtPages, order: OrderBack
) -> CameBack:
    """The shop sells and hands over; all else is done at pages. The customer's page is opened once, and lives."""
    await merchant.put(f"/v1/orders/{order.order_id}", order.body(clock.now()))
    link = await merchant.post(f"/v1/orders/{order.order_id}/page/links", {})
    await customer.enter(link["url"], order.order_id)
    refund_id, quoted = await customer.ask(order)
    await warehouse.take_in(await customer.read_rma())
    end = await customer.read_the_end()
    refund = await merchant.get(f"/v1/refunds/{refund_id}")
    return CameBack(order, refund, quoted=quoted, reviewed=reviewer.saw.get(refund_id, 0), end=end)
