"""The Schedule that fetches what providers have settled, begun by hand."""

import asyncio

from temporalio.client import Client

from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from upkeep.report_reading import SCHEDULE_ID


async def fetched(shop: Shop, temporal: Client) -> list[Json]:
    """Have its round begin, and wait until there is another report of this merchant, and all of them are read."""
    before = len((await shop.ops.get("/v1/settlement-reports"))["items"])
    await temporal.get_schedule_handle(SCHEDULE_ID).trigger()
    async with asyncio.timeout(IN_TIME_S):
        while True:
            listed = (await shop.ops.get("/v1/settlement-reports"))["items"]
            if len(listed) > before and all(each["status"] == "read" for each in listed):
                return list(listed)
            await asyncio.sleep(0.2)
