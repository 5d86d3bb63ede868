"""What is asked for: a mixed lot of orders and refunds, the same for the same seed."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from domain import clock
from gateways.sandbox.behaviours import Behaviour
from tools.client import Json

CAMPAIGN_ID = "spend-1000"
THRESHOLD = 100_000

_RARE = [behaviour for behaviour in Behaviour if behaviour is not Behaviour.SUCCEED]


class PlannedCourse(StrEnum):
    """How a refund is to go, as far as people have a say in it."""

    AT_ONCE = "at_once"
    REVIEWED = "reviewed"
    RETURNED = "returned"
    PARTLY_ACCEPTED = "partly_accepted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Plan:
    """`points` is the customer's balance before the order; `accepted` of three units pass the inspection."""

    number: int
    course: PlannedCourse
    behaviour: Behaviour
    order: Json
    coupon: Json | None
    points: int
    asks_twice: bool
    accepted: int

    @property
    def order_id(self) -> str:
        return f"order-{self.number}"

    @property
    def customer_id(self) -> str:
        return str(self.order["customer_id"])

    @property
    def charge_ref(self) -> str:
        return f"charge-{self.number}-1"


def make_plans(count: int, dice: Random) -> list[Plan]:
    return [_plan(number, dice) for number in range(count)]


def _plan(number: int, dice: Random) -> Plan:
    course = dice.choices(list(PlannedCourse), weights=[45, 15, 20, 10, 10])[0]
    is_plain = course is PlannedCourse.PARTLY_ACCEPTED  # what a part of it comes to is then known beforehand
    has_coupon, has_points = (dice.random() < 0.3 and not is_plain for _ in range(2))
    is_in_campaign = dice.random() < 0.15 and not is_plain
    price = 40_000 if is_in_campaign else dice.randrange(5_000, 25_000)
    discounts: list[Json] = []
    if has_coupon:
        discounts.append({"source": "coupon", "id": f"coupon-{number}", "amount": 1_000})
    if has_points:
        discounts.append({"source": "points", "points": 500, "amount": 500})
    paid = 3 * price - sum(discount["amount"] for discount in discounts)
    order = _order(number, price, discounts, _payments(number, paid, dice, is_plain=is_plain), earns=has_points)
    coupon: Json = {"customer_id": order["customer_id"], "name": "10 off", "amount": 1_000, "currency": "CNY"}
    return Plan(
        number=number,
        course=course,
        behaviour=dice.choice(_RARE) if dice.random() < 0.5 else Behaviour.SUCCEED,
        order=order,
        coupon=coupon if has_coupon else None,
        points=500 if has_points else 0,
        asks_twice=dice.random() < 0.3,
        accepted=dice.randrange(0, 3),
    )


def _order(number: int, price: int, discounts: list[Json], payments: list[Json], *, earns: bool) -> Json:
    now = clock.now()
    days_ago = [(now - timedelta(days=days)).isoformat() for days in (10, 9, 5)]
    return {
        "customer_id": f"customer-{number}",
        "currency": "CNY",
        "status": "delivered",
        **dict(zip(("placed_at", "paid_at", "delivered_at"), days_ago, strict=True)),
        "lines": [{"line_id": "l1", "sku": "A-1", "name": "Kettle", "quantity": 3, "unit_price": price}],
        "discounts": discounts,
        "payments": payments,
        "points_earned": 300 if earns else 0,
    }


def _payments(number: int, paid: int, dice: Random, *, is_plain: bool) -> list[Json]:
    """One card mostly; else two cards, or a card and store credit."""
    first: Json = {
        "payment_id": "p1",
        "method": "card",
        "gateway": "sandbox",
        "gateway_ref": f"charge-{number}-1",
        "amount": paid,
    }
    if is_plain or dice.random() < 0.6:
        return [first]
    method = dice.choice(["card", "store_credit"])
    share = dice.randrange(1, paid)
    second = {"payment_id": "p2", "method": method, "gateway_ref": f"charge-{number}-2", "amount": paid - share}
    return [{**first, "amount": share}, {**first, **second}]
