"""The events of the published document: what a merchant's endpoint may be posted, and when."""

from typing import Any

from pydantic import BaseModel

from api.described import json_schema
from domain.merchant_events import TOLD_FOR, MerchantEvent
from service.merchant_events import EndpointDisabledEvent, RefundEvent
from service.risk_alert_events import RiskAlertEvent

Json = dict[str, Any]

WHEN: dict[MerchantEvent, str] = {
    MerchantEvent.REFUND_REQUESTED: "A refund was asked for.",
    MerchantEvent.REFUND_EVIDENCE_REQUESTED: "A reviewer asks the customer for evidence.",
    MerchantEvent.REFUND_EVIDENCE_ADDED: "Evidence was added.",
    MerchantEvent.REFUND_APPROVED_IN_PART: "One of several reviewers has approved it.",
    MerchantEvent.REFUND_APPROVED: "It was approved, by a rule or by a reviewer.",
    MerchantEvent.REFUND_SETTLED: "What it comes to is worked out; its tenders are planned.",
    MerchantEvent.REFUND_REOPENED: "It goes on after its end: a parcel came late, or a payout failed.",
    MerchantEvent.REFUND_NEEDS_ATTENTION: "A person is needed.",
    MerchantEvent.REFUND_RESOLVED: "A person has answered its call for help.",
    MerchantEvent.REFUND_PAID: "Every share of it is paid.",
    MerchantEvent.REFUND_PAID_ELSEWHERE: "Its money went back elsewhere, as the merchant says (rule 51).",
    MerchantEvent.REFUND_COMPLETED: "It is over, and everybody was made whole.",
    MerchantEvent.REFUND_REJECTED: "It is over: it was rejected.",
    MerchantEvent.REFUND_CANCELLED: "It is over: it was called off.",
    MerchantEvent.REFUND_EXPIRED: "It is over: no parcel was sent in time.",
    MerchantEvent.REFUND_FEEDBACK: "The customer has said how it was.",
    MerchantEvent.RETURN_LABEL_READY: "The return authorization and its label are ready.",
    MerchantEvent.RETURN_LABEL_VOID: "The carrier has declared the label void.",
    MerchantEvent.RETURN_SHIPPED: "A parcel is on its way back.",
    MerchantEvent.RETURN_PARCEL_RECEIVED: "A parcel arrived.",
    MerchantEvent.RETURN_PARCEL_LOST: "A parcel is lost.",
    MerchantEvent.RETURN_PARCEL_NOTED: "A parcel came after the end, or the warehouse wrote something down of one.",
    MerchantEvent.RETURN_INSPECTED: "What came back was inspected, unit by unit.",
    MerchantEvent.PAYOUT_DECLINED: "A provider has declined a share.",
    MerchantEvent.PAYOUT_FAILED: "A share that was paid has failed after all.",
    MerchantEvent.DISPUTE_LOST: "A dispute about a payment of the order is lost.",
    MerchantEvent.DISPUTE_WON: "A dispute about a payment of the order is won.",
    MerchantEvent.COUPON_REINSTATED: "The order's coupons can be used again.",
    MerchantEvent.COUPON_RESIDUAL: "The customer has a new coupon for the part that came back.",
    MerchantEvent.COUPON_WITHDRAWN: "Coupons that had come back are withdrawn: the payout has failed.",
    MerchantEvent.POINTS_SETTLED: "Points spent came back, points earned were taken back.",
    MerchantEvent.POINTS_WITHDRAWN: "Points that had come back are withdrawn: the payout has failed.",
    MerchantEvent.CAMPAIGNS_RECALCULATED: "The customer's standing in campaigns was worked out anew.",
    MerchantEvent.CAMPAIGNS_WITHDRAWN: "The standing is as it was before: the payout has failed.",
    MerchantEvent.GRANT_WITHDRAWN: "Something that the order granted was taken back.",
    MerchantEvent.GRANTS_WITHDRAWN: "All that the order granted was taken back.",
    MerchantEvent.EXCLUSIVE_DISCOUNT_REINSTATED: "An exclusive discount is active again.",
    MerchantEvent.EXCLUSIVE_DISCOUNT_WITHDRAWN: "It is used again: the payout has failed.",
    MerchantEvent.TIER_RECALCULATED: "The customer's tier was worked out anew.",
    MerchantEvent.WEBHOOK_ENDPOINT_DISABLED: "Another endpoint is disabled: three days in vain, or it is gone.",
    MerchantEvent.RISK_ALERT_RAISED: "Refunds show together what none shows alone: somebody should look (rule 34).",
}
"""When each event is told."""

MODELS: tuple[type[BaseModel], ...] = (RefundEvent, EndpointDisabledEvent, RiskAlertEvent)

_OF_NO_REFUND: dict[MerchantEvent, type[BaseModel]] = {
    MerchantEvent.WEBHOOK_ENDPOINT_DISABLED: EndpointDisabledEvent,
    MerchantEvent.RISK_ALERT_RAISED: RiskAlertEvent,
}

_HOW = (
    "Posted to every endpoint that wants it (`PUT /v1/webhook-endpoints/{endpoint_id}`), signed as [Standard Webhooks]"
    "(https://www.standardwebhooks.com) says. Any 2xx takes it; else it is sent again, at growing intervals, for "
    f"{TOLD_FOR.days} days. It may come more than once, always under the same `webhook-id`; events of one refund come "
    "in order, also where one had to be sent again."
)

_HEADERS = {
    "webhook-id": "Names the event, as `event_id`: the same each time that it is sent.",
    "webhook-timestamp": "When it was sent, in seconds since 1970; refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and the signature in base64; several, separated by spaces, while a secret is replaced.",
}


def catalogue() -> Json:
    """Return the part `webhooks` of the document."""
    return {event.value: {"post": _operation(event)} for event in MerchantEvent}


def _operation(event: MerchantEvent) -> Json:
    model = _OF_NO_REFUND.get(event, RefundEvent)
    its_type = {"properties": {"type": {"const": event.value}}}
    headers = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in _HEADERS.items()
    ]
    return {
        "operationId": "on" + "".join(part.capitalize() for part in event.name.split("_")),
        "tags": ["webhook events"],
        "summary": WHEN[event],
        "description": f"{WHEN[event]} {_HOW}",
        "security": [],
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"allOf": [json_schema(model), its_type]}}},
        },
        "responses": {
            "2XX": {"description": "The event is taken."},
            "410": {"description": "The endpoint is gone: it is disabled at once."},
        },
    }
