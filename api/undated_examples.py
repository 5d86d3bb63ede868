"""What of the examples has no date: whole bodies and answers, and parts of them."""

from typing import Any

Json = dict[str, Any]

REFUND_ID = "rf_5d0a7c1be94f3a62d817"

BODIES: dict[str, Json] = {
    "TestClockBody": {"by": "P30D"},
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
    "ParcelNoteBody": {
        **{"about": "something_else", "note": "a cup that is not of this order"},
        "evidence": ["https://shop.example/photos/3.jpg"],
    },
    "EvidenceBody": {"evidence": ["https://shop.example/photos/2.jpg"], "note": "the crack from below"},
    "ResolutionBody": {"step": "pay_out", "action": "settle", "note": "paid by hand", "reference": "TRX-4711"},
    "FeedbackBody": {"score": 5, "comment": "paid back the same day"},
    "AppealBody": {"note": "The parcels were yours, not mine."},
    "ChargeBody": {"behaviour": "pending"},
    "CarrierBody": {"pickup": True, "refuses": ""},
    "ParcelBody": {},
    "MoveBody": {"state": "in_transit"},
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

TOO_SMALL: Json = {
    "reason": "too_small",
    "stands_for": "changed_mind",
    "name": {"en": "Too small", "zh-CN": "尺码偏小"},
    "categories": ["shoes", "clothes"],
}

_IN_YUAN: Json = {"amount": 54_750, "currency": "CNY", "order_amount": 54_750}

QUOTE: Json = {
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

NEW_ACCOUNT: Json = {"code": "new_account", "points": 5, "message": "account younger than 7 days"}

LEFT_OF_THE_ORDER: Json = {
    "order_id": "o1",
    "version": 1,
    "refundable": [{"line_id": "l1", "quantity": 1, "amount": 54_750}],
    "shipping_left": 1_000,
    "owed_left": 0,
    "to_capture": [],
    "disputes": [],
    "suggested_reasons": {"shoes": ["too_small"]},
    "refunds": [{"refund_id": REFUND_ID, "status": "completed", "total": 54_750}],
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

WHAT_IF: Json = {
    "type": "refund",
    "refund_id": REFUND_ID,
    "order_id": "o1",
    "currency": "CNY",
    "total_before": 54_750,
    "total_after": 49_500,
    "refusal": None,
    "changes": {"total": [54_750, 49_500]},
}

REPORT: Json = {
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
    "response": {"target": "PT5M", "answered": 4, "within_target": 3, "overdue": 0, "mean_s": 141.5, "share": 0.75},
    "satisfaction": {"count": 2, "mean": 4.5},
}

GATEWAY_REPORT: Json = {"gateway": "stripe", "payouts": 40, "succeeded": 38, "undecided": 1, "declined": 2}

WORKFLOW: Json = {
    **{"namespace": "default", "workflow_id": f"refund-{REFUND_ID}", "run_id": "0198f7c2-5d1b-7c3e-9a44-2f6b8d1e7c90"},
    "address": f"https://temporal.shop.example/namespaces/default/workflows/refund-{REFUND_ID}"
    "/0198f7c2-5d1b-7c3e-9a44-2f6b8d1e7c90/history",
}

PREFERENCES: Json = {
    "channels": {"default": ["inbox", "email"], "paid": ["email", "sms"]},
    "time_zone": "Asia/Shanghai",
    "quiet_hours": {"from": "22:00", "until": "08:00"},
}

ANSWERS: dict[str, Json] = {
    "PreviewAnswer": {
        "topic": "approved",
        "locale": "en",
        "channel": "sms",
        "subject": None,
        "text": "Your refund request has been approved.",
        "html": None,
        "own": [],
        "variables": ["body", "name", "order", "page"],
    },
    "BankAccountAnswer": {
        "holder": "Li Lei",
        "iban": "DE89370400440532013000",
        "account_number": None,
        "bank_code": None,
        "transfers": [{"payment_id": "p1", "amount": 54_750, "currency": "CNY", "key": f"{REFUND_ID}-0-0"}],
    },
    "AuditVerification": {
        "intact": True,
        "broken_at": None,
        "why": None,
        "entries": 1_204,
        "anchored": 1_200,
        "not_anchored": 4,
    },
    "AuditKeys": {"items": [{"key_id": "k1", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]},
    "ChargeAnswer": {"charge_ref": "ch_1", "behaviour": "pending"},
    "ReconciliationAnswer": {
        "agrees": False,
        "unread": [{"gateway": "stripe", "why": "APIConnectionError"}],
        "refunds": [{"refund_id": REFUND_ID, "trouble": "gone", "why": "its workflow was terminated"}],
        "payouts": [],
    },
    "WebhookAnswer": {"webhook_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "outcome": "taken"},
    "Alive": {"status": "ok"},
    "Ready": {"postgres": "ok", "temporal": "ok", "clocks": "ok"},
}
