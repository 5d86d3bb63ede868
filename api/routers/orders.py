"""Orders: pushed as sold, read with what is left of them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api import moments, paid_after_all, problems
from api.access import Merchant, Services, ServicesDep
from api.described import described
from api.entitlements import entitlements
from api.launching import else_by_the_worker
from api.paging import Cut, LinesCursor, place, same
from api.paths import OrderId
from api.schemas.disputes import DisputeAnswer
from api.schemas.external import ExternalAnswer
from api.schemas.order_answers import EarlierVersion, Ignored, LeftToCapture, LineLeft, OrderAnswer, OrderRefund
from api.schemas.orders import OrderBody
from db import gateway_accounts, journal, orders, positions, reasons, refunds, stored_orders
from db.api_keys import Caller
from db.orders import Put
from db.read_models import RefundOfOrder
from db.stored_orders import StoredOrder
from domain.audit_actions import AuditAction
from domain.claims.positions import OrderPosition
from domain.lifecycle import RefundStatus
from domain.payout.keys import POCKETS, joined
from domain.refusals import Refusal
from domain.sale.measures import as_said
from domain.sale.orders import Order
from domain.sale.payments import PaymentMethod
from domain.sale.snapshots import SnapshotStep
from domain.settlement.owed import due_after_all
from gateways import registry
from temporal_client import dispute_events
from temporal_client.start import start_first

MOST_VERSIONS = 2**31 - 1
"""An order is changed by hand, or by a program that is broken."""

_WITH_WHAT_IS_LEFT = 2
"""What is left of a line is shown beside it, and a gift once more among the entitlements."""

OrderVersion = Annotated[
    int | None, Query(ge=1, le=MOST_VERSIONS, description="Which version of it to read; left out for the newest.")
]

router = APIRouter(prefix="/v1/orders/{order_id}", tags=["orders"])


@router.put(
    "",
    **described(
        "putOrder",
        "conflicting_state",
        Refusal.ORDER_DOES_NOT_BALANCE,
        Refusal.DISCOUNT_EXCEEDS_LINES,
        Refusal.COUPON_OF_ANOTHER_CUSTOMER,
    ),
)
async def put_order(order_id: OrderId, body: OrderBody, services: ServicesDep, caller: Merchant) -> OrderAnswer:
    """Push an order as sold; what it spent and earned is booked once, when it first arrives as paid.

    A later snapshot moves its status and delivery on. With a newer `updated_at` it may also say that the order was sold
    differently, which makes a new version: what that was paid with, used and earned more or less is booked once. What
    refunds have claimed stays as it was sold; a change of that is refused, and says which refund stands in the way;
    so is a payment that would be less than is disputed of it, or less than a bank took, and that says which dispute. An
    older snapshot changes nothing, and the answer says `ignored`. What was paid although refunds had taken it off what
    was to be paid comes back by a refund of its own, which is approved by rule or reviewed like any other.
    """
    moments.check_order(body)
    order = body.to_domain(order_id)
    async with services.engine.begin() as connection:
        await _check_gateways(services, connection, caller.merchant_id, order)
        put = await orders.put(connection, caller.merchant_id, order)
        if put.is_booked_now or put.step is SnapshotStep.RESOLD:
            await _capture(connection, caller.merchant_id, order)
        refund = await paid_after_all.ask(connection, caller, order_id) if put.step is SnapshotStep.RESOLD else None
        ignored: Ignored | None = "older_snapshot" if put.step is SnapshotStep.OLDER else None
        answer = await answer_of(connection, caller.merchant_id, order_id, ignored)
        await _note(connection, caller, order, put)
    if put.is_booked_now and _is_of_an_account(services, order):
        await dispute_events.take_up(services.temporal, services.engine, caller.merchant_id)
    if refund is not None:
        with else_by_the_worker(refund.refund_id):
            await start_first(services.temporal, refund)
    return answer


@router.get("", **described("getOrder", "not_found"))
async def get_order(
    order_id: OrderId,
    services: ServicesDep,
    caller: Merchant,
    lines_cursor: LinesCursor = None,
    version: OrderVersion = None,
) -> OrderAnswer:
    """Read an order: what is still refundable, its refunds so far, the state of every entitlement.

    With `version` its lines, discounts, payments and rewards are those of that version; what is left of it, its refunds
    and entitlements are as they are now.
    """
    after = place(lines_cursor, "lines_cursor")
    async with services.snapshots.connect() as connection:
        answer = await answer_of(connection, caller.merchant_id, order_id, after=after, version=version)
        taxonomy = (await reasons.current(connection, caller.merchant_id)).taxonomy
    categories = {"", *(line.category for line in answer.lines)}
    suggested = {each: [own.code for own in taxonomy.suggested_for(each)] for each in sorted(categories)}
    named = {category: codes for category, codes in suggested.items() if codes}
    return answer.model_copy(update={"suggested_reasons": named})


async def _note(connection: AsyncConnection, caller: Caller, order: Order, put: Put) -> None:
    """Note by whose word an order was booked, or a known one sold differently.

    So it is where one is another guest's, who can prove it by a code then. What was booked is in the ledger.
    """
    if put.is_booked_now:
        figures = {"paid": order.captured.minor_units, "owed": order.not_paid_yet.minor_units}
        figures |= {"points_spent": order.points_spent, "points_earned": order.points_earned}
        sentence = f"order {order.order_id} is booked as sold"
        note = journal.Note(AuditAction.ORDER_BOOKED, sentence, caller.name, {"currency": order.currency, **figures})
    elif put.step in (SnapshotStep.RENAMED, SnapshotStep.RESOLD) or "guest" in put.changed:
        changed = [name for name in put.changed if name != "updated_at"]
        sentence = f"order {order.order_id} is told differently: {', '.join(changed)}"
        detail = {"version": put.version, "changed": changed}
        note = journal.Note(AuditAction.ORDER_CHANGED, sentence, caller.name, detail)
    else:
        return
    await journal.record_of_order(connection, caller.merchant_id, order.order_id, put.customer_id, note)


async def _check_gateways(services: Services, connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Refuse a payment of a gateway that is not there: nobody could pay it back."""
    named = {each.gateway for each in order.payments if each.method is not PaymentMethod.STORE_CREDIT} - {""}
    if named <= set(services.gateways):
        return
    known = [*services.gateways, *await gateway_accounts.names(connection, merchant_id)]
    for number, payment in enumerate(order.payments):
        is_asked = payment.gateway and payment.method is not PaymentMethod.STORE_CREDIT
        if is_asked and payment.gateway not in known:
            there = ", ".join(known) or "none yet"
            why = f"there is no gateway {payment.gateway!r} here; there is {there}"
            raise problems.wrong_field(f"/payments/{number}/gateway", why)


def _is_of_an_account(services: Services, order: Order) -> bool:
    """Whether a provider may have told of a payment before its order was here."""
    return bool({each.gateway for each in order.payments} - {"", *services.gateways})


async def _capture(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """A gateway that stands in for a provider took this money when the order was paid, or sold differently."""
    for payment in order.payments:
        provider = registry.PROVIDERS.get(payment.gateway)
        capture = provider.capture if provider else None
        is_credit = payment.method is PaymentMethod.STORE_CREDIT
        if capture is not None and payment.is_captured and not is_credit:
            key = joined(order.order_id, payment.payment_id, by=POCKETS)
            await capture(connection, merchant_id, payment.gateway_ref, key, payment.amount)


async def answer_of(
    connection: AsyncConnection,
    merchant_id: str,
    order_id: str,
    ignored: Ignored | None = None,
    *,
    after: int = 0,
    version: int | None = None,
) -> OrderAnswer:
    stored = await stored_orders.find(connection, merchant_id, order_id)
    if stored is None:
        raise problems.not_found(f"order {order_id!r}")
    as_sold = await stored_orders.at_version(connection, merchant_id, stored, version or stored.version)
    if as_sold is None:
        raise problems.not_found(f"version {version} of order {order_id!r}")
    earlier = await stored_orders.earlier_versions(connection, merchant_id, stored)
    left = await _left(connection, merchant_id, stored)
    made = await refunds.of_order(connection, merchant_id, order_id)
    done = [each.points.read() for each in made if each.status == RefundStatus.COMPLETED]
    shown = OrderBody.of(as_sold.order)
    cut = Cut(after)
    lines = cut.of(shown.lines, same, times=_WITH_WHAT_IS_LEFT)
    shipments = cut.of(shown.shipments, same)
    still_left = [left.lines[line.line_id] for line in lines if line.line_id in left.lines]
    return OrderAnswer.model_construct(
        **dict(shown)
        | {
            "lines": lines,
            "shipments": shipments,
            "discounts": cut.of(shown.discounts, same),
            "rewards": cut.of(shown.rewards, same),
        },
        order_id=order_id,
        version=as_sold.version,
        earlier_versions=[EarlierVersion.model_validate(each, from_attributes=True) for each in earlier],
        ignored=ignored,
        refundable=still_left,
        shipping_left=left.shipping,
        owed_left=left.owed,
        paid_after_all=left.paid_after_all,
        to_capture=left.to_capture,
        refunds=cut.of(made, _refund),
        disputes=[DisputeAnswer.of(each, order_id) for each in stored.disputes],
        entitlements=await entitlements(connection, merchant_id, stored.order, still_left, done, cut, lines),
        next_lines=cut.next,
    )


def _refund(made: RefundOfOrder) -> OrderRefund:
    external = None if made.external is None else ExternalAnswer.of(made.external.read())
    total = made.total.read().minor_units
    return OrderRefund(refund_id=made.refund_id, status=made.status, total=total, external=external)


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of an order, in minor units: of each line, of the shipping, and to be paid (rule 50)."""

    lines: dict[str, LineLeft]
    shipping: int
    owed: int
    paid_after_all: int
    to_capture: list[LeftToCapture]


async def _left(connection: AsyncConnection, merchant_id: str, stored: StoredOrder) -> _Left:
    if stored.sale is None:
        return _Left({}, 0, stored.order.not_paid_yet.minor_units, 0, [])
    position: OrderPosition = await positions.of_order(connection, merchant_id, stored)
    lines = [position.line(line.line_id) for line in stored.sale.lines]
    left = {
        each.line.line_id: LineLeft(
            line_id=each.line.line_id,
            quantity=as_said(each.free_units.count, each.line.measure),
            amount=each.left.minor_units,
        )
        for each in lines
    }
    for extra in stored.sale.extras:
        rest = position.extra_left(extra).amount.minor_units
        left[extra.line_id] = LineLeft(line_id=extra.line_id, quantity=0, amount=rest)
    to_capture = [
        LeftToCapture(payment_id=payment.payment_id, amount=amount.minor_units)
        for payment, amount in position.uncaptured_left
    ]
    return _Left(
        lines=left,
        shipping=position.shipping_left.minor_units,
        owed=position.owed_left.minor_units,
        paid_after_all=due_after_all(position).minor_units,
        to_capture=to_capture,
    )
