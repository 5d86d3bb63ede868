"""Postgres comes back from one copy and Temporal from another, when the provider has forgotten every key (rule 36)."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from gateways.sandbox import refunds as sandbox
from gateways.sandbox.gateway import SandboxGateway
from proof.chaos.older_postgres import copy_postgres, restore_postgres, terminate_runs
from proof.chaos.older_temporal import copy_temporal, restore_temporal
from tests.shop import Shop
from tests.upkeep.scenes import at
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json, Refused
from tools.stack.stack import Stack
from upkeep.books import BooksDifference, compare

ALL = ("ended", "forgotten", "half", "lost", "unbegun", "waiting")
A_DAY_AND_MORE = timedelta(hours=25)
"""Longer than the provider knows a key."""


class TemporalIs(StrEnum):
    """Which of the two copies is the older one."""

    OLDER = "older"
    YOUNGER = "younger"


@dataclass
class Drill:
    """A shop whose books go back: who asks, asks again under the key of before."""

    shop: Shop
    stack: Stack

    @property
    def postgres(self) -> Path:
        return self.stack.home.path / "postgres.copy"

    async def ask(self, name: str, **fields: str) -> Json:
        body = {"order_id": name, "reason": "quality_issue", "kind": "refund_only", **fields}
        return await self.shop.merchant.post("/v1/refunds", body, key=f"{name}-of-{self.shop.merchant_id}")

    async def approve(self, refund: Json) -> None:
        await self.shop.until_judged(refund)
        await self.shop.reviewer.post(at(refund, "review"), {"decision": "approve"})

    async def paid(self, refund: Json) -> Json:
        await self.approve(refund)
        return await self.shop.until(refund, "completed")

    async def sold(self, name: str) -> None:
        """Every order has earned points, which are taken back with the money."""
        await self.shop.order(name, points_earned=100)

    async def points(self) -> int:
        return int((await self.shop.customer())["points"]["balance"])

    async def a_day_passes_at_the_provider(self) -> None:
        async with self.shop.engine.begin() as books:
            await sandbox.let_time_pass(books, self.shop.merchant_id, A_DAY_AND_MORE)

    async def go_back(self, temporal: Path) -> None:
        """As docs/operations.md says: nobody works, both are put back, what Temporal believed is ended."""

        async def put_temporal_back(stack: Stack) -> None:
            await asyncio.to_thread(restore_temporal, stack, temporal)
            await terminate_runs(stack)

        await restore_postgres(self.stack, self.postgres, end_runs=put_temporal_back)
        await self.shop.engine.dispose()

    async def only_they_have_paid(self) -> set[int]:
        gateways = {"sandbox": SandboxGateway(self.shop.engine)}
        books = await compare(self.shop.engine, gateways, self.shop.merchant_id, settles_within=timedelta())
        assert {each.difference for each in books.found} <= {BooksDifference.PAID_BY_THEM_ONLY}
        return {sum(paid.minor_units for paid in each.theirs) for each in books.found}


@pytest.mark.parametrize("temporal_is", TemporalIs)
async def test_both_come_back_from_copies_of_two_ages_after_the_keys_life_and_nothing_is_paid_twice(
    own_shop: Shop, own_stack: Stack, temporal_is: TemporalIs
) -> None:
    shop, drill = own_shop, Drill(own_shop, own_stack)
    await shop.policy(auto_approve={})
    for name in ("ended", "half", "waiting", "lost", "unbegun"):
        await drill.sold(name)
    await shop.behave("ch-half", "pending")
    ended, half, waiting = [await drill.ask(name) for name in ("ended", "half", "waiting")]
    if temporal_is is TemporalIs.OLDER:
        temporal = copy_temporal(own_stack.home)
    await drill.paid(ended)
    await drill.approve(half)
    await shop.until(half, "paying_out")

    await copy_postgres(own_stack.description.owner_database_url, drill.postgres)
    await drill.sold("forgotten")
    await shop.behave("ch-half", "succeed")
    lost, forgotten, unbegun = [await drill.ask(name) for name in ("lost", "forgotten", "unbegun")]
    for refund in (waiting, lost, forgotten):
        await drill.paid(refund)
    await shop.until(half, "completed")
    if temporal_is is TemporalIs.YOUNGER:
        temporal = copy_temporal(own_stack.home)
    before = await gateway_refunds(shop)
    await drill.a_day_passes_at_the_provider()
    await drill.go_back(temporal)

    with pytest.raises(Refused, match="404"):
        await drill.ask("forgotten")
    await drill.sold("forgotten")
    again = {each: await drill.ask(each) for each in ("lost", "forgotten", "unbegun")}
    asked_now = {refund["refund_id"] for refund in again.values()}
    assert not asked_now & {refund["refund_id"] for refund in (lost, forgotten, unbegun)}
    for refund in (waiting, *again.values()):
        await drill.approve(refund)
    shown = [await shop.until_noticed(again[each]) for each in ("lost", "forgotten")]
    done = [await shop.until(refund, "completed") for refund in (ended, half, waiting, again["unbegun"])]

    assert [each["needs_attention"]["reason"] for each in shown] == ["p1 was declined: unknown_refund"] * 2
    assert [each["total"] for each in done] == [120_000] * 4
    paid = sorted([*before, ("ch-unbegun", 120_000, "succeeded")])
    assert [charge for charge, _, _ in paid] == [f"ch-{name}" for name in ALL]
    assert await gateway_refunds(shop) == paid
    assert await drill.only_they_have_paid() == {120_000}

    for refund in shown:
        answer = {"step": "pay_out", "action": "settle", "note": "found there", "reference": found_there(refund)}
        await shop.ops.post(at(refund, "resolution"), answer)
        await shop.until(refund, "completed")
    assert await gateway_refunds(shop) == paid
    assert await drill.only_they_have_paid() == set(), "what people have found is known from then on"
    assert (await drill.points(), (await shop.customer())["store_credit"]["balance"]) == (0, 0)
    with pytest.raises(Refused, match="nothing_left_to_refund"):
        await shop.refund("lost")


def found_there(refund: Json) -> str:
    """What the provider calls the refund that we don't know, as the timeline names it."""
    (declined,) = [each["message"] for each in refund["timeline"] if each["event"] == "payout_declined"]
    return str(declined.rpartition(" ")[2])
