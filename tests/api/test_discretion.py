"""A customer's key is told nothing of risk, reviewers or what operations are to do, by whatever road it asks."""

import json
from collections.abc import Awaitable, Callable

import pytest

from api.discretion import told_live
from api.schemas.live import LiveEvent
from db.api_keys import Caller, Role
from domain import clock
from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus
from tests.shop import IN_TIME_S, Shop
from tools.client import Api, Json

WORDS = "Wang Wei thinks this customer lies"
SECRETS = (WORDS, "Wang", "risk", "reviewer")


async def asked(lilei: Api) -> Json:
    return await lilei.post("/v1/refunds", {"order_id": "o1", "reason": "changed_mind", "kind": "return"})


async def by_reading(_: Shop, lilei: Api, at: str) -> Json:
    return await lilei.get(at)


async def by_listing(_: Shop, lilei: Api, _at: str) -> Json:
    return await lilei.get("/v1/refunds")


async def by_evidence(_: Shop, lilei: Api, at: str) -> Json:
    return await lilei.post(f"{at}/evidence", {"evidence": ["https://shop.example/1.jpg"]})


async def by_shipping(shop: Shop, lilei: Api, at: str) -> Json:
    await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": WORDS})
    await lilei.wait_for(at.rsplit("/", 1)[1], ("awaiting_return",), within_s=IN_TIME_S)
    return await lilei.post(f"{at}/shipment", {"carrier": "SF", "tracking_number": "1"})


async def by_cancelling(_: Shop, lilei: Api, at: str) -> Json:
    return await lilei.post(f"{at}/cancel", {})


async def by_feedback(shop: Shop, lilei: Api, at: str) -> Json:
    await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": WORDS})
    await lilei.wait_for(at.rsplit("/", 1)[1], ("rejected",), within_s=IN_TIME_S)
    return await lilei.post(f"{at}/feedback", {"score": 1})


ROADS = [by_reading, by_listing, by_evidence, by_shipping, by_cancelling, by_feedback]


@pytest.mark.parametrize("road", ROADS)
async def test_a_customer_reads_neither_risk_nor_what_the_reviewer_said(
    shop: Shop, road: Callable[[Shop, Api, str], Awaitable[Json]]
) -> None:
    await shop.order()
    lilei = Api(shop.http, await shop.customer_key("lilei"))
    refund = await asked(lilei)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.reviewer.post(f"{at}/review", {"decision": "request_evidence", "note": WORDS})

    told = json.dumps(await road(shop, lilei, at))

    assert refund["refund_id"] in told
    assert [secret for secret in SECRETS if secret in told] == []


async def test_a_customer_who_asks_is_told_no_risk(shop: Shop) -> None:
    await shop.order()
    lilei = Api(shop.http, await shop.customer_key("lilei"))

    assert "risk" not in await asked(lilei)


async def test_the_merchant_and_the_reviewer_are_told_both(shop: Shop) -> None:
    await shop.order()
    lilei = Api(shop.http, await shop.customer_key("lilei"))
    at = f"/v1/refunds/{(await asked(lilei))['refund_id']}"
    await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": WORDS})

    for role in (Role.MERCHANT, Role.REVIEWER, Role.OPS):
        told = (await shop.raw(role, "GET", at)).json()
        assert told["review"]["note"] == WORDS and told["risk"]["score"] >= 0
        assert any(WORDS in entry["message"] for entry in told["timeline"])


WHAT_A_GIVER_HAS = ("coupon_", "points_", "campaign", "grant", "exclusive_discount_", "tier_")


def test_no_event_tells_the_receiver_of_a_gift_what_its_giver_has() -> None:
    happened = [
        LiveEvent(sequence=number, status=RefundStatus.COMPLETED, at=clock.now(), event=action, message="")
        for number, action in enumerate(AuditAction)
    ]
    receiver = Caller("shop", Role.CUSTOMER, "han-meimei")

    to_receiver, to_giver = (
        {each.event for each in told_live(happened, receiver, to_receiver=is_receiver)} for is_receiver in (True, False)
    )

    told = {event for event in to_receiver if event.startswith(WHAT_A_GIVER_HAS)}
    assert told == {
        AuditAction.COUPON_CHANGED,
        AuditAction.CAMPAIGN_CHANGED,
        AuditAction.POINTS_ADJUSTED,
    }  # no refund's
    assert to_giver == set(AuditAction)
