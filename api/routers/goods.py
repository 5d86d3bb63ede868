"""The goods of a refund, as a warehouse wants them: what they are called, what is still to come, what was found."""

from fastapi import APIRouter

from api.access import AnyCaller, ServicesDep
from api.described import described
from api.paging import Cut, LinesCursor, place
from api.paths import RefundId
from api.schemas.goods import GoodsAnswer, GoodsLineAnswer
from db import claims, refunds, stored_orders
from db.read_models import ClaimRow
from domain.claims.lost_parcels import without_the_lost
from domain.sale.measures import as_said
from domain.sale.orders import OrderLine
from service.goods_return import lost_of

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])


@router.get("/{refund_id}/goods", **described("getReturnGoods", "not_found"))
async def read_goods(
    refund_id: RefundId, services: ServicesDep, caller: AnyCaller, lines_cursor: LinesCursor = None
) -> GoodsAnswer:
    """Read what comes back with a refund, by name, and what has arrived of it; customers see their own."""
    cut = Cut(place(lines_cursor, "lines_cursor"))
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        claimed = (await claims.rows_of(connection, [refund_id]))[refund_id]
        now = await stored_orders.find(connection, refund.merchant_id, refund.order_id)
        assert now is not None, "a refund has its order"
        sold = await stored_orders.at_version(connection, refund.merchant_id, now, refund.order_version) or now
    named = {line.line_id: line for line in sold.order.lines}
    missing = {row.line_id: row.requested - row.received for row in claimed if row.requested > row.received}
    expected = without_the_lost(missing, lost_of(refund.goods_return))
    lines = cut.of(
        [row for row in claimed if row.requested and row.line_id in named],
        lambda row: _line(row, named[row.line_id], expected.get(row.line_id, 0)),
    )
    return GoodsAnswer(
        refund_id=refund_id,
        order_id=refund.order_id,
        status=refund.status,
        rma=(refund.goods_return or {}).get("rma"),
        lines=lines,
        next_lines=cut.next,
    )


def _line(row: ClaimRow, line: OrderLine, expected: int) -> GoodsLineAnswer:
    return GoodsLineAnswer(
        line_id=row.line_id,
        sku=line.sku,
        name=line.name,
        unit=line.measure.unit if line.measure else None,
        quantity=as_said(row.requested, line.measure),
        expected=as_said(expected, line.measure),
        received=as_said(row.received, line.measure),
        accepted=None if row.accepted is None else as_said(row.accepted, line.measure),
        rejected=as_said(row.rejected, line.measure),
        disposition=row.disposition,
    )
