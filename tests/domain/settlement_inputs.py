"""What refunds of a desk's order were settled on."""

from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Terms
from domain.settlement.what_if import PastRefund
from tests.domain.builders import on
from tests.domain.refund_desk import NOW, Desk


def basis_of(
    desk: Desk, *lines: LineRequest, reason: Reason = Reason.CHANGED_MIND, goods_come_back: bool = False
) -> SettlementInputs:
    """What a request for these lines, or with none for everything left, would be settled on now."""
    position = desk.position
    terms = Terms(reason, None, NOW, goods_come_back)
    return SettlementInputs(
        position.refunds, position.claim(lines or None, reason), terms, desk.customer, desk.entitlements
    )


def past_refund(desk: Desk, *lines: LineRequest) -> PastRefund:
    """Refund these lines at the desk, and keep what they were settled on."""
    basis = basis_of(desk, *lines)
    desk.refund(*lines)
    return PastRefund(max(desk.settled), on(5), basis, basis.settle(desk.order, desk.sale, desk.policy))
