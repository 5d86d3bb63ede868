"""What does not agree, on demand: refunds with their workflows, our ledger with the providers' books."""

import logging

from fastapi import APIRouter
from pydantic import Field

from api.access import Ops, ServicesDep
from api.described import described
from api.schemas.common import Wire
from api.schemas.settlement_reports import Amount
from upkeep.books import BooksDifference, Discrepancy, compare
from upkeep.missing import Lost, Trouble, find_lost

log = logging.getLogger("api")

router = APIRouter(tags=["operations"])


class LostRefund(Wire):
    """A refund that is not over and whose workflow is `gone`, `behind` or `paused`.

    The worker starts it again by itself; a paused one waits for whoever paused it.
    """

    refund_id: str = Field(description="The refund.")
    trouble: Trouble = Field(description="What is wrong with its workflow.")
    why: str = Field(description="The same as a sentence.")


class PayoutDifference(Wire):
    """A payout on which our ledger and the provider's books differ."""

    key: str = Field(description="The payout's key at the provider.")
    refund_id: str | None = Field(description="The refund; null where nobody here knows such a payout.")
    difference: BooksDifference = Field(description="How they differ.")
    ours: Amount | None = Field(description="What we booked; null for nothing.")
    theirs: list[Amount] = Field(description="What they booked; several where it was paid twice.")


class UnreadBooks(Wire):
    """A gateway whose books could not be read just now: nobody knows whether they agree."""

    gateway: str = Field(description="What payments name it by.")
    why: str = Field(description="What went wrong, as the log calls it; what came with it is in the log.")


class ReconciliationAnswer(Wire):
    """What does not agree now."""

    agrees: bool = Field(description="Whether everything does.")
    refunds: list[LostRefund] = Field(description="Refunds whose workflow is not as it should be.")
    payouts: list[PayoutDifference] = Field(description="Payouts on which the books differ.")
    unread: list[UnreadBooks] = Field(description="Gateways whose books could not be read; read them again later.")


@router.get("/v1/operations/reconciliation", **described("reconcileBooks"))
async def reconcile(services: ServicesDep, caller: Ops) -> ReconciliationAnswer:
    """Compare now, and change nothing; what is younger than a minute may still be settling and is left out."""
    lost = await find_lost(services.temporal, services.engine, merchant_id=caller.merchant_id)
    books = await compare(services.engine, services.gateways, caller.merchant_id)
    for name, trouble in books.unread.items():
        log.warning("the books of %s at %s can't be read", caller.merchant_id, name, exc_info=trouble)
    return ReconciliationAnswer(
        agrees=not lost and not books.found and not books.unread,
        refunds=[_refund(each) for each in lost],
        payouts=[_payout(each) for each in books.found],
        unread=[UnreadBooks(gateway=name, why=type(trouble).__name__) for name, trouble in books.unread.items()],
    )


def _refund(lost: Lost) -> LostRefund:
    return LostRefund(refund_id=lost.refund_id, trouble=lost.trouble, why=lost.why)


def _payout(found: Discrepancy) -> PayoutDifference:
    return PayoutDifference(
        key=found.key,
        refund_id=found.refund_id,
        difference=found.difference,
        ours=Amount.of(found.ours),
        theirs=[Amount.exactly(each) for each in found.theirs],
    )
