"""Examples of alerts to what refunds show together; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import REFUND_ID, Json

_ALERT_ID = "ra_4d1b0c9e7f2a6358c0d1"
_SEEN = {"by": "ops:han.meimei", "note": "Three sisters, one card: asked by telephone."}


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    refund = {"refund_id": REFUND_ID, "order_id": "o1", "customer_id": "c1", "status": "completed", "asked_at": at(-8)}
    counted = {"refund_count": 3, "customer_count": 3, "limit_count": 3, "limit_window": "P90D"}
    alert = {
        **{"alert_id": _ALERT_ID, "signal": "shared_instrument", "status": "acknowledged"},
        **{"message": "3 customers want back what one card or wallet paid within P90D"},
        **{"customer_id": None, "mark": "9f2c61d07ab35e84", "earlier_refund_id": None},
        **counted,
        **{"first_at": at(-9), "last_at": at(-8), "raised_at": at(-8), "refunds": [refund]},
        "acknowledged": {"at": at(-7), **_SEEN},
    }
    return {
        "RiskAlertAnswer": alert,
        "AlertedRefund": refund,
        "RiskAlertList": {"items": [alert], "next": None},
    }


def bodies() -> dict[str, Json]:
    return {"AcknowledgementBody": {"note": _SEEN["note"]}}
