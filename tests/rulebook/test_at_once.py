"""Refunds of one customer at once come to the same as one after the other, on a real Postgres (rule 24).

The steps of the saga run as they are, side by side; what is left in the end must be what some order of the same
refunds leaves.
"""

import asyncio
import itertools
import random
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.campaigns import Campaigns
from activities.coupons import Coupons
from activities.payout_books import PayOut
from activities.payouts import Payouts
from activities.points import Points
from activities.refunds import CloseRefund, Refunds
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements
from api.schemas.refunds import RefundBody
from db import refund_runs
from db.api_keys import Caller, Role
from domain import clock
from domain.lifecycle import RefundStatus
from domain.refusals import RefundRejected
from domain.rights.review import Decision
from gateways.sandbox.gateway import SandboxGateway
from service import requests
from service.steps import RefundRef
from tests.rulebook.test_campaigns import campaign, store_credit
from tests.shop import Shop, a_line
from tests.workflows.nowhere import nowhere
from tools.client import Json
from upkeep.standings import differences as standings_that_differ

SEEDS = range(6)


@dataclass(frozen=True)
class Asked:
    """One refund: so many units of l1 and of l2 of one order."""

    order: int
    quantities: tuple[int, int]


@dataclass(frozen=True)
class Scenario:
    """A customer's orders, whose spend lies around a threshold, and refunds of them that cross it."""

    prices: tuple[int, ...]
    threshold: int
    coupon: int
    points: int
    asked: tuple[Asked, ...]

    @classmethod
    def of(cls, seed: int) -> "Scenario":
        dice = random.Random(seed)
        prices = tuple(dice.randint(100_00, 500_00) for _ in range(2))
        asked = tuple(
            Asked(dice.randrange(2), dice.choice([(1, 0), (0, 1), (1, 1), (2, 1)]))
            for _ in range(dice.choice([2, 2, 3]))
        )
        threshold = sum(3 * price for price in prices) - dice.randint(0, 2) * max(prices)
        return cls(prices, threshold, dice.choice([0, 50_00]), dice.choice([0, 300]), asked)


@pytest.mark.parametrize("seed", SEEDS)
async def test_refunds_at_once_come_to_the_same_as_in_some_turn(shop: Shop, engine: AsyncEngine, seed: int) -> None:
    scenario = Scenario.of(seed)
    await campaign(shop, "c9", threshold=scenario.threshold, reward=store_credit(80_00))

    at_once = await outcome(shop, engine, scenario, scenario.asked, is_at_once=True)
    in_turn = [
        await outcome(shop, engine, scenario, order, is_at_once=False)
        for order in itertools.permutations(scenario.asked)
    ]

    assert at_once in in_turn


async def outcome(
    shop: Shop, engine: AsyncEngine, scenario: Scenario, asked: tuple[Asked, ...], *, is_at_once: bool
) -> Json:
    """Let a new customer buy, refund what is asked, and say what is left of everything."""
    shop.customer_id = f"c-{secrets.token_hex(4)}"
    await buy(shop, scenario)
    works = [uncancelled(shop, engine, each) for each in asked]
    totals = await asyncio.gather(*works) if is_at_once else [await work for work in works]
    assert await standings_that_differ(engine, shop.merchant_id, shop.customer_id) == []
    customer = await shop.customer()
    coupons = [each["status"] for each in customer["coupons"]]
    return {"total": sum(totals), "coupons": coupons, **{name: customer[name] for name in STATE}}


STATE = ("points", "store_credit", "campaigns")


async def buy(shop: Shop, scenario: Scenario) -> None:
    customer = shop.customer_id
    await shop.merchant.post(f"/v1/customers/{customer}/points", {"points": 1_000})
    coupon = {"customer_id": customer, "name": "满减", "amount": 50_00, "currency": "CNY"}
    await shop.merchant.put(f"/v1/coupons/cpn-{customer}", coupon)
    off: list[Json] = [{"source": "coupon", "id": f"cpn-{customer}", "amount": scenario.coupon}]
    off.append({"source": "points", "points": scenario.points, "amount": scenario.points})
    for number, price in enumerate(scenario.prices):
        lines = [a_line("l1", quantity=2, unit_price=price), a_line("l2", unit_price=price)]
        discounts = [each for each in off if each["amount"]] if number == 0 else []
        await shop.order(f"{customer}-{number}", lines=lines, discounts=discounts, points_earned=price // 100)


async def uncancelled(shop: Shop, engine: AsyncEngine, asked: Asked) -> int:
    """Take one refund through the steps of the saga; one that comes too late for its units pays nothing."""
    lines = [{"line_id": f"l{place}", "quantity": wanted} for place, wanted in enumerate(asked.quantities, 1) if wanted]
    body: Any = {"order_id": f"{shop.customer_id}-{asked.order}", "reason": "quality_issue", "kind": "refund_only"}
    ref = await submit(shop, engine, RefundBody.model_validate({**body, "lines": lines}))
    if ref is None:
        return 0
    payouts = Payouts(engine, {"sandbox": SandboxGateway(engine)})
    approved = ReviewDecision(ref, Decision.APPROVE, "test", None, "", "test.0", clock.now())
    await Review(engine).record_decision(approved)
    settled = await Settlements(engine).hold_settlement(HoldSettlement(ref, None))
    for payout in settled.payouts:
        await payouts.pay_out(PayOut(ref, payout.payment_id))
    await payouts.confirm_payouts(ref)
    elsewhere = nowhere(engine)
    await Coupons(engine, elsewhere).reinstate_coupons(ref)
    await Points(engine, elsewhere).restore_points(ref)
    await Campaigns(engine, elsewhere).recalculate_campaigns(ref)
    await Refunds(engine).close_refund(CloseRefund(ref, RefundStatus.COMPLETED, "done", "test", "test.1"))
    return settled.total.minor_units


async def submit(shop: Shop, engine: AsyncEngine, body: RefundBody) -> RefundRef | None:
    caller = Caller(shop.merchant_id, Role.MERCHANT, None)
    async with engine.begin() as connection:
        try:
            refund_id = (await requests.submit(connection, caller, body.to_domain(), None)).refund.refund_id
        except RefundRejected:
            return None
        await refund_runs.confirm_started(connection, refund_id)
    return RefundRef(refund_id, shop.merchant_id)
