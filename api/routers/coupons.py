"""Coupons."""

from dataclasses import asdict

from fastapi import APIRouter

from api import problems
from api.access import Merchant, ServicesDep
from api.described import described
from api.paths import CouponId
from api.schemas.customers import CouponAnswer, CouponBody, CouponUses
from db import coupons, journal
from db.coupons import Coupon, StoredCoupon
from domain import clock
from domain.audit_actions import AuditAction
from domain.sale.guests import account

router = APIRouter(prefix="/v1/coupons/{coupon_id}", tags=["coupons"])


@router.put("", **described("putCoupon", "conflicting_state"))
async def put_coupon(coupon_id: CouponId, body: CouponBody, services: ServicesDep, caller: Merchant) -> CouponAnswer:
    """Store a coupon; whether it is used follows from the orders that used it, and time given back stays (rule 43).

    Without a `customer_id` every customer may use it. Where a limit is said, or it is shop-wide, each use counts for
    itself: it comes back with its own order, to the customer who had it, for whom it is kept. An order beyond a limit
    is refused with `conflicting_state`.
    """
    if coupon_id.startswith(coupons.OURS):
        raise problems.validation_failed(f"/coupon_id: coupons that begin with {coupons.OURS!r} are issued here")
    if body.valid_from and body.valid_until and body.valid_from > body.valid_until:
        raise problems.wrong_field("/valid_until", "a coupon can't end before it begins")
    _check_worth(body)
    async with services.engine.begin() as connection:
        coupon = Coupon(coupon_id=coupon_id, **body.model_dump())
        if not await coupons.put_by_merchant(connection, caller.merchant_id, coupon):
            raise problems.conflicting_state(
                f"coupon {coupon_id!r} belongs to another customer, or to everybody: whose a coupon is never changes"
            )
        detail = body.model_dump(mode="json") | {"coupon_id": coupon_id}
        note = journal.Note(AuditAction.COUPON_CHANGED, f"the coupon {coupon_id} is told", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
        stored = await coupons.find(connection, caller.merchant_id, coupon_id, clock.now())
    assert stored is not None
    return coupon_answer(stored)


@router.get("", **described("getCoupon", "not_found"))
async def get_coupon(coupon_id: CouponId, services: ServicesDep, caller: Merchant) -> CouponAnswer:
    """Read a coupon and how it stands."""
    async with services.snapshots.connect() as connection:
        stored = await coupons.find(connection, caller.merchant_id, coupon_id, clock.now())
    if stored is None:
        raise problems.not_found(f"coupon {coupon_id!r}")
    return coupon_answer(stored)


def coupon_answer(stored: StoredCoupon) -> CouponAnswer:
    uses, by_customer, owner = stored.uses, stored.by_customer, stored.coupon.customer_id
    return CouponAnswer(
        **asdict(stored.coupon) | {"customer_id": owner and account(owner)},
        uses=uses.standing,
        uses_left=uses.left,
        of_customer=by_customer
        and CouponUses(uses=by_customer.standing, given_back=by_customer.given_back, uses_left=by_customer.left),
        status=stored.status,
        held_by=stored.held_by,
    )


def _check_worth(body: CouponBody) -> None:
    """Raise Problem (`validation_failed`) unless the coupon takes off either an amount or a percentage."""
    if body.amount is None and body.rate_bp is None:
        raise problems.wrong_field("/amount", "say what it takes off: amount, or rate_bp for a percentage")
    if body.amount is not None and body.rate_bp is not None:
        raise problems.wrong_field("/rate_bp", "a coupon takes off an amount or a percentage, not both")
    if body.max_amount is not None and body.rate_bp is None:
        raise problems.wrong_field("/max_amount", "only a percentage has a cap")
