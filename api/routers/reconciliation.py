"""What does not agree, on demand: refunds with their workflows, our ledger with the providers' books."""

from fastapi import APIRouter

from api.access import In, Ops
from api.described import described
from api.schemas.common import Wire
from domain.money import Money
from reconciliation.books import Difference, Discrepancy, compare
from reconciliation.lost import Lost, Trouble, find_lost

router = APIRouter(tags=["operations"])


class Amount(Wire):
    currency: str
    amount: int


class LostRefund(Wire):
    """A refund that is not over and whose workflow is `gone`, `behind` or `paused`.

    The worker starts it again by itself; a paused one waits for whoever paused it.
    """

    refund_id: str
    trouble: Trouble
    why: str


class PayoutDifference(Wire):
    """`refund_id` is null where nobody here knows such a payout; `theirs` has several where it was paid twice."""

    key: str
    refund_id: str | None
    difference: Difference
    ours: Amount | None
    theirs: list[Amount]


class ReconciliationAnswer(Wire):
    agrees: bool
    refunds: list[LostRefund]
    payouts: list[PayoutDifference]


@router.get("/v1/operations/reconciliation", **described("reconcileBooks"))
async def reconcile(house: In, caller: Ops) -> ReconciliationAnswer:
    """Compare now, and change nothing; what is younger than a minute may still be settling and is left out."""
    lost = await find_lost(house.temporal, house.engine, merchant_id=caller.merchant_id)
    differing = await compare(house.engine, house.gateways, caller.merchant_id)
    return ReconciliationAnswer(
        agrees=not lost and not differing,
        refunds=[_refund(each) for each in lost],
        payouts=[_payout(each) for each in differing],
    )


def _refund(lost: Lost) -> LostRefund:
    return LostRefund(refund_id=lost.refund_id, trouble=lost.trouble, why=lost.why)


def _payout(found: Discrepancy) -> PayoutDifference:
    return PayoutDifference(
        key=found.key,
        refund_id=found.refund_id,
        difference=found.difference,
        ours=_amount(found.ours) if found.ours else None,
        theirs=[_amount(each) for each in found.theirs],
    )


def _amount(money: Money) -> Amount:
    return Amount(currency=money.currency, amount=money.minor_units)
