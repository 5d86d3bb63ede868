"""Times that can't be: what was asked for before there was anything, or in the future. The field is named."""

from datetime import datetime, timedelta

from domain import clock
from domain.sale.orders import Order
from service import refused

CLOCKS_MAY_DIFFER = timedelta(seconds=60)
"""What another system's clock may be ahead or behind."""


def check_request(order: Order, asked_at: datetime) -> None:
    """Raise RequestRefused (`validation_failed`) for a refund asked for before there was something to refund."""
    if asked_at < order.placed_at - CLOCKS_MAY_DIFFER:
        raise refused.wrong_field(
            "/requested_at",
            f"the customer can't have asked before the order was placed, at {order.placed_at.isoformat()}",
        )


def refuse_future(pointer: str, moment: datetime | None, detail: str) -> None:
    """Raise RequestRefused (`validation_failed`) for a moment that has not been."""
    if moment is not None and moment > clock.now() + CLOCKS_MAY_DIFFER:
        raise refused.wrong_field(pointer, detail)
