"""The goods of a refund: what is expected, what has come, and what was found."""

from pydantic import Field

from api.schemas.common import Wire
from api.schemas.quantities import SaidQuantity
from domain.lifecycle import RefundStatus


class GoodsLineAnswer(Wire):
    """Units of a line that come back, in the type in which the order said its quantity."""

    line_id: str = Field(description="The line of the order.")
    sku: str = Field(description="The merchant's own number of the article; empty where the order has none.")
    name: str = Field(description="What it is called; empty where the order does not say.")
    unit: str | None = Field(description="What it is measured in, as `kg`; null for whole units.")
    quantity: SaidQuantity = Field(description="How much of it is to come back.")
    expected: SaidQuantity = Field(description="How much of that is still to come: neither here nor lost.")
    received: SaidQuantity = Field(description="How much has arrived.")
    accepted: SaidQuantity | None = Field(description="How much the inspection accepted; null before it.")
    rejected: SaidQuantity = Field(description="How much it rejected.")
    disposition: str | None = Field(description="What the warehouse said of the units; null where nothing.")


class GoodsAnswer(Wire):
    """What a warehouse has to know of a return."""

    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="The order.")
    status: RefundStatus = Field(description="Where the refund stands.")
    rma: str | None = Field(description="The number of the return authorization; null where none is issued.")
    lines: list[GoodsLineAnswer] = Field(description="Its goods, line by line; what moves no units is left out.")
    next_lines: str | None = Field(description="The cursor of the next page of lines; null where all are here.")
