"""Showing what goes back to each payment: as it is planned, and as it stands."""

from api.schemas.refund_answers import PayoutAnswer, ProviderLimitAnswer, ShownStatus
from db.read_models import Payout
from domain.lifecycle import PaidBy, PayoutStatus
from domain.payout.choice import RefundTo
from domain.payout.tenders import Tender
from domain.sale.payments import PaymentMethod
from domain.settlement.settlement import Settlement


def planned_answers(settlement: Settlement) -> list[PayoutAnswer]:
    return [
        PayoutAnswer(
            payment_id=each.payment.payment_id,
            method=_SHOWN_AS.get(each.goes_to, each.payment.method),
            amount=each.as_paid.minor_units,
            currency=each.as_paid.currency,
            order_amount=each.amount.minor_units,
            status="planned",
            gateway=each.payment.gateway,
            provider_limit=ProviderLimitAnswer.of(each),
        )
        for each in settlement.payouts
    ]


_SHOWN_AS = {
    RefundTo.STORE_CREDIT: PaymentMethod.STORE_CREDIT,
    RefundTo.BANK_TRANSFER: PaymentMethod.BANK_TRANSFER,
}
"""Where a share goes that does not go back to its payment."""


def payout_answers(row: Payout, planned: Tender | None) -> list[PayoutAnswer]:
    """A declined payment that was made good with store credit shows both: the no and the yes."""
    is_paid_otherwise = row.status == PayoutStatus.SUCCEEDED and row.paid_by is not PaidBy.GATEWAY
    is_replaced = row.decline_code is not None and is_paid_otherwise
    paid = row.in_order_currency if row.is_credit else row.money
    method = PaymentMethod.BANK_TRANSFER if row.goes_to is RefundTo.BANK_TRANSFER else row.method
    yes = PayoutAnswer(
        payment_id=row.payment_id,
        method=PaymentMethod.STORE_CREDIT if row.is_credit else method,
        amount=paid.minor_units,
        currency=paid.currency,
        order_amount=row.in_order_currency.minor_units,
        status=_shown(row.status),
        gateway=row.gateway,
        gateway_ref=row.gateway_ref,
        trace_number=row.trace_number,
        expected_by=row.expected_by,
        decline_code=None if is_replaced else row.decline_code,
        settled_on=row.settled_on,
        exchange_difference=row.exchange_difference,
        provider_limit=ProviderLimitAnswer.of(planned),
    )
    asked = {"method": method, "amount": row.amount, "currency": row.currency}
    no = yes.model_copy(update={**asked, "status": "failed", "decline_code": row.decline_code})
    return [no, yes.model_copy(update={"exchange_difference": None})] if is_replaced else [yes]


def _shown(status: PayoutStatus) -> ShownStatus:
    match status:
        case PayoutStatus.PLANNED:
            return "planned"
        case PayoutStatus.REQUESTED | PayoutStatus.PENDING:
            return "pending"
        case PayoutStatus.WAITING_FOR_BALANCE:
            return "waiting_for_balance"
        case PayoutStatus.SUCCEEDED:
            return "succeeded"
        case PayoutStatus.DECLINED:
            return "failed"
