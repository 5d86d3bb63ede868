"""What merchants' systems are told of a payout, wherever it stands when an event is put together."""

from datetime import UTC, datetime

import pytest

from db.read_models import Payout
from domain.lifecycle import PayoutStatus
from domain.sale.payments import PaymentMethod
from service.merchant_events import told_tender

TOLD = {
    PayoutStatus.PLANNED: "planned",
    PayoutStatus.REQUESTED: "pending",
    PayoutStatus.PENDING: "pending",
    PayoutStatus.WAITING_FOR_BALANCE: "pending",
    PayoutStatus.SUCCEEDED: "succeeded",
    PayoutStatus.DECLINED: "failed",
}


@pytest.mark.parametrize("status", PayoutStatus)
def test_wherever_a_payout_stands_its_event_can_be_told(status: PayoutStatus) -> None:
    told = told_tender(a_payout(status))

    assert (told.status, told.amount, told.gateway) == (TOLD[status], 120_000, "sandbox")


def a_payout(status: PayoutStatus) -> Payout:
    return Payout(
        refund_id="rf_1",
        payment_id="p1",
        place=0,
        merchant_id="acme",
        order_id="o1",
        key="rf_1-0-0",
        method=PaymentMethod.CARD,
        gateway="sandbox",
        charge_ref="ch-o1",
        amount=120_000,
        currency="CNY",
        status=status,
        paid_by=None,
        gateway_ref=None,
        decline_code=None,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        noes=0,
    )
