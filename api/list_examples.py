"""Examples of orders, customers and gateways in lists, and of a test clock; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import Json


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    order = {
        **{"order_id": "o1", "customer_id": "c1", "currency": "CNY", "status": "delivered"},
        **{"paid_at": at(-10), "created_at": at(-10), "version": 1},
    }
    customer = {
        **{"customer_id": "c1", "name": "李雷", "email": "lilei@example.com", "phone": None, "locale": "zh-CN"},
        **{"registered_at": at(-300)},
    }
    stripe = {"adapter": "stripe", "secrets": ["api_key", "webhook_secrets"]}
    no_limits = {"within_days": None, "most_refunds": None, "seconds_between": None}
    gateway = {
        **{"gateway_id": "stripe", **stripe, "account": "", "base_address": ""},
        "limits": {**no_limits, "within_days": 180},
        "callback_path": "/v1/webhooks/stripe/1pQ7rT0aXv3mKc9LzWb2Yd8F",
        "updated_at": at(0),
    }
    return {
        "GatewayAnswer": gateway,
        "GatewayList": {"items": [gateway], "next": None, "adapters": [{**stripe, "limits": no_limits}]},
        "AdapterAnswer": {**stripe, "limits": no_limits},
        "TestClockAnswer": {"now": at(30), "ahead": "PT2592000S", "left": "PT0S"},
        "OrderSummary": order,
        "OrderList": {"items": [order], "next": None},
        "CustomerSummary": customer,
        "CustomerList": {"items": [customer], "next": None},
    }
