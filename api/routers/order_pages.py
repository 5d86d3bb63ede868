"""An order as its customer reads it: what is left of it, why it can come back, the state of every entitlement."""

from urllib.parse import urlencode

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Merchant, MerchantOrCustomer, ServicesDep
from api.described import described
from api.paging import LinesCursor, place
from api.paths import OrderId
from api.routers import orders
from api.schemas.order_answers import LineLeft, OrderAnswer
from api.schemas.order_page import BoughtLineAnswer, KnownCoupon, OrderPageAnswer, PageLinkAnswer, PossibleReason
from api.schemas.order_parts import LineBody
from api.schemas.reasons import ReasonBody
from db import coupons, policies, reasons, stored_orders
from db.api_keys import Caller
from domain import clock
from domain.claims.reasons import Reason
from domain.claims.taxonomy import Taxonomy
from domain.sale.measures import THOUSAND
from service import identity

router = APIRouter(prefix="/v1/orders/{order_id}/page", tags=["orders"])


@router.get("", **described("getOrderPage", "not_found"))
async def get_order_page(
    order_id: OrderId, services: ServicesDep, caller: MerchantOrCustomer, lines_cursor: LinesCursor = None
) -> OrderPageAnswer:
    """Read an order as its customer may see it; customers read their own, and guests the one that they proved."""
    async with services.snapshots.connect() as connection:
        await _refuse_strangers(connection, caller, order_id)
        after = place(lines_cursor, "lines_cursor")
        order = await orders.answer_of(connection, caller.merchant_id, order_id, after=after)
        taxonomy = (await reasons.current(connection, caller.merchant_id)).taxonomy
        policy = (await policies.current(connection, caller.merchant_id)).policy
        known = await _coupons(connection, caller, order)
    left = {each.line_id: each for each in order.refundable}
    return OrderPageAnswer(
        order_id=order.order_id,
        customer_id=order.customer_id,
        status=order.status,
        currency=order.currency,
        time_zone=policy.time_zone,
        placed_at=order.placed_at,
        delivered_at=order.delivered_at,
        lines=[_line(each, left.get(each.line_id), taxonomy) for each in order.lines],
        shipping=order.shipping.amount,
        shipping_left=order.shipping_left,
        paid=sum(each.amount if each.order_amount is None else each.order_amount for each in order.payments),
        reasons=_reasons(taxonomy),
        coupons=known,
        entitlements=order.entitlements,
        next_lines=order.next_lines,
    )


@router.post("/links", status_code=201, **described("makePageLink", "not_found"))
async def make_page_link(order_id: OrderId, services: ServicesDep, caller: Merchant) -> PageLinkAnswer:
    """Hand a customer over to the page of an order, without a code: the shop knows already who they are.

    Ask for it when the customer goes there. What it opens is a session that sees this order alone, for half an hour.
    """
    async with services.engine.begin() as connection:
        link = await identity.hand_over(connection, services.vault, caller, order_id)
    if link is None:
        raise problems.not_found(f"order {order_id!r}")
    query = urlencode({"merchant": caller.merchant_id, "order": order_id, "link": f"{link.code_id}.{link.code}"})
    return PageLinkAnswer(url=f"/pages/enter?{query}", expires_at=link.expires_at)


async def _refuse_strangers(connection: AsyncConnection, caller: Caller, order_id: str) -> None:
    """Who may not see an order is told the same as if there were none."""
    stored = await stored_orders.find(connection, caller.merchant_id, order_id)
    is_theirs = stored is not None and caller.customer_id in (None, stored.order.customer_id)
    if not is_theirs or caller.only_order_id not in (None, order_id):
        raise problems.not_found(f"order {order_id!r}")


async def _coupons(connection: AsyncConnection, caller: Caller, order: OrderAnswer) -> list[KnownCoupon]:
    granted = [each.coupon_id for each in order.entitlements.grants if each.coupon_id]
    named = [*(each.coupon_id for each in order.entitlements.coupons), *granted]
    known = await coupons.find_all(connection, caller.merchant_id, named, clock.now())
    return [
        KnownCoupon(coupon_id=name, name=each.coupon.name, valid_until=each.coupon.valid_until)
        for name, each in known.items()
    ]


def _line(line: LineBody, left: LineLeft | None, taxonomy: Taxonomy) -> BoughtLineAnswer:
    suggested = {own.code for category in {"", line.category} for own in taxonomy.suggested_for(category)}
    return BoughtLineAnswer(
        line_id=line.line_id,
        name=line.name or line.sku or line.line_id,
        kind=line.kind,
        quantity=line.quantity,
        unit=line.unit,
        price=_price(line),
        gift=line.gift,
        not_returnable_because=line.returnable.because,
        quantity_left=left.quantity if left else 0,
        amount_left=left.amount if left else 0,
        suggested_reasons=sorted(suggested),
    )


def _price(line: LineBody) -> int:
    if line.total is not None:
        return line.total
    assert line.unit_price is not None, "a line says one of both"
    return line.unit_price * line.count // (1 if line.unit is None else THOUSAND)


def _reasons(taxonomy: Taxonomy) -> list[PossibleReason]:
    own = [ReasonBody.of(each) for each in taxonomy.in_use]
    four = [PossibleReason(reason=each, stands_for=each, name=None) for each in Reason]
    return [*(PossibleReason(reason=each.reason, stands_for=each.stands_for, name=each.name) for each in own), *four]
