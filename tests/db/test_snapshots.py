"""What one answer shows is of one moment, however much happens between its queries."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from db import refunds
from db.engine import snapshots
from domain.reasons import RefundStatus
from tests.shop import Shop

_STATUS = text("select status from refunds where refund_id = :refund_id")


async def test_one_connection_reads_of_one_moment(shop: Shop) -> None:
    await shop.order()
    refund_id = (await shop.approved_refund())["refund_id"]
    async with snapshots(shop.engine).connect() as reading:
        before = await reading.scalar(_STATUS, {"refund_id": refund_id})
        async with shop.engine.begin() as writing:
            await refunds.change(writing, refund_id, status=RefundStatus.NEEDS_ATTENTION)

        assert await reading.scalar(_STATUS, {"refund_id": refund_id}) == before == "completed"
    async with snapshots(shop.engine).connect() as reading:
        assert await reading.scalar(_STATUS, {"refund_id": refund_id}) == "needs_attention"


async def test_it_can_not_write_and_leaves_no_trace_in_the_pool(shop: Shop) -> None:
    await shop.order()
    refund_id = (await shop.approved_refund())["refund_id"]
    async with snapshots(shop.engine).connect() as reading:
        with pytest.raises(InternalError, match="read-only"):
            await refunds.change(reading, refund_id, status=RefundStatus.COMPLETED)

    async with shop.engine.begin() as writing:
        assert await writing.scalar(text("show transaction_isolation")) == "read committed"
        await refunds.change(writing, refund_id, status=RefundStatus.COMPLETED)
