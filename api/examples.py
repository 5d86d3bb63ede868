"""Examples of every body and answer, dated from today, so that none of them ends.

They tell one story: Li Lei bought two boots, uses a coupon and points, and sends one back.
"""

from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

_REFUND_ID = "rf_5d0a7c1be94f3a62d817"
_HASHES = ("0" * 64, "3e26ae499d2183332d4661e3c71ea25acea0316b388220a250a4db53bb112016")


class Examples:
    """Finds the example of a schema by its name."""

    def __init__(self, today: date) -> None:
        self._today = today
        bodies = {**self._of_customers(), **self._of_orders(), **self._of_policies(), **_BODIES, **self._of_others()}
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
            "ReasonsBody": {"reasons": [_TOO_SMALL]},
            "GatewayBody": {
                "adapter": "stripe",
                "secrets": {"api_key": "rk_live_…", "webhook_secrets": "whsec_…"},
            },
            "WhatIfBody": {"policy": {"promotion_refund": "reprice"}, "settled_from": self._at(-60)},
        }

    def _of_others(self) -> dict[str, Json]:
        told = {"key": f"{_REFUND_ID}-0-0", "reference": "re_9f", "status": "succeeded"}
        refund = {"id": "re_3Pq", "object": "refund", "status": "succeeded"}
        about = {"object": {**refund, "metadata": {"makewhole_key": f"{_REFUND_ID}-0-0"}}}
        return {
            "StripeWebhook": {"id": "evt_1Pq", "type": "refund.updated", "created": 1_790_000_000, "data": about},
            "SandboxWebhook": {"type": "refund.succeeded", "timestamp": self._at(0), "data": told},
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
        message = {"at": self._at(-2), "refund_id": _REFUND_ID, "topic": "approved", "locale": "zh-CN"}
        points = {"balance": 500, "held": 0}
        return {
            "CustomerAnswer": self._customer(bodies["CustomerBody"], coupon, points),
            "PointsAnswer": {"customer_id": "c1", "points": points},
            "Inbox": {"items": [{**message, "body": "您的退款请求已审核通过"}], "next": None},
            "RightsAnswer": {"customer_id": "c1", "refund_rights": {**rights, "appeal": appeal}},
            "CouponAnswer": coupon,
            "CampaignAnswer": {"campaign_id": "c9", **bodies["CampaignBody"]},
            "OrderAnswer": {**bodies["OrderBody"], **_LEFT_OF_THE_ORDER},
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
                "refund_id": _REFUND_ID,
                "currency": "CNY",
                "order_amount": 54_750,
                "status": "paying_out",
            },
            "ReasonsAnswer": {**bodies["ReasonsBody"], "version": 1},
            "GatewayAnswer": {
                "gateway_id": "stripe",
                "adapter": "stripe",
                "account": "",
                "base_address": "",
                "secrets": ["api_key", "webhook_secrets"],
                "callback_path": "/v1/webhooks/stripe/1pQ7rT0aXv3mKc9LzWb2Yd8F",
                "updated_at": self._at(0),
            },
            "PolicyAnswer": {**bodies["PolicyBody"], "version": 3},
            "RefundQuote": {**_QUOTE, "refund_rights": {"suspended": False}},
            "RefundAnswer": self._refund(),
            "RefundList": {"items": [self._summary()], "next": None},
            "RefundReport": self._report(),
            "AuditTrail": {"items": [self._audit_entry()], "next": None},
            "WhatIfRefund": _WHAT_IF,
            **_ANSWERS,
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
            **{name: _QUOTE[name] for name in taken},
            "refund_id": _REFUND_ID,
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
            **_QUOTE,
            **self._summary(),
            "payouts": [{**_QUOTE["payouts"][0], "status": "succeeded", "gateway_ref": "re_bec0832f989450ae"}],
            "note": "too small",
            "evidence": ["https://shop.example/photos/1.jpg"],
            "return": {
                "rma": "RMA-4F3A62D817",
                "label_url": f"/v1/refunds/{_REFUND_ID}/label",
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
            "risk": {"score": 5, "reasons": [_NEW_ACCOUNT], "given_before": {"too_small": 1}},
            "timeline": [{"at": self._at(day), "event": event, "message": text} for day, event, text in events],
            "feedback": {"score": 5, "comment": "paid back the same day", "by": "customer:c1", "at": self._at(-1)},
        }

    def _report(self) -> Json:
        return {"from": self._at(-30), "to": self._at(0), **_REPORT}

    def _audit_entry(self) -> Json:
        about = {"customer_id": "c1", "order_id": "o1", "refund_id": _REFUND_ID}
        chained = {"previous_hash": _HASHES[0], "hash": _HASHES[1]}
        detail = {"kind": "return", "total": 54_750, "reason": "too_small", "stands_for": {"too_small": "changed_mind"}}
        said = {"action": "requested", "actor": "merchant", "detail": detail}
        return {"sequence": 1, "at": self._at(-8), **about, **said, **chained}


_BODIES: dict[str, Json] = {
    "RefundBody": {
        "order_id": "o1",
        "reason": "too_small",
        "kind": "return",
        "lines": [{"line_id": "l1", "quantity": 1}],
        "note": "a size larger would fit",
        "evidence": ["https://shop.example/photos/1.jpg"],
    },
    "ReviewBody": {"decision": "approve", "note": "the pictures show the crack"},
    "ShipmentBody": {"carrier": "SF Express", "tracking_number": "SF1234567890"},
    "ReceiptBody": {"lines": [{"line_id": "l1", "quantity": 1}]},
    "LossBody": {
        "note": "the carrier has searched for it in vain",
        "lines": [{"line_id": "l1", "quantity": 1}],
    },
    "InspectionBody": {"lines": [{"line_id": "l1", "accepted": 1, "rejected": 0, "disposition": "restock"}]},
    "CancelBody": {"note": "the customer keeps it"},
    "EvidenceBody": {"evidence": ["https://shop.example/photos/2.jpg"], "note": "the crack from below"},
    "ResolutionBody": {"step": "pay_out", "action": "settle", "note": "paid by hand", "reference": "TRX-4711"},
    "FeedbackBody": {"score": 5, "comment": "paid back the same day"},
    "AppealBody": {"note": "The parcels were yours, not mine."},
    "ChargeBody": {"behaviour": "pending"},
    "CarrierBody": {"pickup": True},
}

_LINE_EXPLAINED: Json = {
    "figure": "line",
    "subject": "l1",
    "rule": 4,
    "result": 54_750,
    "unit": "CNY",
    "inputs": [
        {"name": "gross", "value": 60_000, "unit": "CNY", "about": ""},
        {"name": "discount_1", "value": 5_000, "unit": "CNY", "about": "cpn-100"},
        {"name": "discount_2", "value": 250, "unit": "CNY", "about": ""},
    ],
    "formula": "gross - discount_1 - discount_2",
    "arithmetic": "60000 - 5000 - 250 = 54750",
    "text": "¥547.50：原价 ¥600.00，减去优惠券 cpn-100 分摊的 ¥50.00和积分抵扣的 ¥2.50。",
}

_TOO_SMALL: Json = {
    "reason": "too_small",
    "stands_for": "changed_mind",
    "name": {"en": "Too small", "zh-CN": "尺码偏小"},
    "categories": ["shoes", "clothes"],
}

_IN_YUAN: Json = {"amount": 54_750, "currency": "CNY", "order_amount": 54_750}

_QUOTE: Json = {
    "order_id": "o1",
    "currency": "CNY",
    "reason": "too_small",
    "reason_name": "尺码偏小",
    "stands_for": "changed_mind",
    "kind": "return",
    "policy_version": 3,
    "order_version": 1,
    "lines": [
        {
            "line_id": "l1",
            "quantity": 1,
            "amount": 54_750,
            "tax": 0,
            "points_restored": 250,
            "reason": "too_small",
            "stands_for": "changed_mind",
            "explanation": _LINE_EXPLAINED,
        }
    ],
    "shipping": 0,
    "next_lines": None,
    "shipping_tax": 0,
    "fees": [],
    "deductions": [],
    "deductions_returned": [],
    "interest": [],
    "overpaid": 0,
    "paid_after_all": 0,
    "lessened": [],
    "refund_to": "original",
    "bank_account": None,
    "beneficiary": None,
    "store_credit_bonus": 0,
    "total": 54_750,
    "payouts": [{"payment_id": "p1", "method": "card", **_IN_YUAN, "status": "planned"}],
    "effects": {
        "points_restored": 250,
        "points_clawed_back": 250,
        "points_deducted": 0,
        "points_forgiven": 0,
        "coupons": [{"coupon_id": "cpn-100", "outcome": "kept", "amount": 0, "residual_coupon_id": None}],
        "campaigns": [
            {
                "campaign_id": "c9",
                "spend_before": 109_500,
                "spend_after": 54_750,
                "qualified_before": True,
                "qualified_after": False,
                "participation_restored": False,
                "reward_clawed_back": 20_000,
            }
        ],
        "exclusive_discounts": [],
        "gifts": [],
        "tier": {"before": "gold", "after": "silver", "becomes": None, "falls_at": None},
    },
    "explanations": [_LINE_EXPLAINED],
}

_NEW_ACCOUNT: Json = {"code": "new_account", "points": 5, "message": "account younger than 7 days"}

_LEFT_OF_THE_ORDER: Json = {
    "order_id": "o1",
    "version": 1,
    "refundable": [{"line_id": "l1", "quantity": 1, "amount": 54_750}],
    "shipping_left": 1_000,
    "owed_left": 0,
    "to_capture": [],
    "disputes": [],
    "suggested_reasons": {"shoes": ["too_small"]},
    "refunds": [{"refund_id": _REFUND_ID, "status": "completed", "total": 54_750}],
    "entitlements": {
        "coupons": [{"coupon_id": "cpn-100", "status": "used"}],
        "grants": [],
        "exclusive_discounts": [],
        "gifts": [],
        "points_spent": 500,
        "points_restored": 250,
        "points_earned": 500,
        "points_clawed_back": 250,
    },
}

_WHAT_IF: Json = {
    "type": "refund",
    "refund_id": _REFUND_ID,
    "order_id": "o1",
    "currency": "CNY",
    "total_before": 54_750,
    "total_after": 49_500,
    "refusal": None,
    "changes": {"total": [54_750, 49_500]},
}

_REPORT: Json = {
    "disputes": [{"currency": "CNY", "status": "opened", "count": 1, "amount": 110_500}],
    "external": {"CNY": {"count": 1, "amount": 54_750}},
    "refunds": 4,
    "by_status": {"completed": 3, "rejected": 1},
    "by_reason": {"changed_mind": 3, "quality_issue": 1},
    "by_own_reason": {"too_small": 2},
    "rates": {
        "approved_by_rule": 0.5,
        "approved_by_reviewer": 0.25,
        "rejected": 0.25,
        "cancelled": 0.0,
        "expired": 0.0,
        "completed": 0.75,
    },
    "times": {
        stage: {"count": 3, "median_s": seconds, "p90_s": 2 * seconds}
        for stage, seconds in {
            "answered": 240.0,
            "approved": 240.0,
            "received": 300_000.0,
            "inspected": 360_000.0,
            "paid": 360_020.0,
            "completed": 360_030.0,
        }.items()
    },
    "response": {"target": "PT5M", "answered": 4, "within_target": 3, "overdue": 0, "share": 0.75},
    "satisfaction": {"count": 2, "mean": 4.5},
}

_ANSWERS: dict[str, Json] = {
    "BankAccountAnswer": {
        "holder": "Li Lei",
        "iban": "DE89370400440532013000",
        "account_number": None,
        "bank_code": None,
        "transfers": [{"payment_id": "p1", "amount": 54_750, "currency": "CNY", "key": f"{_REFUND_ID}-0-0"}],
    },
    "AuditVerification": {"intact": True, "broken_at": None},
    "ChargeAnswer": {"charge_ref": "ch_1", "behaviour": "pending"},
    "ReconciliationAnswer": {
        "agrees": False,
        "refunds": [{"refund_id": _REFUND_ID, "trouble": "gone", "why": "its workflow was terminated"}],
        "payouts": [],
    },
    "WebhookAnswer": {"webhook_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "outcome": "taken"},
    "Alive": {"status": "ok"},
    "Ready": {"postgres": "ok", "temporal": "ok"},
}
