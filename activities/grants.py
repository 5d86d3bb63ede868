"""What the order itself granted is taken back: coupons are revoked, store credit is debited (rule 16)."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import customers, effects, grants, holds, journal, refunds
from db.codec import from_json
from db.ledger import Account, Cause, post, reverse, transfer
from domain.granted import GrantEffect, as_coupon
from domain.messages import spoken
from domain.settlement import Settlement


class Grants:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def withdraw_grants(self, ref: RefundRef) -> None:
        """Capture what was held of the order's own coupons and store credit."""
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("withdraw_grants"))
            if is_repeat:
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            for effect in from_json(Settlement, refund.settlement).grants:
                if effect.does_something:
                    await _withdraw(connection, refund, effect)
            await holds.capture_grants(connection, ref.refund_id)

    @activity.defn
    async def grant_again(self, ref: RefundRef) -> None:
        """The payout failed later: what was taken back is the customer's again, but held (rule 35)."""
        async with self._engine.begin() as connection:
            if not await effects.bury(connection, ref.refund_id, ref.step("withdraw_grants")):
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            await grants.give_again(connection, ref.refund_id)
            for effect in from_json(Settlement, refund.settlement).grants:
                if effect.taken:
                    entry = _entry(ref.refund_id, effect.grant.name)
                    await reverse(connection, ref.merchant_id, entry, "the payout failed later")
            await holds.hold_again(connection, ref.refund_id)
            note = journal.Note(
                "grants_withdrawn", "what the order granted waits for the payout again", "makewhole", {}
            )
            await journal.record(connection, ref.refund_id, note)


async def _withdraw(connection: AsyncConnection, refund: Row[Any], effect: GrantEffect) -> None:
    """A coupon whose value was deducted stays the customer's; everything else that is withdrawn is gone (rule 44)."""
    name = effect.grant.name
    if effect.is_withdrawn and not effect.stays_the_customers:
        await grants.withdraw(connection, refund.merchant_id, refund.order_id, effect.grant, refund.refund_id)
    cause = Cause(_entry(refund.refund_id, name), "granted by the order, taken back", refund.order_id, refund.refund_id)
    pockets = (Account.STORE_CREDIT, refund.customer_id), (Account.PROMOTIONS, refund.merchant_id)
    await post(connection, refund.merchant_id, cause, transfer(*pockets, refund.currency, effect.taken.minor_units))
    detail = {"name": name, "taken": effect.taken.minor_units, "missing": effect.missing.minor_units}
    note = journal.Note("grant_withdrawn", _sentence(effect), "makewhole", detail)
    await journal.record(connection, refund.refund_id, note)


def _entry(refund_id: str, name: str) -> str:
    return f"{refund_id}:grant:{name}"


def _sentence(effect: GrantEffect) -> str:
    if effect.grant.is_coupon:
        return f"coupon {effect.grant.name}, granted by the order: {as_coupon(effect).outcome}"
    return f"{spoken(effect.taken)} of the store credit granted by the order taken back"
