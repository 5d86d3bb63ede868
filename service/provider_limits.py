"""Who the providers of payments are, and what they allow of refunds: looked up for the quote, kept to when asked."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from db import gateway_accounts, locks, payouts
from db.read_models import Payout
from domain.entitlements.elsewhere import system_of_cards
from domain.lifecycle import PayoutStatus
from domain.payout.choice import RefundTo
from domain.payout.limits import NO_LIMITS, PaymentAtProvider, RefundLimits
from domain.sale.orders import Order
from domain.settlement.inputs import SettlementInputs
from gateways.ports import Declined
from gateways.registry import ADAPTERS, PROVIDERS
from service.gaps import Gap, ListedToNobody, find_gap


class TurnNotYet(Exception):
    """The provider wants some time between two refunds of one payment: it may be asked from `turn` on."""

    def __init__(self, turn: datetime, why: str) -> None:
        super().__init__(why)
        self.turn = turn


async def with_limits(
    connection: AsyncConnection, merchant_id: str, basis: SettlementInputs, order: Order
) -> SettlementInputs:
    """Add what the providers of its payments allow; where none limits anything there is nothing to look at."""
    accounts = await _accounts(connection, merchant_id, {each.gateway for each in order.payments})
    limited = {
        each.payment_id: limits
        for each in order.payments
        if (limits := _limits(each.gateway, accounts.get(each.gateway), each.gateway_ref))
    }
    if not limited:
        return basis
    counted = await payouts.counted_at_providers(connection, merchant_id, order.order_id)
    known = tuple(PaymentAtProvider(id_, limits, counted.get(id_, 0)) for id_, limits in limited.items())
    return replace(basis, terms=replace(basis.terms, at_providers=known))


async def keep_to_limits(connection: AsyncConnection, payout: Payout) -> None:
    """Let a share be asked for only as its provider allows it, one of a payment at a time until the transaction ends.

    And not before people have looked, where nobody can know what was paid back of its payment (rule 36). One that was
    asked for before is not judged again: the provider may have taken it. Raises Declined, NotYet and ListedToNobody.
    """
    if payout.status != PayoutStatus.PLANNED or not payout.gateway:
        return
    account = (await _accounts(connection, payout.merchant_id, {payout.gateway})).get(payout.gateway)
    if gap := await _gap(connection, payout, account):
        raise ListedToNobody(gap)
    limits = _limits(payout.gateway, account, payout.charge_ref)
    if not limits or payout.goes_to is not RefundTo.ORIGINAL:
        return
    await locks.hold(connection, "refunds of", payout.merchant_id, payout.order_id, payout.payment_id)
    before = await payouts.asked_before(connection, payout)
    broken = limits.broken_by(before.refunds, before.paid_at, before.now)
    if broken is not None:
        raise Declined(broken, limits.in_words(broken))
    turn = limits.turn_after(before.last_asked_at, before.now)
    if turn is not None:
        apart = f"{payout.gateway} wants {limits.seconds_between} s between two refunds of one payment"
        raise TurnNotYet(turn, f"{payout.payment_id} is asked for from {turn:%Y-%m-%d %H:%M:%S} UTC on: {apart}")


async def gap_of(connection: AsyncConnection, payout: Payout) -> Gap | None:
    """Say what nobody knows of a share's payment since the database came back from an older copy."""
    accounts = await _accounts(connection, payout.merchant_id, {payout.gateway})
    return await _gap(connection, payout, accounts.get(payout.gateway))


async def providers_of(connection: AsyncConnection, merchant_id: str, gateways: set[str]) -> dict[str, str]:
    """Name the provider behind each of these gateways that has one."""
    accounts = await _accounts(connection, merchant_id, gateways)
    open_to_all = {name: name for name in gateways & PROVIDERS.keys()}
    return open_to_all | {name: account.adapter for name, account in accounts.items()}


async def _accounts(
    connection: AsyncConnection, merchant_id: str, gateways: set[str]
) -> dict[str, gateway_accounts.KnownAccount]:
    """Say what is known of each of these accounts; what is open to all, or no provider, is no account."""
    accounts = sorted(gateways - PROVIDERS.keys() - {""})
    return await gateway_accounts.known_of(connection, merchant_id, accounts) if accounts else {}


async def _gap(
    connection: AsyncConnection, payout: Payout, account: gateway_accounts.KnownAccount | None
) -> Gap | None:
    """Ask nothing more where the provider gives a list, as most do."""
    look_in = ""
    if system_of_cards(payout.gateway) is not None:
        look_in = "the system that keeps the card"
    elif account is not None and account.adapter in ADAPTERS:
        look_in = ADAPTERS[account.adapter].look_in
    return await find_gap(connection, payout, look_in) if look_in else None


def _limits(gateway: str, account: gateway_accounts.KnownAccount | None, charge_ref: str) -> RefundLimits:
    """What the provider says of everybody, where the merchant's contract does not say something else."""
    if gateway in PROVIDERS:
        return PROVIDERS[gateway].limits(charge_ref)
    if account is None:
        return NO_LIMITS
    published = ADAPTERS[account.adapter].limits if account.adapter in ADAPTERS else NO_LIMITS
    return published.overridden_by(account.limits)
