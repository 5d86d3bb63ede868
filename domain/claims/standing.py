"""Which refund stands in the way of a change of its order (rule 57)."""

from collections.abc import Sequence

from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition


class StandsInTheWay(Exception):
    """An order can't be sold like that any more, because of a refund of it; `refund_id` says which."""

    def __init__(self, order_id: str, refund_id: str, why: str) -> None:
        super().__init__(
            f"order {order_id!r} can't change like that: {why}. Refund {refund_id} stands in the way: what it claims "
            "or has given back stays as it was sold; change what no refund has claimed, or refund what changed"
        )
        self.refund_id = refund_id


def in_the_way(position: OrderPosition, refunds: Sequence[LiveRefund], why: str) -> StandsInTheWay:
    return StandsInTheWay(position.order.order_id, refunds[0].refund_id, why)
