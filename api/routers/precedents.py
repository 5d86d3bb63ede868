"""Precedents of a refund: how people decided about the same kind of case before."""

from fastapi import APIRouter

from api.access import Reviewer, ServicesDep
from api.described import described
from api.paths import RefundId
from api.schemas.reviews import PrecedentAnswer, Precedents
from db import precedents, refunds
from db.read_models import Precedent
from domain.rights.precedents import band_of

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

_LOOKED_AT = 50
_SHOWN = 10


@router.get("/{refund_id}/precedents", **described("listPrecedents", "not_found"))
async def list_precedents(refund_id: RefundId, services: ServicesDep, caller: Reviewer) -> Precedents:
    """Read how people of yours decided about refunds with the same reason, kind and band of risk.

    What a rule decided by itself is none. Those with goods of the same category come first.
    """
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        if refund.risk is None:
            return Precedents(reason=refund.reason, kind=refund.kind, risk=None, approved=0, rejected=0, items=[])
        band = band_of(refund.risk.json["score"])
        found = await precedents.of(connection, refund, band, _LOOKED_AT)
        named = [refund_id, *(each.refund_id for each in found.newest)]
        categories = await precedents.categories(connection, caller.merchant_id, named)
    ours = categories.get(refund_id, frozenset())
    alike = {each for each in named if ours & categories.get(each, frozenset())}
    shown = sorted(found.newest, key=lambda each: each.refund_id not in alike)[:_SHOWN]
    return Precedents(
        reason=refund.reason,
        kind=refund.kind,
        risk=band,
        approved=found.approved,
        rejected=found.rejected,
        items=[_answer(each, same_category=each.refund_id in alike) for each in shown],
    )


def _answer(row: Precedent, *, same_category: bool) -> PrecedentAnswer:
    return PrecedentAnswer(
        refund_id=row.refund_id,
        order_id=row.order_id,
        decision=row.review["decision"],
        by=row.review.get("by"),
        note=row.review.get("note") or "",
        reason_code=row.review.get("reason_code"),
        same_category=same_category,
        risk_score=row.risk.json["score"],
        currency=row.currency,
        total=row.total.read().minor_units,
        created_at=row.created_at,
    )
