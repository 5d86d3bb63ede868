"""A refund request: what it would come to, and turning it into a refund."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db import by_rule, claims, customers, evidence, journal, policies, positions, refunds, stored_orders
from db.api_keys import Caller, Role
from db.at_once import at_once
from db.codec import to_json
from db.pictures import UsedIn
from db.policies import PolicyVersion
from db.read_models import RecentRefund, Refund
from db.rights import customer_of, in_force
from db.stored_orders import StoredOrder
from domain import clock
from domain.audit_actions import AuditAction
from domain.claims.claims import Claim, Turns, take_the_same_money
from domain.claims.positions import LineRequest, OrderPosition
from domain.claims.reasons import GivenReasons, RefundKind
from domain.claims.requests import RefundRequest
from domain.claims.returns import ReturnWindow
from domain.claims.sold_for_good import kept_from_return, refuse_to_take_back
from domain.claims.turns import ParcelQueue
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.payout.bank_accounts import BankAccount
from domain.payout.choice import RefundTo
from domain.policy import Policy, amount_in
from domain.refusals import RefundRejected, Refusal
from domain.rights.approvals import approvals_needed
from domain.sale.orders import Order
from domain.settlement.extras import Named, name_extras, refuse_amounts_of_extras
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement, Terms
from domain.settlement.shipping import refuse_too_much_shipping
from service import bank_accounts, given_reasons, moments, refused, used_pictures
from service.closed_days import closed_days
from service.counting import line_requests
from service.new_refunds import row_of
from service.provider_limits import with_limits
from service.refund_rights import refuse_suspended
from service.refused_shares import refuse_barred, refuse_disputed, refuse_to_transfer_nothing
from service.settlement_inputs import with_tier
from service.vault import Vault

_A_SLIP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A request that may become a refund, with everything that was decided about it.

    `others` is what its order got or is to get beside it, in minor units.
    """

    position: OrderPosition
    basis: SettlementInputs
    settlement: Settlement
    given: GivenReasons
    kind: RefundKind
    policy: PolicyVersion
    asked_at: datetime
    order_version: int
    others: int


async def quote(connection: AsyncConnection, caller: Caller, asked: RefundRequest) -> Quoted:
    """Work out a request without a side effect.

    Raises RequestRefused (`not_found`, `forbidden`, `validation_failed`) and RefundRejected.
    """
    given = await given_reasons.given(connection, caller.merchant_id, asked)
    return await _quoted(connection, caller, asked, given, lock=False)


async def _quoted(
    connection: AsyncConnection, caller: Caller, asked: RefundRequest, given: GivenReasons, *, lock: bool
) -> Quoted:
    """Work it out; `lock` keeps the order still until the transaction ends."""
    asked_at = _asked_at(caller, asked)
    stored = await _order(connection, caller, asked.order_id, lock=lock)
    moments.check_request(stored.order, asked_at)
    _refuse_as_own_beneficiary(asked, stored.order)
    receiver = asked.beneficiary or stored.order.customer_id
    await used_pictures.refuse_unknown(connection, caller, asked.evidence, receiver)
    _refuse_accounts_of_others(asked)
    currency = stored.order.currency
    async with at_once(connection) as reads:
        of_order = reads.begin(positions.of_order, caller.merchant_id, stored)
        ruling = reads.begin(policies.current, caller.merchant_id)
        customer = reads.begin(
            positions.of_customer, caller.merchant_id, stored.order.customer_id, currency, order_id=asked.order_id
        )
        entitlements = reads.begin(positions.entitlements_of, caller.merchant_id, stored.order)
        so_far = reads.begin(by_rule.of_order, caller.merchant_id, asked.order_id)
    position, known = of_order.result(), ruling.result()
    window = ReturnWindow(position.order, position.sale, known.policy, asked_at, closed_days(known.policy.country))
    window.refuse_if_too_late(())
    _refuse_other_ways(asked, known.policy)
    queue = ParcelQueue(position, window, given.of_refund.stands_for, dict(given.stands_for))
    _refuse_to_return_what_was_not_sent(stored.order, asked)
    wanted = None if asked.lines is None else line_requests(stored.order, asked.lines)
    kind = RefundKind.REFUND_ONLY if stored.order.is_kept_from_sending else queue.kind(asked.kind, wanted)
    turns = queue.turns(asked.kind, kind, wanted)
    claimed, extras = _claimed(caller, wanted, position, given, known.policy, turns)
    if stored.order.shipments:
        window.refuse_if_too_late(claimed)
    inputs = SettlementInputs(
        refunds=position.refunds,
        claims=claimed,
        terms=_terms(asked, given, extras, position),
        customer=customer.result(),
        entitlements=entitlements.result(),
        order_version=stored.version,
    )
    inputs = await with_limits(connection, caller.merchant_id, inputs, stored.order)
    basis = await with_tier(connection, caller.merchant_id, inputs, stored.order, known.policy)
    basis, settlement = _settled(position, basis, known.policy, kind, so_far.result().kept)
    refuse_disputed(stored.disputes, settlement)
    refuse_barred(settlement)
    refuse_to_transfer_nothing(basis.terms.refund_to, settlement)
    others = so_far.result().whole
    return Quoted(position, basis, settlement, given, kind, known, asked_at, stored.version, others)


def _terms(asked: RefundRequest, given: GivenReasons, extras: Named, position: OrderPosition) -> Terms:
    order, amount = position.order, None
    if asked.shipping_amount is not None:
        amount = Money(order.currency, asked.shipping_amount)
        refuse_too_much_shipping(position, amount)
    return Terms(
        given.of_refund.stands_for,
        asked.include_shipping,
        clock.now(),
        line_reasons=given.stands_for,
        extras=extras,
        was_sent=order.is_sent,
        shipments=order.shipments,
        shipping_amount=amount,
        refund_to=_way(asked),
        beneficiary=asked.beneficiary,
    )


def _way(asked: RefundRequest) -> RefundTo:
    """The receiver of a gift gets credit, whatever is said (rule 56)."""
    return asked.refund_to if asked.beneficiary is None else RefundTo.STORE_CREDIT


def _refuse_as_own_beneficiary(asked: RefundRequest, order: Order) -> None:
    if asked.beneficiary == order.customer_id:
        raise refused.wrong_field(
            "/beneficiary", "it is who bought the order: leave it out, and say refund_to store_credit for credit"
        )


def _refuse_other_ways(asked: RefundRequest, policy: Policy) -> None:
    """Money goes back another way only where the policy lets customers choose it (rule 54)."""
    if asked.beneficiary is None and not policy.allows(asked.refund_to):
        raise RefundRejected(
            Refusal.REFUND_TO_NOT_ALLOWED,
            f"the policy does not allow {asked.refund_to}: leave refund_to out, the money goes back where it came from",
        )


def _refuse_accounts_of_others(asked: RefundRequest) -> None:
    if asked.bank_account is not None and asked.refund_to is not RefundTo.BANK_TRANSFER:
        raise refused.wrong_field("/bank_account", "it is for refund_to bank_transfer: leave it out")


def _account(asked: RefundRequest) -> BankAccount | None:
    """The account to keep with a refund that goes there."""
    if asked.refund_to is not RefundTo.BANK_TRANSFER:
        return None
    if asked.bank_account is None:
        raise refused.wrong_field("/bank_account", "say where the money is to go: holder, and iban or account_number")
    return asked.bank_account


def _refuse_to_return_what_was_not_sent(order: Order, asked: RefundRequest) -> None:
    """Goods come back unless the caller says otherwise; of what was never sent none can (rule 49)."""
    if order.is_kept_from_sending and asked.kind is RefundKind.RETURN:
        raise RefundRejected(
            Refusal.NOTHING_WAS_SENT,
            f"order {order.order_id!r} was cancelled before it was sent: ask with kind refund_only, or none",
        )


def _settled(
    position: OrderPosition, basis: SettlementInputs, policy: Policy, kind: RefundKind, kept: int
) -> tuple[SettlementInputs, Settlement]:
    """Settle a request; below the policy's `returnless_below` the customer keeps the goods (rule 33).

    `kept` is what the order's goods came to that customers kept like that before: parts are judged like the whole.
    """
    settlement = basis.settle(position.order, position.sale, policy)
    moves_units = any(not claim.is_adjustment for claim in basis.claims)
    returnless_below = amount_in(policy.returnless_below, settlement.total.currency) or 0
    if kind is not RefundKind.RETURN or not moves_units or kept + settlement.comes_to.minor_units < returnless_below:
        return basis, settlement
    basis = replace(basis, terms=replace(basis.terms, goods_come_back=True))
    return basis, basis.settle(position.order, position.sale, policy)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A refund as it was stored, and what it was decided by."""

    refund: Refund
    quoted: Quoted


async def submit(connection: AsyncConnection, caller: Caller, asked: RefundRequest, vault: Vault | None) -> Submitted:
    """Store the refund with its claims, so that nobody else can claim the same; its bank account is sealed in `vault`,
    which may be None where no request names one.

    Raises what `examine` raises.
    """
    account = _account(asked)
    quoted = await examine(connection, caller, asked)
    refund = await store(connection, caller, asked, quoted)
    if account is not None:
        assert vault is not None
        await bank_accounts.keep(connection, vault, refund, account)
    return Submitted(refund, quoted)


async def examine(connection: AsyncConnection, caller: Caller, asked: RefundRequest) -> Quoted:
    """Work out what can be stored in the same transaction.

    Keeps the customer and the order still until it ends, so of several requests at once only one goes over a limit.
    Raises what `quote` raises, RefundRejected while the customer is suspended, whoever asks, and RequestRefused
    (`duplicate_request`).
    """
    given = await given_reasons.given(connection, caller.merchant_id, asked)
    recent = await _recent(connection, caller, asked, given)
    quoted = await _quoted(connection, caller, asked, given, lock=True)
    if not asked.confirm_duplicate:
        _refuse_duplicate(quoted, recent)
    return quoted


@dataclass(frozen=True, slots=True)
class RefundOrigin:
    """What names a refund beforehand, so that it is stored once, and what else the audit trail says of the request."""

    refund_id: str
    figures: Mapping[str, Any]


async def store(
    connection: AsyncConnection,
    caller: Caller,
    asked: RefundRequest,
    quoted: Quoted,
    origin: RefundOrigin | None = None,
) -> Refund:
    """Store what was examined as a refund with its claims."""
    order, given = quoted.position.order, quoted.given
    row = row_of(caller.merchant_id, order, quoted.basis, quoted.settlement, quoted.policy.version)
    row |= {
        "status": RefundStatus.IN_REVIEW,
        "kind": quoted.kind,
        "note": asked.note,
        "metadata": asked.metadata,
        "asked_at": quoted.asked_at,
        "pickup": asked.pickup,
        "refund_to": quoted.basis.terms.refund_to,
        "beneficiary": asked.beneficiary,
        "approvals_needed": _approvals_needed(quoted),
        "asked_by": caller.asks_as,
        "given_reasons": None if given.is_one_of_the_four else to_json(given),
    }
    row |= {} if origin is None else {"refund_id": origin.refund_id}
    refund = await refunds.add(connection, row)
    used = UsedIn(refund.receiver, order.order_id, refund.refund_id)
    before = await used_pictures.use(connection, caller, asked.evidence, used)
    await evidence.add(connection, refund.refund_id, asked.evidence, caller.name, before)
    made = quoted.settlement.claims
    await claims.add(connection, caller.merchant_id, order.order_id, refund.refund_id, quoted.position.sale, made)
    await journal.record(
        connection, refund.refund_id, _requested(caller, quoted, {} if origin is None else origin.figures)
    )
    return refund


def _approvals_needed(quoted: Quoted) -> int:
    comes_to = quoted.settlement.comes_to
    others = comes_to.like(quoted.others)
    return approvals_needed(quoted.basis.terms.refund_to, quoted.policy.policy, comes_to, others)


def _requested(caller: Caller, quoted: Quoted, more: Mapping[str, Any]) -> journal.Note:
    """What the timeline and the audit trail say of the request; reasons of the merchant's own with what they mean."""
    reason = quoted.given.of_refund
    figures: dict[str, Any] = {"reason": reason.code, **more}
    figures |= {"kind": quoted.kind, "total": quoted.settlement.total.minor_units}
    if (chosen := quoted.basis.terms.refund_to) is not RefundTo.ORIGINAL:
        figures |= {"refund_to": chosen}
    if (beneficiary := quoted.basis.terms.beneficiary) is not None:
        figures |= {"beneficiary": beneficiary}
    if not quoted.given.is_one_of_the_four:
        figures |= {"stands_for": {each.code: each.stands_for for each in (reason, *quoted.given.in_effect)}}
        figures |= {"line_reasons": dict(quoted.given.of_lines)}
    said = (
        f"{reason.name('en')} ({reason.code}, which stands for {reason.stands_for})" if reason.is_own else reason.code
    )
    return journal.Note(AuditAction.REQUESTED, f"refund requested by {caller.as_told}: {said}", caller.name, figures)


async def _recent(
    connection: AsyncConnection, caller: Caller, asked: RefundRequest, given: GivenReasons
) -> list[RecentRefund]:
    """Lock the order's customer, unless it is not the caller's; returns what was asked for of it just now.

    Who receives a gift is locked with them, and may not be suspended in their place.
    """
    order = caller.merchant_id, asked.order_id
    if asked.beneficiary is not None:
        await _lock_with_receiver(connection, caller.merchant_id, asked.order_id, asked.beneficiary)
    customer_id = await customers.lock_of_order(connection, *order, caller.customer_id)
    if customer_id is None:
        return []
    async with at_once(connection) as reads:
        suspended = reads.begin(in_force, caller.merchant_id, asked.beneficiary or customer_id)
        recent = reads.begin(refunds.recent_of_order, *order, given.of_refund.stands_for, _A_SLIP)
    refuse_suspended(suspended.result())
    return recent.result()


async def _lock_with_receiver(connection: AsyncConnection, merchant_id: str, order_id: str, beneficiary: str) -> None:
    """Lock giver and receiver in the order of their ids, as every step does that touches several customers."""
    await customers.make_known(connection, merchant_id, beneficiary)
    giver = await customer_of(connection, merchant_id, order_id)
    for each in sorted({beneficiary, giver or beneficiary}):
        await customers.lock(connection, merchant_id, each)


def _refuse_duplicate(quoted: Quoted, recent: list[RecentRefund]) -> None:
    """A second request for the same money within a minute is a slip, unless it is said to be meant."""
    for earlier in recent:
        asked = earlier.quote_basis.read()
        now, then = quoted.basis.terms, asked.terms
        is_the_same = quoted.given == earlier.given and now.extras == then.extras
        is_the_same = is_the_same and now.shipping_amount == then.shipping_amount
        if is_the_same and take_the_same_money(quoted.basis.claims, asked.claims):
            raise refused.duplicate_request(earlier.refund_id)


def _asked_at(caller: Caller, asked: RefundRequest) -> datetime:
    now = clock.now()
    merchants = asked.include_shipping, asked.shipping_amount, asked.beneficiary, asked.requested_at
    if caller.role is Role.CUSTOMER and any(each is not None for each in merchants):
        raise refused.forbidden(
            "include_shipping, shipping_amount, beneficiary and requested_at are the merchant's to say"
        )
    if asked.requested_at is None:
        return now
    moments.refuse_future("/requested_at", asked.requested_at, "the customer can't have asked in the future")
    return asked.requested_at


async def _order(connection: AsyncConnection, caller: Caller, order_id: str, *, lock: bool) -> StoredOrder:
    stored = await stored_orders.find(connection, caller.merchant_id, order_id, lock=lock)
    is_own = stored is not None and caller.customer_id in (None, stored.order.customer_id)
    is_own = is_own and caller.only_order_id in (None, order_id)
    if stored is None or not is_own:
        raise refused.not_found(f"order {order_id!r}")
    return stored


def _claimed(
    caller: Caller,
    wanted: Sequence[LineRequest] | None,
    position: OrderPosition,
    given: GivenReasons,
    policy: Policy,
    turns: Mapping[str, Turns],
) -> tuple[tuple[Claim, ...], Named]:
    """Claim what is asked for of which lines, and tell of which lines that are no units (rule 47).

    Money off what does not come back is the merchant's to give.
    """
    order, reason, own = position.order, given.of_refund.stands_for, dict(given.stands_for)
    if wanted is None:
        return position.claim(None, reason, turns=turns), ()
    if caller.role is Role.CUSTOMER:
        refuse_amounts_of_extras(order, [line.line_id for line in wanted if line.amount is not None])
        refuse_to_take_back((line.line_id for line in wanted), kept_from_return(order, reason, own))
    units, extras = name_extras(position, wanted, reason, own, policy)
    return (position.claim(units, reason, own, turns) if units or not extras else ()), extras
