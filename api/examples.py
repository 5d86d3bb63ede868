"""Examples of every body and answer, dated from today, so that none of them ends.

They tell one story: Li Lei bought two boots, uses a coupon and points, and sends one back.
"""

from datetime import date, timedelta

from api import (
    bulk_examples,
    identity_examples,
    key_examples,
    list_examples,
    report_examples,
    review_examples,
    risk_alert_examples,
    staff_examples,
    webhook_examples,
)
from api.undated_examples import (
    ANSWERS,
    BODIES,
    GATEWAY_REPORT,
    LEFT_OF_THE_ORDER,
    NEW_ACCOUNT,
    PREFERENCES,
    QUOTE,
    REFUND_ID,
    REPORT,
    TOO_SMALL,
    WHAT_IF,
    WORKFLOW,
    Json,
)

_HASHES = ("0" * 64, "3e26ae499d2183332d4661e3c71ea25acea0316b388220a250a4db53bb112016")


PICTURE = "mw-evidence:ev_5f1d03b7a8c94e62b0d7716f2a9e4c38"
LABEL_URL = "/v1/labels/Yq3mT8sLwA5vRk0ZcJx7Bn2E"
WAREHOUSE: Json = {
    "company_name": "Nordwind Returns",
    "address_line1": "Hafenstrasse 1",
    "city": "Hamburg",
    "postal_code": "20457",
    "country_code": "DE",
}


class Examples:
    """Finds the example of a schema by its name."""

    def __init__(self, today: date) -> None:
        self._today = today
        bodies = {**self._of_customers(), **self._of_orders(), **self._of_policies(), **BODIES, **self._of_others()}
        bodies |= webhook_examples.bodies() | key_examples.bodies(self._at) | identity_examples.bodies()
        bodies |= staff_examples.bodies() | risk_alert_examples.bodies()
        self._known = {**bodies, **self._answers(bodies)}

    def of(self, schema: str) -> Json | None:
        return self._known.get(schema)

    def _at(self, days: int, time: str = "08:00:00") -> str:
        return f"{self._today + timedelta(days=days)}T{time}Z"

    def _of_customers(self) -> dict[str, Json]:
        coupon = {"customer_id": "c1", "name": "¥100 off", "amount": 10_000, "currency": "CNY", "minimum_spend": 50_000}
        return {
            "CustomerBody": {"name": "李雷", "email": "lilei@example.com", "locale": "zh-CN"},
            "PointsBody": {"points": 500, "note": "opening balance"},
            "PreferencesBody": PREFERENCES,
            "CouponBody": {**coupon, "valid_from": self._at(-30), "valid_until": self._at(30)},
            "CampaignBody": {
                "name": "满1000元返200元",
                "kind": "spend_threshold",
                "starts_at": self._at(-30),
                "ends_at": self._at(30),
                "threshold": 100_000,
                "reward": {"kind": "store_credit", "amount": 20_000},
            },
            "SuspensionBody": {"reason": "three chargebacks in a month", "until": self._at(60)},
        }

    def _of_orders(self) -> dict[str, Json]:
        boots = {"line_id": "l1", "sku": "A-1", "name": "Boots", "category": "shoes", "quantity": 2}
        boots["unit_price"] = 60_000
        card = {"payment_id": "p1", "method": "card", "gateway": "sandbox", "gateway_ref": "ch_1", "amount": 110_500}
        order = {
            "customer_id": "c1",
            "currency": "CNY",
            "status": "delivered",
            "placed_at": self._at(-12),
            "paid_at": self._at(-12, "08:01:00"),
            "delivered_at": self._at(-10, "10:00:00"),
            "lines": [{**boots, "tax": 0, "gift": False}],
            "shipping": {"amount": 1_000, "tax": 0},
            "discounts": [
                {"source": "coupon", "id": "cpn-100", "amount": 10_000},
                {"source": "points", "points": 500, "amount": 500, "line_ids": ["l1"]},
            ],
            "payments": [card],
            "points_earned": 500,
            "rewards": [],
        }
        external = {"external_id": "re_3Qx8", "amount": 54_750, "lines": [{"line_id": "l1", "quantity": 1}]}
        external |= {"payment_id": "p1", "at": self._at(-3), "note": "paid back at the provider's dashboard"}
        dispute = {
            "dispute_id": "dp_1Nz",
            "payment_id": "p1",
            "status": "opened",
            "amount": 110_500,
            "at": self._at(-2),
        }
        return {
            "OrderBody": order,
            "DisputeBody": dispute,
            "ExternalRefundBody": {**external, "reason": "merchant_breach"},
        }

    def _of_policies(self) -> dict[str, Json]:
        return {
            "PolicyBody": {"return_window": "P14D", "auto_approve": {"max_amount": 50_000}},
            "ReasonsBody": {"reasons": [TOO_SMALL]},
            "GatewayBody": {
                "adapter": "stripe",
                "secrets": {"api_key": "rk_live_…", "webhook_secrets": "whsec_…"},
            },
            "EntitlementSystemBody": {"url": "https://loyalty.shop.example/makewhole"},
            "CarrierAccountBody": {
                "adapter": "karrio",
                "carrier": "generic",
                "connection": {"display_name": "Post", "custom_carrier_name": "post"},
                "address": WAREHOUSE,
                "secrets": {"webhook_secrets": "whsec_…"},
            },
            "WhatIfBody": {"policy": {"promotion_refund": "reprice"}, "settled_from": self._at(-60)},
        }

    def _of_others(self) -> dict[str, Json]:
        told = {"key": f"{REFUND_ID}-0-0", "reference": "re_9f", "status": "succeeded"}
        refund = {"id": "re_3Pq", "object": "refund", "status": "succeeded"}
        about = {"object": {**refund, "metadata": {"makewhole_key": f"{REFUND_ID}-0-0"}}}
        encrypted = {"original_type": "refund", "ciphertext": "fdasflkja484w", "nonce": "fdasflkja484"}
        at_paypal = {"id": "1JU08902781691411", "status": "COMPLETED", "custom_id": f"{REFUND_ID}-0-0"}
        at_adyen = {"eventCode": "REFUND", "success": "true", "pspReference": "QFQTPCQ8HXSKGK82", "reason": ""}
        at_adyen |= {"originalReference": "9913140798220028", "merchantReference": f"{REFUND_ID}-0-0"}
        at_adyen |= {"merchantAccountCode": "KettlesECOM", "eventDate": self._at(0)}
        adyen: Json = {**at_adyen, "amount": {"currency": "CNY", "value": 40_00}}
        adyen |= {"additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+…"}}
        return {
            "AdyenWebhook": {"live": "true", "notificationItems": [{"NotificationRequestItem": adyen}]},
            "PayPalWebhook": {
                "id": "WH-2CL46544TB770421K-5VB92446WP7345818",
                "event_type": "PAYMENT.CAPTURE.REFUNDED",
                "resource_type": "refund",
                "create_time": self._at(0),
                "resource": at_paypal,
            },
            "AlipayWebhook": {"notify_id": "4a91b7a78a50", "app_id": "9021000122600001", "trade_no": "22001404123456"},
            "WeChatPayWebhook": {
                "id": "EV-2018022511223320873",
                "event_type": "REFUND.SUCCESS",
                "resource": {**encrypted, "associated_data": "refund"},
            },
            "StripeWebhook": {"id": "evt_1Pq", "type": "refund.updated", "created": 1_790_000_000, "data": about},
            "SandboxWebhook": {"type": "refund.succeeded", "timestamp": self._at(0), "data": told},
        }

    def _order_page(self, order: Json) -> Json:
        line = {"line_id": "l1", "name": "Boots", "kind": "goods", "quantity": 2, "unit": None, "price": 120_000}
        line |= {"gift": False, "not_returnable_because": None, "quantity_left": 1, "amount_left": 54_750}
        own = {"reason": "too_small", "stands_for": "changed_mind", "name": {"en": "Too small", "zh-CN": "尺码偏小"}}
        return {
            **{name: order[name] for name in ("status", "currency", "placed_at", "delivered_at")},
            **{name: LEFT_OF_THE_ORDER[name] for name in ("order_id", "shipping_left", "entitlements")},
            "customer_id": "c1",
            "time_zone": "Asia/Shanghai",
            "lines": [{**line, "suggested_reasons": ["too_small"]}],
            "shipping": 1_000,
            "paid": 110_500,
            "reasons": [own, {"reason": "changed_mind", "stands_for": "changed_mind", "name": None}],
            "coupons": [{"coupon_id": "cpn-100", "name": "¥100 off", "valid_until": self._at(30)}],
            "next_lines": None,
        }

    def _settlement_reports(self) -> dict[str, Json]:
        of_report: Json = {"report_id": "sr_8f2c", "gateway": "stripe"}
        report: Json = {**of_report, "format": "stripe", "name": "november.jsonl", "status": "read", "fault": None}
        report |= {"lines": 2, "since": self._at(-2), "until": self._at(-1), "matched": 1}
        none = dict.fromkeys(("missing_there", "different", "double", "failed_there"), 0)
        report |= {"differences": {"missing_here": 1, **none}, "accepted_at": self._at(0), "read_at": self._at(0)}
        difference: Json = {**of_report, "line": 2, "reference": "re_3Qx8", "charge_ref": "ch_1", "refund_id": None}
        difference |= {"difference": "missing_here", "ours": None, "theirs": {"currency": "CNY", "amount": 54_750}}
        difference |= {"what_to_do": "The provider paid a refund that is not booked here.", "noticed_at": self._at(0)}
        picture = {"evidence": PICTURE, "evidence_id": PICTURE.partition(":")[2], "width": 1_536, "height": 2_048}
        return {
            "PictureAnswer": picture | {"size": 412_377, "kept_until": self._at(1)},
            "SettlementReportAnswer": report,
            "SettlementReportList": {"items": [report]},
            "SettlementDifferences": {"items": [difference]},
        }

    def _answers(self, bodies: dict[str, Json]) -> dict[str, Json]:
        rights = {"suspended": True, "restricted_until": self._at(30), "rule": "operations", "reason": "chargebacks"}
        appeal = {"at": self._at(0), "by": "customer:c1", "note": "The parcels were yours, not mine."}
        coupon = {"coupon_id": "cpn-100", **bodies["CouponBody"], "reusable_after_refund": True, "status": "used"}
        coupon |= {"rate_bp": None, "max_amount": None, "max_uses": None, "max_uses_per_customer": None}
        coupon |= {
            "uses": 1,
            "uses_left": 0,
            "of_customer": {"uses": 1, "given_back": 0, "uses_left": 0},
            "held_by": None,
        }
        message = {"at": self._at(-2), "refund_id": REFUND_ID, "topic": "approved", "locale": "zh-CN"}
        points = {"balance": 500, "held": 0}
        return {
            "CustomerAnswer": self._customer(bodies["CustomerBody"], coupon, points),
            "PointsAnswer": {"customer_id": "c1", "points": points},
            "Inbox": {"items": [{**message, "body": "您的退款请求已审核通过"}], "next": None},
            "RefundMessages": {"items": [{**message, "body": "您的退款请求已审核通过"}], "forgotten_at": None},
            "PageLinkAnswer": {
                "url": "/pages/enter?merchant=acme-shop&order=o1&link=cod_71c0d4f2.…",
                "expires_at": self._at(0),
            },
            "PersonalData": {
                "customer_id": "c1",
                "items": [{"kind": "customers", "data": {"customer_id": "c1", "name": "李雷"}}],
                "next": None,
            },
            "ErasureAnswer": {
                "erasure_id": "er_5d0a7c1be94f3a62d817",
                "customer_id": "c1",
                "erased_at": self._at(0),
                "refunds": 2,
            },
            "PreferencesAnswer": {"customer_id": "c1", **PREFERENCES, "updated_at": self._at(-2)},
            "RightsAnswer": {"customer_id": "c1", "refund_rights": {**rights, "appeal": appeal}},
            "CouponAnswer": coupon,
            "CampaignAnswer": {"campaign_id": "c9", **bodies["CampaignBody"]},
            "OrderAnswer": {**bodies["OrderBody"], **LEFT_OF_THE_ORDER},
            "OrderPageAnswer": self._order_page(bodies["OrderBody"]),
            "DisputeAnswer": {
                **bodies["DisputeBody"],
                "order_id": "o1",
                "currency": "CNY",
                "holds_payment": True,
                "refund_id": None,
                "uncounted": 0,
            },
            "ExternalRefundAnswer": {
                **bodies["ExternalRefundBody"],
                "order_id": "o1",
                "refund_id": REFUND_ID,
                "currency": "CNY",
                "order_amount": 54_750,
                "status": "paying_out",
            },
            "ReasonsAnswer": {**bodies["ReasonsBody"], "version": 1},
            **self._settlement_reports(),
            **bulk_examples.examples(self._at),
            "EntitlementSystemAnswer": {
                "system_id": "loyalty",
                "url": "https://loyalty.shop.example/makewhole",
                "adapter": "contract",
                "secret_count": 1,
                "updated_at": self._at(0),
            },
            "CarrierAccountAnswer": {
                **bodies["CarrierAccountBody"],
                "carrier_id": "post",
                "service": "standard_service",
                "weight_g": 1_000,
                "base_address": "",
                "secrets": ["webhook_secrets"],
                "callback_path": "/v1/webhooks/post/9vXw2LrT5cQ0bKd8NzYp4JmH",
                "updated_at": self._at(0),
            },
            "PolicyAnswer": {**bodies["PolicyBody"], "version": 3},
            "RefundQuote": {**QUOTE, "refund_rights": {"suspended": False}},
            "RefundAnswer": self._refund(),
            "RefundList": {"items": [self._summary()], "next": None},
            "RefundReport": self._report(),
            "ResponseReport": self._report()["response"],
            "GatewayReport": {"items": [GATEWAY_REPORT]},
            "GatewayReportLine": GATEWAY_REPORT,
            "WorkflowAnswer": WORKFLOW,
            **report_examples.answers(self._at),
            "AuditTrail": {"items": [self._audit_entry()], "next": None},
            "AuditCheckpoints": {"items": [self._checkpoint()], "time_stamps": [], "next": None},
            "AuditLine": {**self._audit_entry(), "merchant_id": "acme", "refund_number": 1},
            "AuditProof": {
                "entry": {**self._audit_entry(), "merchant_id": "acme", "refund_number": 1},
                "path": [_HASHES[0]],
                "checkpoint": self._checkpoint(),
            },
            "WhatIfRefund": WHAT_IF,
            "LiveEvent": {
                **{"sequence": 3, "status": "completed", "at": self._at(0)},
                **{"event": "completed", "message": "the refund is complete"},
            },
            **webhook_examples.answers(self._at),
            **key_examples.answers(self._at),
            **identity_examples.answers(self._at),
            **staff_examples.answers(self._at),
            **list_examples.answers(self._at),
            **review_examples.answers(self._at, self._summary()),
            **risk_alert_examples.answers(self._at),
            **ANSWERS,
        }

    def _customer(self, body: Json, coupon: Json, points: Json) -> Json:
        standing = {"campaign_id": "c9", "name": "满1000元返200元", "kind": "spend_threshold", "currency": "CNY"}
        return {
            **body,
            "customer_id": "c1",
            "points": points,
            "store_credit": {"balance": 0, "currency": "CNY", "balances": {}},
            "owed": {},
            "coupons": [coupon],
            "campaigns": [{**standing, "spend": 54_750, "qualified": False, "rewards_held": 0, "uses": 0}],
            "exclusive_discounts": [{"id": "welcome", "status": "used", "valid_until": self._at(20)}],
            "tier": "silver",
            "refund_rights": {"suspended": False},
        }

    def _summary(self) -> Json:
        taken = ("order_id", "reason", "stands_for", "kind", "currency", "total")
        return {
            **{name: QUOTE[name] for name in taken},
            "refund_id": REFUND_ID,
            "customer_id": "c1",
            "status": "completed",
            "needs_attention": None,
            "created_at": self._at(-8),
            "completed_at": self._at(-2),
        }

    def _refund(self) -> Json:
        events = [
            (-8, "requested", "refund requested by merchant: changed_mind"),
            (-8, "approved", "approved by rule listed_reason"),
            (-8, "label_ready", "return RMA-4F3A62D817 authorized"),
            (-6, "shipped", "parcel SF1234567890 handed to SF Express"),
            (-3, "parcel_received", "parcel received: 1 × l1"),
            (-2, "inspected", "l1: 1 accepted, 0 rejected"),
            (-2, "paid", "¥547.50 paid out"),
            (-2, "completed", "the refund is complete"),
        ]
        return {
            **QUOTE,
            **self._summary(),
            "payouts": [{**QUOTE["payouts"][0], "status": "succeeded", "gateway_ref": "re_bec0832f989450ae"}],
            "note": "too small",
            "evidence": ["https://shop.example/photos/1.jpg"],
            "return": {
                "rma": "RMA-4F3A62D817",
                "label_url": LABEL_URL,
                "labels": [
                    {
                        "parcel": 1,
                        "label_url": LABEL_URL,
                        "carrier": "SF Express",
                        "tracking_number": "SF1234567890",
                        "tracked": "delivered",
                        "tracked_at": self._at(-4),
                    }
                ],
                "address": "makewhole returns, 1 Harbour Road, 200080 Shanghai",
                "guide": "Pack the goods as they came and hand the parcel in at any counter of the carrier.",
                "deliver_by": self._at(-1),
                "carrier": "SF Express",
                "tracking_number": "SF1234567890",
            },
            "metadata": {"case": "4711"},
            "waits_because": [],
            "quoted_policy_version": 3,
            "differs_from_quote": None,
            "review": {"decision": "approve", "by": "auto", "rule": "listed_reason", "note": "", "policy_version": 3},
            "risk": {"score": 5, "reasons": [NEW_ACCOUNT], "given_before": {"too_small": 1}},
            "timeline": [{"at": self._at(day), "event": event, "message": text} for day, event, text in events],
            "feedback": {"score": 5, "comment": "paid back the same day", "by": "customer:c1", "at": self._at(-1)},
        }

    def _report(self) -> Json:
        return {"from": self._at(-30), "to": self._at(0), **REPORT}

    def _checkpoint(self) -> Json:
        held = {"entries": 2, "root": _HASHES[0], "head": _HASHES[1]}
        said = {"at": self._at(-8), "key_id": "k1", "replaces": None, "signature": "A" * 86 + "=="}
        return {"merchant_id": "acme", **held, **said}

    def _audit_entry(self) -> Json:
        about = {"customer_id": "c1", "order_id": "o1", "refund_id": REFUND_ID}
        chained = {"previous_hash": _HASHES[0], "hash": _HASHES[1]}
        detail = {"kind": "return", "total": 54_750, "reason": "too_small", "stands_for": {"too_small": "changed_mind"}}
        said = {"action": "requested", "actor": "merchant", "detail": detail}
        return {"sequence": 1, "at": self._at(-8), **about, **said, **chained}
