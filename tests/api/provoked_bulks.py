"""How the operations about bulks of refunds are made to answer what only they can answer."""

from typing import Any

import httpx

from tests.api.bulk_desk import BulkDesk, a_refund
from tests.shop import Shop
from tools.client import Json


async def _nothing_to_confirm(shop: Shop) -> httpx.Response:
    desk = BulkDesk(shop)
    return await desk.confirm(await desk.asked(a_refund("nobody-knows-this")))


async def _completed(desk: BulkDesk) -> Json:
    await desk.shop.policy(bulk_grace="PT0S")
    await desk.shop.order()
    bulk = await desk.previewed(_A_LITTLE)
    await desk.confirmed(bulk)
    return await desk.until(bulk, "completed")


async def _stop_too_late(shop: Shop) -> httpx.Response:
    desk = BulkDesk(shop)
    return await desk.stop(await _completed(desk))


async def _the_same_file_again(shop: Shop) -> httpx.Response:
    desk = BulkDesk(shop)
    await _completed(desk)
    return await desk.confirm(await desk.previewed(_A_LITTLE))


_A_LITTLE = a_refund("o1", lines=[{"line_id": "l1", "amount": 1_00}], confirm_duplicate=True)

BULKS: dict[tuple[str, str], Any] = {
    ("confirmBulkRefunds", "conflicting_state"): _nothing_to_confirm,
    ("confirmBulkRefunds", "duplicate_request"): _the_same_file_again,
    ("stopBulkRefunds", "conflicting_state"): _stop_too_late,
}
