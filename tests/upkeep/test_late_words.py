"""A worker freezes with what somebody said, and writes it down after the same run has heard something else."""

from datetime import datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.parcels import InspectedLine, Inspection
from activities.returns import RecordInspection, Returns
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements
from db import claims
from domain.rights.review import Decision
from service.steps import RefundRef
from tests.shop import Shop
from tests.upkeep.scenes import (
    assert_nothing_is_lost_and_nothing_twice,
    at,
    awaiting_return,
    finish,
    found,
    in_review,
    inspecting,
)
from tests.upkeep.test_lost_workflows import UNUSED
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json, Refused
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler


async def test_a_late_rejection_does_not_replace_the_approval_that_was_answered(
    shop: Shop, reconciler: Reconciler
) -> None:
    refund = await awaiting_return(shop)
    ref, run, begun = await _named(shop, refund)
    rejected = ReviewDecision(ref, Decision.REJECT, "reviewer", None, "no", f"{run}.1.rejected", begun)

    await Review(shop.engine).record_decision(rejected)
    shown = await shop.until(refund, "awaiting_return")
    await shop.workflow(refund).terminate("another run must know what was decided")
    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    done = await finish(shop, refund)

    assert shown["review"]["decision"] == "approve"
    assert_nothing_is_lost_and_nothing_twice(done)


@pytest.mark.usefixtures("reconciler")
async def test_a_late_inspection_does_not_replace_what_the_refund_was_settled_for(shop: Shop) -> None:
    await shop.behave("ch-o1", "pending")
    refund = await inspecting(shop)
    ref, run, begun = await _named(shop, refund)
    await shop.warehouse.post(at(refund, "inspection"), {})
    await shop.until(refund, "paying_out")
    nothing = Inspection((InspectedLine("l1", 0, 2, "damaged", ""),), "warehouse")

    await Returns(shop.engine, *UNUSED).record_inspection(RecordInspection(ref, nothing, f"{run}.1.nothing", begun))
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    async with shop.engine.connect() as connection:
        rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    assert [(row.accepted, row.rejected) for row in rows] == [(2, 0)]
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_a_late_settlement_does_not_settle_what_is_not_approved_any_more(shop: Shop) -> None:
    """A worker approves and dies with its task, and freezes with the settlement; the reviewer asks for a photo."""
    refund = await in_review(shop)
    ref, run, begun = await _named(shop, refund)
    approved = ReviewDecision(ref, Decision.APPROVE, "reviewer", None, "", f"{run}.1.approved", begun)
    await Review(shop.engine).record_decision(approved)
    await shop.reviewer.post(at(refund, "review"), {"decision": "request_evidence", "note": "a photo, please"})

    with pytest.raises(ApplicationError, match="not approved"):
        await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))
    shown = await shop.until(refund, "in_review")
    done = await finish(shop, refund)

    assert shown["review"]["decision"] == "request_evidence"
    assert done["total"] == 120_000 and done["needs_attention"] is None


@pytest.mark.usefixtures("reconciler")
async def test_an_inspection_that_comes_after_the_settlement_of_a_lost_task_is_refused(shop: Shop) -> None:
    """A worker notes one unit as accepted, holds what it comes to, and dies with its task; somebody accepts both."""
    await shop.behave("ch-o1", "pending")
    refund = await inspecting(shop)
    ref, run, begun = await _named(shop, refund)
    one = Inspection((InspectedLine("l1", 1, 1, "damaged", ""),), "warehouse")
    await Returns(shop.engine, *UNUSED).record_inspection(RecordInspection(ref, one, f"{run}.1.one", begun))
    await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, (("l1", 1),)))

    with pytest.raises(Refused, match="inspected already"):
        await shop.warehouse.post(at(refund, "inspection"), {})
    done = await finish(shop, refund)

    async with shop.engine.connect() as connection:
        rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    assert [(row.accepted, row.rejected) for row in rows] == [(1, 1)]
    assert done["total"] == 60_000 and await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]


async def _named(shop: Shop, refund: Json) -> tuple[RefundRef, str, datetime]:
    """The refund, its run, and an instant in it before anybody has said anything."""
    described = await shop.workflow(refund).describe()
    return (
        RefundRef(refund["refund_id"], shop.merchant_id),
        described.run_id,
        described.start_time + timedelta(milliseconds=1),
    )
