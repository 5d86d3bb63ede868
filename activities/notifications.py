"""Telling the customer and operations, once each, in the customer's language (rule 38)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import campaigns, customers, messages, refunds
from db.codec import from_json
from domain.coupons import CouponOutcome
from domain.messages import DEFAULT_LOCALE, Catalogue, Topic, spoken
from domain.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Notify:
    """`subject` tells messages of one topic apart, for example the second request for evidence from the first."""

    refund: RefundRef
    topics: tuple[Topic, ...]
    note: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class _Message:
    topic: Topic
    subject: str
    facts: dict[str, str]


class Notifications:
    def __init__(self, engine: AsyncEngine, catalogue: Catalogue) -> None:
        self._engine = engine
        self._catalogue = catalogue

    # No undo: what was said was said.
    @activity.defn
    async def notify(self, command: Notify) -> None:
        """Put a message for each topic into the inbox of whom it concerns."""
        ref = command.refund
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            customer = await customers.find(connection, ref.merchant_id, refund.customer_id)
            locale = self._catalogue.locale_for(customer.locale if customer else DEFAULT_LOCALE)
            facts = _facts(refund, command.note)
            for topic in command.topics:
                message = _Message(topic, command.subject, facts)
                await messages.put(connection, self._row(refund, message, locale))

    # No undo: what was said was said.
    @activity.defn
    async def notify_entitlements(self, ref: RefundRef) -> None:
        """Tell the customer of each coupon, of the points and of each campaign."""
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            customer = await customers.find(connection, ref.merchant_id, refund.customer_id)
            locale = self._catalogue.locale_for(customer.locale if customer else DEFAULT_LOCALE)
            names = {each.campaign_id: each.name for each in await campaigns.all_of(connection, ref.merchant_id)}
            for message in _entitlements(from_json(Settlement, refund.settlement), names):
                await messages.put(connection, self._row(refund, message, locale))

    def _row(self, refund: Row[Any], message: _Message, locale: str) -> dict[str, Any]:
        for_operations = message.topic.is_for_operations
        locale = DEFAULT_LOCALE if for_operations else locale
        return {
            "merchant_id": refund.merchant_id,
            "recipient": messages.OPERATIONS if for_operations else refund.customer_id,
            "refund_id": refund.refund_id,
            "topic": message.topic,
            "subject": message.subject,
            "locale": locale,
            "body": self._catalogue.text(locale, message.topic, message.facts),
        }


def _facts(refund: Row[Any], note: str) -> dict[str, str]:
    settlement = from_json(Settlement, refund.settlement or refund.quote)
    goods_return = refund.goods_return or {}
    return {
        "order": refund.order_id,
        "refund": refund.refund_id,
        "total": spoken(settlement.total),
        "rma": goods_return.get("rma", ""),
        "deliver_by": goods_return.get("deliver_by", "")[:10],
        "note": note,
    }


def _entitlements(settlement: Settlement, campaign_names: dict[str, str]) -> Iterator[_Message]:
    for coupon in settlement.coupons:
        if coupon.outcome is CouponOutcome.REINSTATED:
            yield _Message(Topic.COUPON_REINSTATED, coupon.coupon_id, {"coupon": coupon.coupon_id})
    if settlement.points.restored:
        yield _Message(Topic.POINTS_RESTORED, "", {"points": str(settlement.points.restored)})
    if settlement.points.clawed_back:
        yield _Message(Topic.POINTS_CLAWED_BACK, "", {"points": str(settlement.points.clawed_back)})
    for campaign in settlement.campaigns:
        facts = {"campaign": campaign_names.get(campaign.campaign_id, campaign.campaign_id)}
        if campaign.participation_restored:
            yield _Message(Topic.CAMPAIGN_CONFIRMED, campaign.campaign_id, facts)
        elif campaign.qualified_before and not campaign.qualified_after:
            yield _Message(Topic.CAMPAIGN_WITHDRAWN, campaign.campaign_id, facts)
