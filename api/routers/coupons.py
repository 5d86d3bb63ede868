"""Coupons."""

from dataclasses import asdict

from fastapi import APIRouter

from api import problems
from api.access import Merchant, ServicesDep
from api.described import described
from api.paths import CouponId
from api.schemas.customers import CouponAnswer, CouponBody
from db import coupons
from db.coupons import Coupon, StoredCoupon
from domain import clock

router = APIRouter(prefix="/v1/coupons/{coupon_id}", tags=["coupons"])


@router.put("", **described("putCoupon", "conflicting_state"))
async def put_coupon(coupon_id: CouponId, body: CouponBody, services: ServicesDep, caller: Merchant) -> CouponAnswer:
    """Store a coupon; whether it is used follows from the orders that used it, and time given back stays (rule 43)."""
    if coupon_id.startswith(coupons.OURS):
        raise problems.validation_failed(f"/coupon_id: coupons that begin with {coupons.OURS!r} are issued here")
    if body.valid_from and body.valid_until and body.valid_from > body.valid_until:
        raise problems.wrong_field("/valid_until", "a coupon can't end before it begins")
    async with services.engine.begin() as connection:
        coupon = Coupon(coupon_id=coupon_id, **body.model_dump())
        if not await coupons.put(connection, caller.merchant_id, coupon):
            raise problems.conflicting_state(f"coupon {coupon_id!r} belongs to another customer")
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
    return CouponAnswer(**asdict(stored.coupon), status=stored.status, held_by=stored.held_by)
