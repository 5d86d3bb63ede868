"""What stands in the way of a change of its order: a refund of it, or a dispute (rule 57)."""

from collections.abc import Sequence

from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition
from domain.sale.disputes import Dispute


class StandsInTheWay(Exception):
    """An order can't be sold like that any more, because of a refund of it, or a dispute, or both of a loss."""

    def __init__(self, order_id: str, why: str, *, refund_id: str | None = None, dispute_id: str | None = None) -> None:
        super().__init__(f"order {order_id!r} can't change like that: {why}. {_advice(refund_id, dispute_id)}")
        self.order_id, self.why = order_id, why
        self.refund_id, self.dispute_id = refund_id, dispute_id


def _advice(refund_id: str | None, dispute_id: str | None) -> str:
    if dispute_id is None:
        return (
            f"Refund {refund_id} stands in the way: what it claims or has given back stays as it was sold; change what "
            "no refund has claimed, or refund what changed"
        )
    counted = "" if refund_id is None else f" (refund {refund_id})"
    return (
        f"Dispute {dispute_id!r}{counted} stands in the way: what the bank took, or is asked about, stays as it was "
        "sold; change what is left beside it, or say that the dispute is won, if it is"
    )


def in_the_way(position: OrderPosition, refunds: Sequence[LiveRefund], why: str) -> StandsInTheWay:
    """Name the first of these refunds, and one that is what the bank took only where there is no other."""
    first = next((each for each in refunds if not each.is_loss), refunds[0])
    return StandsInTheWay(position.order.order_id, why, refund_id=first.refund_id)


def with_its_dispute(refused: StandsInTheWay, disputes: Sequence[Dispute]) -> StandsInTheWay:
    """Name the dispute, where the refund in the way is what the bank took after one (rule 52)."""
    dispute_id = next((each.dispute_id for each in disputes if refused.refund_id in each.refund_ids), None)
    if dispute_id is None:
        return refused
    return StandsInTheWay(refused.order_id, refused.why, refund_id=refused.refund_id, dispute_id=dispute_id)
