"""Fixing what a refund comes to, and holding what must come back, before the payout (rule 37)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.entitlements import Entitlement, that_follow
from activities.refunds import refuse_if_paid, refuse_if_released
from db import claims, holds, payouts, policies, refunds, standings, stored_orders
from db.at_once import at_once
from db.codec import from_json, reads_earlier, to_json
from db.engine import snapshots
from db.policies import PolicyVersion
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.entitlements.elsewhere import LivesElsewhere, gateway_of_cards
from domain.explain.messages import format_money
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.rights.review import Decision
from domain.sale.orders import Order
from domain.settlement.differences import Difference, difference
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement
from domain.steps import Step
from service.holding import let_go, to_hold
from service.provider_limits import providers_of, with_limits
from service.settlement_inputs import AcceptedGoods, inputs_of, position_of, with_tier
from service.steps import RefundRef, StepTransaction, is_of_an_ended_run, step, undo

NOT_APPROVED = "NotApproved"
"""The error type of a settlement that does not go with what was decided or said last: a task was lost."""


@dataclass(frozen=True, slots=True)
class HoldSettlement:
    """`accepted` says how many units of each line passed inspection; None where nothing was inspected (rule 12).

    `lesser` says how many of those were in a lesser condition (rule 9).
    """

    refund: RefundRef
    accepted: tuple[tuple[str, int], ...] | None
    lesser: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseSettlement:
    """The undo of `HoldSettlement`; `run` says which run of the refund is stopping."""

    refund: RefundRef
    run: str


@dataclass(frozen=True, slots=True)
class PlannedPayout:
    """`provider` is who is asked for it, "" where nobody is, or only a system of the merchant's."""

    payment_id: str
    method: str
    amount: Money
    provider: str = ""


@dataclass(frozen=True, slots=True)
class SettlementSummary:
    """What the workflow needs to know of a settlement: who is paid what, and what else is to be restored.

    `lessened` is what is not paid out because it was not paid yet (rule 50); None: nothing.
    """

    total: Money
    payouts: tuple[PlannedPayout, ...]
    entitlements: tuple[Entitlement, ...]
    differs: bool = False
    lessened: Money | None = None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return reads_earlier(_with_entitlements, handler(source))


def _with_entitlements(stored: dict[str, Any]) -> dict[str, Any]:
    """Read what earlier versions wrote, with a flag `has_…` for each entitlement that applies."""
    if "entitlements" in stored:
        return stored
    return {**stored, "entitlements": [each for each in Entitlement if stored.get(f"has_{each}")]}


class Settlements:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def hold_settlement(self, command: HoldSettlement) -> SettlementSummary:
        """Settle under lock of customer and order, plan the payouts, and hold what will be taken back.

        Refused where the refund is not approved: an attempt of a lost task may come after another decision.
        """
        async with step(self._engine, command.refund, Step.HOLD) as tx:
            if not tx.is_first:
                return from_json(SettlementSummary, tx.result)
            settlement, differs = await _settle(tx, command)
            settled = summary(settlement, await _providers(tx.connection, command.refund, settlement), differs)
            await tx.keep(to_json(settled))
            await tx.note(AuditAction.SETTLED, _sentence(settlement, differs), _figures(settlement, differs))
        return settled

    @activity.defn
    async def release_settlement(self, command: ReleaseSettlement) -> None:
        """Let go of what was held, forget the planned payouts, and correct the customer's standing.

        Raises AlreadyPaid where it is too late for that.
        """
        ref = command.refund
        async with undo(self._engine, ref, Step.HOLD) as tx:
            if await is_of_an_ended_run(tx.connection, ref.refund_id, command.run):
                return  # another has taken over: it pays, or releases by itself
            if tx.is_of_another_round:
                return
            await refuse_if_paid(tx.connection, ref)
            if not await tx.mark_undone():
                return
            await let_go(tx.connection, tx.refund)
            await tx.note(AuditAction.RELEASED, "everything that was held is released", {})

    # No undo: it only reads.
    @activity.defn
    async def recall_settlement(self, ref: RefundRef) -> SettlementSummary:
        """Say again what a refund that is opened again was settled at."""
        async with snapshots(self._engine).connect() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            # One that was given up and is over has let go of its settlement; nothing is done by it once more.
            settlement = (refund.settlement or refund.quote).read()
            return summary(settlement, await _providers(connection, ref, settlement))


async def _settle(tx: StepTransaction, command: HoldSettlement) -> tuple[Settlement, Difference | None]:
    """Settle by the policy that is in force now, and say why that differs from the quote if it does."""
    ref, connection, refund = tx.ref, tx.connection, tx.refund
    if refund.review is None or refund.review["decision"] != Decision.APPROVE:
        raise ApplicationError("it is not approved", type=NOT_APPROVED, non_retryable=True)
    quoted = refund.quote_basis.read()
    await tx.lock_customer(quoted.entitlements.others)
    stored = await stored_orders.find(connection, ref.merchant_id, refund.order_id, lock=True)
    assert stored is not None and stored.sale is not None
    async with at_once(connection) as reads:
        quoting = reads.begin(policies.at_version, ref.merchant_id, refund.quoted_policy_version)
        forcing = reads.begin(policies.current, ref.merchant_id)
        positioning = reads.begin(position_of, refund, stored)
        reads.begin(refuse_if_released, command.refund)
    quoted_policy, in_force = quoting.result(), forcing.result()
    accepted = AcceptedGoods(command.accepted, command.lesser)
    inputs = inputs_of(refund, positioning.result(), accepted, quoted_policy, quoted.terms)
    inputs = await with_limits(connection, ref.merchant_id, inputs, stored.order)
    basis = await with_tier(connection, ref.merchant_id, inputs, stored.order, in_force.policy)
    settlement = basis.settle(stored.order, stored.sale, in_force.policy)
    differs = difference(
        refund.quote.read(),
        quoted,
        settlement,
        basis,
        basis.settle(stored.order, stored.sale, quoted_policy),
    )
    await _store(tx, stored.order, settlement, basis, in_force, differs)
    return settlement, differs


async def _store(
    tx: StepTransaction,
    order: Order,
    settlement: Settlement,
    basis: SettlementInputs,
    policy: PolicyVersion,
    differs: Difference | None,
) -> None:
    connection, refund = tx.connection, tx.refund
    merchant_id, refund_id = refund.merchant_id, refund.refund_id
    settled = [replace(claim, state=ClaimState.SETTLED) for claim in settlement.claims]
    counted = basis.changes(order, settlement)
    along = standings.adding(merchant_id, refund.customer_id, counted) if counted else None
    await claims.replace(connection, refund_id, settled, along=along)
    cards_at = gateway_of_cards(settlement.system_of(LivesElsewhere.GIFT_CARDS))
    await payouts.plan(connection, merchant_id, order, refund_id, settlement.payouts, cards_at=cards_at)
    await holds.place(connection, merchant_id, refund.customer_id, refund_id, to_hold(settlement))
    tx.change(
        status=RefundStatus.PAYING_OUT,
        settlement=to_json(settlement),
        basis=to_json(basis),
        settled_at=basis.terms.at,
        policy_version=policy.version,
        differs=to_json(differs) if differs else None,
    )


async def _providers(connection: AsyncConnection, ref: RefundRef, settlement: Settlement) -> Mapping[str, str]:
    gateways = {each.payment.gateway for each in settlement.payouts}
    return await providers_of(connection, ref.merchant_id, gateways)


def summary(
    settlement: Settlement, providers: Mapping[str, str], differs: Difference | None = None
) -> SettlementSummary:
    """What the workflow is told of a settlement; `providers` are those of the gateways that have one."""
    return SettlementSummary(
        total=settlement.total,
        payouts=tuple(
            PlannedPayout(
                each.payment.payment_id,
                each.payment.method,
                each.as_paid,
                providers.get(each.payment.gateway, ""),
            )
            for each in settlement.payouts
        ),
        entitlements=that_follow(settlement),
        differs=differs is not None,
        lessened=settlement.lessened.total if settlement.lessened else None,
    )


def _sentence(settlement: Settlement, differs: Difference | None) -> str:
    sentence = f"{format_money(settlement.total)} to be paid out"
    if settlement.lessened:
        sentence += f", {format_money(settlement.lessened.total)} off what was not paid yet"
    if differs is None:
        return sentence
    return f"{sentence} instead of the {format_money(differs.quoted)} quoted: {', '.join(differs.causes)}"


def _figures(settlement: Settlement, differs: Difference | None) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "goods": settlement.goods.minor_units,
        "shipping": settlement.shipping.minor_units,
        "fees": [each.amount.minor_units for each in settlement.fees],
        "deductions": [each.amount.minor_units for each in settlement.deductions],
        "total": settlement.total.minor_units,
    }
    if extras := {each.line_id: each.amount.minor_units for each in settlement.extras if each.is_any}:
        figures["extras"] = extras
    if settlement.lessened:
        figures["not_paid_yet"] = settlement.lessened.total.minor_units
    if settlement.interest_paid:
        figures["interest"] = settlement.interest_paid.minor_units
    if settlement.overpaid:
        figures["overpaid"] = settlement.overpaid.minor_units
    if settlement.credit_bonus:
        figures["credit_bonus"] = settlement.credit_bonus.minor_units
    if settlement.paid_after_all:
        figures["paid_after_all"] = settlement.paid_after_all.minor_units
    return figures | {"differs": [str(cause) for cause in differs.causes]} if differs else figures
