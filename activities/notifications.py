"""Telling the customer and operations, once each, in the customer's language (rule 38)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from db import bank_accounts, campaigns, messages, payouts, policies, refunds
from db import names as things
from db.at_once import at_once
from db.read_models import Payout, Refund
from domain.entitlements.coupons import CouponOutcome
from domain.entitlements.exclusive_discounts import ExclusiveOutcome
from domain.entitlements.gifts import GiftOutcome
from domain.explain.endings import EndedBecause, EvidenceWanted
from domain.explain.explanations import Named
from domain.explain.messages import ACCOUNT, DEFAULT_LOCALE, METHOD, Catalogue, MessageDetails, Topic, format_money
from domain.explain.sentences import Names
from domain.lifecycle import PaidBy, PayoutStatus
from domain.payout.choice import RefundTo
from domain.policy import Policy
from domain.sale.payments import PaymentMethod
from domain.settlement.settlement import Settlement
from service.notifying import About, locale_of
from service.steps import RefundRef


@dataclass(frozen=True, slots=True)
class Told:
    """`subject` tells messages of one topic apart, for example the second request for evidence from the first.

    `note` is for operations; customers are told what `because` and `wanted` stand for (`Catalogue.words`). With
    `of_entitlements` it is of each coupon, of the points and of each campaign, and has no topics.
    """

    topics: tuple[Topic, ...]
    note: str = ""
    subject: str = ""
    because: EndedBecause | None = None
    wanted: tuple[EvidenceWanted, ...] = ()
    of_entitlements: bool = False


@dataclass(frozen=True, slots=True)
class Notify:
    """What is told of a refund at once, in this order."""

    refund: RefundRef
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class _Message:
    topic: Topic
    subject: str
    facts: dict[str, str]


_TAKEN_BACK = {
    Topic.COUPON_REINSTATED: Topic.COUPON_WITHDRAWN,
    Topic.COUPON_RESIDUAL: Topic.COUPON_WITHDRAWN,
    Topic.POINTS_RESTORED: Topic.POINTS_WITHDRAWN,
    Topic.POINTS_CLAWED_BACK: Topic.POINTS_GIVEN_AGAIN,
    Topic.EXCLUSIVE_DISCOUNT_REINSTATED: Topic.EXCLUSIVE_DISCOUNT_WITHDRAWN,
    Topic.COUPON_REVOKED: Topic.COUPON_GIVEN_AGAIN,
    Topic.CREDIT_WITHDRAWN: Topic.CREDIT_GIVEN_AGAIN,
    Topic.CAMPAIGN_WITHDRAWN: Topic.CAMPAIGN_GIVEN_AGAIN,
    Topic.CREDIT_BONUS: Topic.CREDIT_BONUS_WITHDRAWN,
}
"""What a customer is told of each message where the money did not stay where it went."""


class Notifications:
    def __init__(self, engine: AsyncEngine, catalogue: Catalogue) -> None:
        self._engine = engine
        self._catalogue = catalogue

    # No undo: what was said was said.
    @activity.defn
    async def notify(self, command: Notify) -> None:
        """Put a message for each topic into the inbox of whom it concerns."""
        ref, told = command.refund, list[_Message]()
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            async with at_once(connection) as reads:
                choosing = reads.begin(locale_of, self._catalogue, About(ref.merchant_id, refund.receiver))
                deciding = reads.begin(policies.of_refund, ref.refund_id)
                paying = reads.begin(payouts.rows_of, [ref.refund_id])
            locale, policy = choosing.result(), deciding.result()
            facts = _facts(refund) | self._difference(refund, locale)
            facts["deliver_by"] = self._deliver_by(refund, policy, locale)
            facts["account"] = await _account(connection, refund)
            facts |= await self._shortage(connection, refund, paying.result()[ref.refund_id], command, locale)
            facts["where"] = self._where(refund, paying.result()[ref.refund_id], locale, facts["account"])
            for said in command.told:
                if said.of_entitlements:
                    told += await self._of_entitlements(connection, refund, policy, locale)
                details = MessageDetails(said.note, said.because, said.wanted)
                for topic in _told_to(refund, said.topics):
                    told.append(_Message(topic, said.subject, facts | self._catalogue.words(locale, topic, details)))
            await self._put_all(connection, refund, told, locale, ref.round)

    # No undo: what was said was said.
    @activity.defn
    async def notify_entitlements(self, ref: RefundRef) -> None:
        """Tell the customer of each coupon, of the points and of each campaign."""
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            locale = await locale_of(connection, self._catalogue, About(ref.merchant_id, refund.receiver))
            policy = await policies.of_refund(connection, ref.refund_id)
            told = await self._of_entitlements(connection, refund, policy, locale)
            await self._put_all(connection, refund, told, locale, ref.round)

    # No undo: what was said was said.
    @activity.defn
    async def notify_withdrawals(self, ref: RefundRef) -> None:
        """A payout failed later: tell the customer that what they were told of in this round is withdrawn for now."""
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            locale = await locale_of(connection, self._catalogue, About(ref.merchant_id, refund.receiver))
            if refund.external is not None and refund.external.read().is_loss:
                won = [_Message(Topic.DISPUTE_WON, "", _facts(refund))]
                await self._put_all(connection, refund, won, locale, ref.round)
                return
            names = {each.campaign_id: each.name for each in await campaigns.all_of(connection, ref.merchant_id)}
            sent = await messages.told_in(connection, refund, ref.round)
            told = {(each.topic, each.subject) for each in sent}
            settled = refund.settlement.read() if refund.settlement is not None else None
            withdrawn = [
                replace(said, topic=_TAKEN_BACK[said.topic])
                for said in (_entitlements(settled, names) if settled is not None else ())
                if (said.topic, said.subject) in told and said.topic in _TAKEN_BACK
            ]
            await self._put_all(connection, refund, withdrawn, locale, ref.round)

    async def _of_entitlements(
        self, connection: AsyncConnection, refund: Refund, policy: Policy, locale: str
    ) -> list[_Message]:
        """What is told of coupons, points and campaigns; those of the giver of a gift nobody is told (rule 56)."""
        if refund.beneficiary is not None or refund.settlement is None:  # a late attempt: all is let go of meanwhile
            return []
        names = {each.campaign_id: each.name for each in await campaigns.all_of(connection, refund.merchant_id)}
        settlement = refund.settlement.read()
        return [*_entitlements(settlement, names), *self._tier(settlement, policy, locale)]

    async def _put_all(
        self, connection: AsyncConnection, refund: Refund, told: list[_Message], locale: str, in_round: int
    ) -> None:
        """Put messages that call coupons by the names that the customer knows."""
        wanted = {(Named.COUPON, each.facts[fact]) for each in told for fact in _COUPONS if fact in each.facts}
        known = await things.of_things(connection, refund.merchant_id, refund.order_id, wanted)
        by_name = (self._by_name(message, known, locale) for message in told)
        rows = [self._row(refund, each, locale, in_round) for each in by_name]
        await messages.put_all(connection, refund, rows)

    def _by_name(self, message: _Message, known: Names, locale: str) -> _Message:
        said = {
            fact: self._catalogue.called(locale, known.get((Named.COUPON, id_)), id_)
            for fact, id_ in message.facts.items()
            if fact in _COUPONS
        }
        return replace(message, facts=message.facts | said)

    async def _shortage(
        self, connection: AsyncConnection, refund: Refund, rows: Sequence[Payout], command: Notify, locale: str
    ) -> dict[str, str]:
        """Say what is missing at which provider, and what is with all else that waits there for the same balance."""
        if not any(Topic.BALANCE_TOO_LOW in said.topics for said in command.told):
            return {}
        short = [row for row in rows if row.status == PayoutStatus.WAITING_FOR_BALANCE]
        places = list(dict.fromkeys((row.gateway, row.currency) for row in short))
        waiting = await payouts.waiting_for_balance(connection, refund.merchant_id)
        comma = self._catalogue.comma(locale)
        return {
            "gateway": comma.join(dict.fromkeys(gateway for gateway, _ in places)),
            "missing": comma.join(format_money(row.money) for row in short),
            "all_missing": comma.join(format_money(waiting[place]) for place in places if place in waiting),
        }

    def _where(self, refund: Refund, rows: Sequence[Payout], locale: str, account: str) -> str:
        """List the ways in which the money went back; `account` is how the number of a bank account ends."""
        if refund.external is not None:
            return self._catalogue.methods(locale, ["lost" if refund.external.read().is_loss else "external"])
        paid = [row for row in rows if row.status == PayoutStatus.SUCCEEDED and row.amount]
        same = {_method(row): None for row in paid if row.order_amount is None or row.paid_by is PaidBy.STORE_CREDIT}
        other = [(_method(row), format_money(row.money)) for row in paid if _method(row) not in same]
        return self._catalogue.methods(locale, same, other, account)

    def _deliver_by(self, refund: Refund, policy: Policy, locale: str) -> str:
        """The last day to send the goods, as the label and the timeline say it (rule 41)."""
        said = (refund.goods_return or {}).get("deliver_by")
        return self._catalogue.deadline(locale, datetime.fromisoformat(said), policy.time_zone) if said else ""

    def _difference(self, refund: Refund, locale: str) -> dict[str, str]:
        """What was quoted, and why something else is paid."""
        if refund.differs is None:
            return {}
        differs = refund.differs.read()
        return {"quoted": format_money(differs.quoted), "causes": self._catalogue.causes(locale, differs.causes)}

    def _tier(self, settlement: Settlement, policy: Policy, locale: str) -> Iterator[_Message]:
        tier = settlement.tier
        if tier is None:
            return
        if tier.before != tier.after:
            yield _Message(Topic.TIER_CHANGED, "", {"tier": tier.after or "–"})
        if tier.falls_at is not None:
            day = self._catalogue.day(locale, tier.falls_at.astimezone(ZoneInfo(policy.time_zone)))
            yield _Message(Topic.TIER_WILL_CHANGE, "", {"tier": tier.becomes or "–", "day": day})

    def _row(self, refund: Refund, message: _Message, locale: str, in_round: int) -> dict[str, Any]:
        for_operations = message.topic.is_for_operations
        locale = DEFAULT_LOCALE if for_operations else locale
        return {
            "merchant_id": refund.merchant_id,
            "recipient": messages.OPERATIONS if for_operations else refund.receiver,
            "refund_id": refund.refund_id,
            "round": in_round,
            "topic": message.topic,
            "subject": message.subject,
            "locale": locale,
            "body": self._catalogue.text(locale, message.topic, message.facts),
            "facts": self._catalogue.of_those(locale, message.topic, message.facts),
        }


_NAMED_ACCOUNT = ACCOUNT.removeprefix(METHOD)
"""What is paid to a bank account that the customer named, among the ways to pay."""

_COUPONS = ("coupon", "original")
"""The facts that name a coupon."""


def _told_to(refund: Refund, topics: Sequence[Topic]) -> Sequence[Topic]:
    """What who receives a refund is told; that the giver of a gift has less to pay is none of it (rule 56)."""
    return topics if refund.beneficiary is None else [topic for topic in topics if topic is not Topic.OWES_LESS]


def _method(payout: Payout) -> str:
    if payout.goes_to is RefundTo.BANK_TRANSFER and payout.paid_by is PaidBy.HAND:
        return _NAMED_ACCOUNT
    return PaymentMethod.STORE_CREDIT if payout.paid_by is PaidBy.STORE_CREDIT else str(payout.method)


async def _account(connection: AsyncConnection, refund: Refund) -> str:
    """How the number of the account ends that the customer named; nothing where they named none."""
    if refund.refund_to is not RefundTo.BANK_TRANSFER:
        return ""
    return await bank_accounts.ends_in(connection, refund.refund_id)


def _facts(refund: Refund) -> dict[str, str]:
    settlement = (refund.settlement or refund.quote).read()
    return {
        "order": refund.order_id,
        "refund": refund.refund_id,
        "total": format_money(settlement.total),
        "lessened": format_money(settlement.comes_to - settlement.total),
    }


def _entitlements(settlement: Settlement, campaign_names: dict[str, str]) -> Iterator[_Message]:
    if settlement.credit_bonus:
        yield _Message(Topic.CREDIT_BONUS, "", {"amount": format_money(settlement.credit_bonus)})
    yield from _coupons(settlement)
    if settlement.points.restored:
        yield _Message(Topic.POINTS_RESTORED, "", {"points": str(settlement.points.restored)})
    if settlement.points.from_balance:
        yield _Message(Topic.POINTS_CLAWED_BACK, "", {"points": str(settlement.points.from_balance)})
    for discount in settlement.exclusive_discounts:
        if discount.outcome is ExclusiveOutcome.REINSTATED:
            facts = {"discount": discount.discount_id}
            yield _Message(Topic.EXCLUSIVE_DISCOUNT_REINSTATED, discount.discount_id, facts)
    for gift in settlement.gifts:
        if gift.outcome is GiftOutcome.VALUE_DEDUCTED:
            yield _Message(Topic.GIFT_DEDUCTED, gift.line_id, {"amount": format_money(gift.value)})
    for campaign in settlement.campaigns:
        facts = {"campaign": campaign_names.get(campaign.campaign_id, campaign.campaign_id)}
        if campaign.participation_restored:
            yield _Message(Topic.CAMPAIGN_CONFIRMED, campaign.campaign_id, facts)
        elif campaign.qualified_before and not campaign.qualified_after:
            yield _Message(Topic.CAMPAIGN_WITHDRAWN, campaign.campaign_id, facts)


def _coupons(settlement: Settlement) -> Iterator[_Message]:
    for coupon in settlement.coupons:
        if coupon.outcome is CouponOutcome.REINSTATED:
            topic = Topic.COUPON_USE_REINSTATED if coupon.counts_uses else Topic.COUPON_REINSTATED
            yield _Message(topic, coupon.coupon_id, {"coupon": coupon.coupon_id})
        if coupon.outcome is CouponOutcome.RESIDUAL:
            facts = {"coupon": coupon.issued_id, "original": coupon.coupon_id}
            yield _Message(Topic.COUPON_RESIDUAL, coupon.coupon_id, facts | {"amount": format_money(coupon.amount)})
    for grant in settlement.grants:
        if grant.is_revoked:
            yield _Message(Topic.COUPON_REVOKED, grant.grant.name, {"coupon": grant.grant.name})
        elif grant.taken_back:
            yield _Message(Topic.CREDIT_WITHDRAWN, grant.grant.name, {"amount": format_money(grant.taken_back)})
