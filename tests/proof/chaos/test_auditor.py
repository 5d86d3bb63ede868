"""The auditor complains: about each thing that must not be, and by name."""

from dataclasses import replace
from random import Random

from proof.chaos.auditor import audit
from proof.chaos.plans import Plan, make_plans
from proof.chaos.players import Promise
from tests.shop import Shop
from tools.client import Json

(PLAN,) = make_plans(1, Random(1))


async def change(shop: Shop, statement: str) -> None:
    async with shop.engine.begin() as books:
        await books.exec_driver_sql(statement, (shop.merchant_id,))


async def completed(shop: Shop) -> Json:
    await shop.order()
    return await shop.approved_refund()


def promised(refund: Json, total: int | None = None) -> list[Promise]:
    return [Promise(PLAN, refund["refund_id"], refund["total"] if total is None else total)]


async def test_a_refund_that_came_out_as_promised_is_nothing_to_complain_of(shop: Shop) -> None:
    refund = await completed(shop)

    findings = await audit(shop.engine, promised(refund))

    complaints = [*findings.lost, *findings.double_payouts, *findings.unbalanced, *findings.stuck]
    assert [complaint for complaint in complaints if refund["refund_id"] in complaint] == []


async def test_less_than_promised_is_lost_and_more_is_paid_twice(shop: Shop) -> None:
    refund = await completed(shop)

    less = await audit(shop.engine, promised(refund, refund["total"] + 1))
    more = await audit(shop.engine, promised(refund, refund["total"] - 1))

    assert any(refund["refund_id"] in sentence for sentence in less.lost)
    assert any(refund["refund_id"] in sentence for sentence in more.double_payouts)


async def test_a_refund_that_was_accepted_and_is_gone_is_lost(shop: Shop) -> None:
    findings = await audit(shop.engine, [Promise(PLAN, "rf_gone", 1)])

    assert "rf_gone was accepted and is gone" in findings.lost


async def test_a_payout_that_only_one_side_knows_is_lost(shop: Shop) -> None:
    refund = await completed(shop)

    await change(shop, "delete from sandbox.refunds where merchant_id = %s")
    findings = await audit(shop.engine, promised(refund))

    assert any(f"{refund['refund_id']}-0: the provider paid 0" in sentence for sentence in findings.lost)


async def test_a_payout_that_the_provider_made_twice_is_a_double_payout(shop: Shop) -> None:
    refund = await completed(shop)

    columns = "merchant_id, key, key_until, charge_ref, amount, currency, status"
    again = f"insert into sandbox.refunds (refund_ref, {columns}) select 're_' || gen_random_uuid(), {columns}"
    await change(shop, f"{again} from sandbox.refunds where merchant_id = %s")
    findings = await audit(shop.engine, promised(refund))

    assert f"{refund['refund_id']}-0 was paid 2 times" in findings.double_payouts


async def forgotten(shop: Shop) -> Plan:
    """Have the provider's books say that they paid it for a refund that ours don't know; returns what was planned."""
    renamed = "charge_ref = merchant_id, key = regexp_replace(key, '^rf_[^-]+', 'rf_lost')"
    await change(shop, f"update sandbox.refunds set {renamed} where merchant_id = %s")  # noqa: S608
    return replace(PLAN, order={**PLAN.order, "payments": [{"payment_id": "p1", "gateway_ref": shop.merchant_id}]})


async def test_what_was_paid_for_a_forgotten_refund_counts_for_the_one_that_was_asked_for_instead(shop: Shop) -> None:
    refund = await completed(shop)
    plan = await forgotten(shop)

    alone = await audit(shop.engine, promised(refund))
    instead = await audit(shop.engine, [Promise(plan, refund["refund_id"], refund["total"], ("rf_lost",))])

    assert any("rf_lost-0: the provider paid" in sentence for sentence in alone.lost)
    assert [each for each in instead.lost if "rf_lost" in each or f"{refund['refund_id']}-" in each] == []


async def test_a_forgotten_refund_that_was_paid_and_then_paid_again_is_a_double_payout(shop: Shop) -> None:
    refund = await completed(shop)
    plan = await forgotten(shop)

    columns = "merchant_id, key_until, charge_ref, amount, currency, status"
    again = f"insert into sandbox.refunds (refund_ref, key, {columns}) select 're_' || gen_random_uuid(), "
    own_key = f"'{refund['refund_id']}-0-0', {columns}"
    await change(shop, f"{again}{own_key} from sandbox.refunds where merchant_id = %s")
    findings = await audit(shop.engine, [Promise(plan, refund["refund_id"], refund["total"], ("rf_lost",))])

    assert f"{refund['refund_id']}-0 was paid 2 times" in findings.double_payouts


async def test_a_refund_that_stands_still_is_stuck_unless_people_are_asked(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order()
    refund = await shop.until(await shop.refund(), "in_review")

    alone = await audit(shop.engine, [])
    needed = '{"step": "review", "reason": "the SLA is over"}'
    await change(shop, f"update refunds set needs_attention = '{needed}' where merchant_id = %s")  # noqa: S608
    seen = await audit(shop.engine, [])

    assert f"{refund['refund_id']} is in_review" in alone.stuck
    assert f"{refund['refund_id']} is in_review" not in seen.stuck


def test_the_same_seed_makes_the_same_plans() -> None:
    assert [shape(plan) for plan in make_plans(50, Random(7))] == [shape(plan) for plan in make_plans(50, Random(7))]
    assert [shape(plan) for plan in make_plans(50, Random(7))] != [shape(plan) for plan in make_plans(50, Random(8))]


def shape(plan: Plan) -> tuple[object, ...]:
    return plan.course, plan.behaviour, plan.order["lines"], plan.order["discounts"], plan.order["payments"]
