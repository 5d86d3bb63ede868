"""Customers and what they have."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from api import moments, problems, rights
from api.access import IdempotencyKey, Merchant, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paging import Cursor, Cut, Limit, LinesCursor, page, place, same
from api.paths import CustomerId
from api.routers.coupons import coupon_answer
from api.schemas.common import Time, Wire
from api.schemas.customers import (
    CustomerAnswer,
    CustomerBody,
    ExclusiveDiscountAnswer,
    PointsAnswer,
    PointsBalance,
    PointsBody,
    StandingAnswer,
    StoreCredit,
)
from db import (
    campaigns,
    coupons,
    credit,
    customers,
    exclusive_discounts,
    given,
    guests,
    holds,
    identity_codes,
    journal,
    ledger,
    messages,
    orders,
    passkeys,
    points,
    policies,
    purchases,
    sessions,
    standings,
)
from db import rights as restrictions
from db.api_keys import Caller
from db.customers import Customer
from db.given import AskedMeanwhile, BelongsToAnother, Gift
from db.ledger import POINTS, Account, EntryCause
from domain import clock
from domain.audit_actions import AuditAction
from domain.campaigns.campaigns import standing
from domain.entitlements.tiers import counts_since, tier_at
from domain.sale.guests import contact

router = APIRouter(prefix="/v1/customers/{customer_id}", tags=["customers"])

_TRIES = 5
"""A guest who asks for a refund each time that their orders are about to be given is asked to wait."""


class MessageAnswer(Wire):
    """`refund_id` is null where the message is about the customer and none of their refunds."""

    at: Time = Field(description="When it was sent.")
    refund_id: str | None = Field(description="The refund it is about; null where it is about none.")
    topic: str = Field(description="What it is about, as a stable word.")
    locale: str = Field(description="The language it is in, as BCP 47.")
    body: str = Field(description="The message.")


class Inbox(Wire):
    """What a customer was told, the oldest first."""

    items: list[MessageAnswer] = Field(description="The messages.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


@router.put("", **described("putCustomer", "conflicting_state"))
async def put_customer(
    customer_id: CustomerId, body: CustomerBody, services: ServicesDep, caller: Merchant
) -> CustomerAnswer:
    """Say what is known of a customer; what is left out is forgotten, but for what they have.

    With `guest_of` they get all that they have as a guest; it is refused where another customer has it. Another e-mail
    address or phone ends every session of theirs, and the codes, links and passkeys that the one before has opened.
    """
    moments.check_customer(body)
    known = Customer(customer_id, **body.model_dump(exclude={"guest_of"}))
    gift = Gift(caller.merchant_id, customer_id, caller.name)
    for _ in range(_TRIES):
        with suppress(AskedMeanwhile):
            async with services.engine.begin() as connection:
                leads = await guests.contacts_of(connection, caller.merchant_id, customer_id) if body.guest_of else []
                await _give(connection, gift, body.guest_of)
                await customers.lock(connection, caller.merchant_id, customer_id)
                before = await customers.find(connection, caller.merchant_id, customer_id)
                await customers.put(connection, caller.merchant_id, known)
                changed = _changed(before, known) + (["guest_of"] if set(body.guest_of) - set(leads) else [])
                ended = await _ended(connection, caller.merchant_id, before, known)
                await _note(connection, caller, customer_id, changed, ended)
                answer = await _answer(connection, caller.merchant_id, customer_id)
            services.callers.forget(*ended.sessions)
            return answer
    raise problems.conflicting_state("the guest asks for refunds just now: send the same again in a moment")


_LEADS_IN = ("email", "phone")
"""Where codes go that open a customer's account."""

_OF_RIGHTS = (*_LEADS_IN, "registered_at")
"""And what their risk is judged by."""


def _changed(before: Customer | None, now: Customer) -> list[str]:
    """Name what gives other rights than before; whom nobody knew had none."""
    return [name for name in _OF_RIGHTS if getattr(before, name, None) != getattr(now, name)]


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is over with a contact: sessions, by the hashes of their keys, and so many passkeys."""

    sessions: Sequence[str] = ()
    passkeys: int = 0


async def _ended(connection: AsyncConnection, merchant_id: str, before: Customer | None, now: Customer) -> _Ended:
    """End what a contact may have opened that is theirs no more: whoever reads its mail may have made a passkey."""
    if before is None or all(_is_still(getattr(before, name), getattr(now, name)) for name in _LEADS_IN):
        return _Ended()
    await identity_codes.use_up_all_of(connection, merchant_id, now.customer_id)
    forgotten = await passkeys.forget_made_by(connection, merchant_id, now.customer_id)
    return _Ended(await sessions.end_others(connection, merchant_id, now.customer_id), forgotten)


def _is_still(before: str | None, now: str | None) -> bool:
    """Whether nobody is reached any more who was: another spelling of an address reaches the same."""
    return before is None or (now is not None and _in_one_form(before) == _in_one_form(now))


def _in_one_form(said: str) -> str:
    try:
        return contact(said)
    except ValueError:
        return said


async def _note(
    connection: AsyncConnection, caller: Caller, customer_id: str, changed: list[str], ended: _Ended
) -> None:
    if changed:
        sentence = f"the customer is told differently: {', '.join(changed)}"
        detail: dict[str, Any] = {"changed": changed}
        if ended.sessions or ended.passkeys:
            detail |= {"sessions_ended": len(ended.sessions), "passkeys_forgotten": ended.passkeys}
        note = journal.Note(AuditAction.CUSTOMER_CHANGED, sentence, caller.name, detail)
        await journal.record_of_customer(connection, caller.merchant_id, customer_id, note)


async def _give(connection: AsyncConnection, gift: Gift, contacts: list[str]) -> None:
    if not contacts:
        return
    try:
        await given.give(connection, gift, contacts)
    except BelongsToAnother as taken:
        place_in_body = f"/guest_of/{contacts.index(taken.contact)}"
        raise problems.conflicting_state(
            f"{place_in_body}: what was bought as this guest belongs to customer {taken.customer_id!r} already"
        ) from taken


@router.get("", **described("getCustomer", "not_found"))
async def get_customer(
    customer_id: CustomerId, services: ServicesDep, caller: Merchant, lines_cursor: LinesCursor = None
) -> CustomerAnswer:
    """Read a customer and everything they have."""
    after = place(lines_cursor, "lines_cursor")
    async with services.snapshots.connect() as connection:
        return await _answer(connection, caller.merchant_id, customer_id, after=after)


@router.post("/points", status_code=201, response_model=PointsAnswer, **described("adjustPoints"))
async def adjust_points(
    customer_id: CustomerId,
    body: PointsBody,
    services: ServicesDep,
    caller: Merchant,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Add points or take some, for example to set an opening balance."""

    async def adjust(connection: AsyncConnection) -> PointsAnswer:
        await customers.make_known(connection, caller.merchant_id, customer_id)
        await customers.lock(connection, caller.merchant_id, customer_id)
        cause = EntryCause(f"adjustment:{secrets.token_hex(10)}", "adjusted by the merchant")
        await points.adjust(connection, caller.merchant_id, customer_id, body.points, cause, body.expires_at)
        detail = {"points": body.points, "entry": cause.key, "why": body.note}
        note = journal.Note(AuditAction.POINTS_ADJUSTED, f"{body.points:+} points by the merchant", caller.name, detail)
        await journal.record_of_customer(connection, caller.merchant_id, customer_id, note)
        balance = await _points(connection, caller.merchant_id, customer_id)
        return PointsAnswer(customer_id=customer_id, points=balance)

    path = f"/v1/customers/{customer_id}/points"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(201, adjust)
    return answer


@router.get("/inbox", **described("getCustomerInbox"))
async def read_inbox(
    customer_id: CustomerId, services: ServicesDep, caller: Merchant, cursor: Cursor = None, limit: Limit = 200
) -> Inbox:
    """Read what a customer was told, the oldest first."""
    async with services.snapshots.connect() as connection:
        return await inbox(connection, caller.merchant_id, customer_id, cursor, limit)


async def inbox(
    connection: AsyncConnection, merchant_id: str, recipient: str | None, cursor: str | None, limit: int
) -> Inbox:
    rows = await messages.inbox(connection, merchant_id, recipient, after=place(cursor), limit=limit + 1)
    shown, more = page(rows, limit, lambda row: int(row.message_id), lambda row: len(row.body.encode()))
    items = [
        MessageAnswer(at=row.at, refund_id=row.refund_id, topic=row.topic, locale=row.locale, body=row.body)
        for row in shown
    ]
    return Inbox(items=items, next=more)


async def _answer(connection: AsyncConnection, merchant_id: str, customer_id: str, *, after: int = 0) -> CustomerAnswer:
    known = await customers.find(connection, merchant_id, customer_id)
    if known is None:
        raise problems.not_found(f"customer {customer_id!r}")
    now = clock.now()
    balances = await credit.balances_of(connection, merchant_id, customer_id, now)
    owed = await ledger.balances(connection, merchant_id, Account.OWED, customer_id)
    currency = await purchases.newest_currency(connection, merchant_id, customer_id) or next(iter(balances), None)
    currency = currency or await orders.newest_currency(connection, merchant_id, customer_id)
    cut = Cut(after)
    owned = cut.of(await coupons.of_customer(connection, merchant_id, customer_id, now), coupon_answer)
    return CustomerAnswer(
        customer_id=customer_id,
        name=known.name,
        email=known.email,
        phone=known.phone,
        locale=known.locale,
        registered_at=known.registered_at,
        metadata=known.metadata,
        guest_of=await guests.contacts_of(connection, merchant_id, customer_id),
        points=await _points(connection, merchant_id, customer_id),
        store_credit=StoreCredit(balance=balances.get(currency or "", 0), currency=currency, balances=balances),
        owed={unit: -amount for unit, amount in owed.items()},
        coupons=owned,
        campaigns=cut.of(await _standings(connection, merchant_id, customer_id, currency), same),
        exclusive_discounts=cut.of(await _exclusive_discounts(connection, merchant_id, customer_id), same),
        tier=await _tier(connection, merchant_id, customer_id, currency, now),
        refund_rights=await rights.of_customer(connection, merchant_id, customer_id),
        next_lines=cut.next,
    )


async def _exclusive_discounts(
    connection: AsyncConnection, merchant_id: str, customer_id: str
) -> list[ExclusiveDiscountAnswer]:
    return [
        ExclusiveDiscountAnswer(
            id=each.discount_id, status="active" if each.is_active else "used", valid_until=each.valid_until
        )
        for each in await exclusive_discounts.of_customer(connection, merchant_id, customer_id)
    ]


async def _tier(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str | None, now: datetime
) -> str | None:
    policy = (await policies.current(connection, merchant_id)).policy
    if currency is None or not policy.tiers:
        return None
    bought = await purchases.of_customer(connection, merchant_id, customer_id, since=counts_since(policy, now))
    return tier_at(policy, bought, currency, now)


async def _points(connection: AsyncConnection, merchant_id: str, customer_id: str) -> PointsBalance:
    return PointsBalance(
        balance=await points.balance_of(connection, merchant_id, customer_id, clock.now()),
        held=await holds.total(connection, merchant_id, customer_id, POINTS),
    )


async def _standings(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    currency: str | None,
) -> list[StandingAnswer]:
    rewards = await campaigns.rewards_of(connection, merchant_id, customer_id)
    is_restricted = await restrictions.restricted_until(connection, merchant_id, customer_id) is not None
    answers = []
    counted = await standings.of_customer(connection, merchant_id, customer_id)
    for campaign in counted.campaigns:
        counted_in = campaign.currency or currency
        if counted_in is None:
            continue
        stands = standing(campaign, (), counted_in, is_restricted=is_restricted, others=counted.others)
        answers.append(
            StandingAnswer(
                campaign_id=campaign.campaign_id,
                name=campaign.name,
                kind=campaign.kind,
                currency=counted_in,
                spend=stands.spend.minor_units,
                qualified=stands.is_qualified,
                rewards_held=sum(reward.campaign_id == campaign.campaign_id for reward in rewards),
                uses=stands.uses,
            )
        )
    return answers
