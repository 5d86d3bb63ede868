"""Examples of orders and customers in lists; their times are handed in."""

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
    return {
        "OrderSummary": order,
        "OrderList": {"items": [order], "next": None},
        "CustomerSummary": customer,
        "CustomerList": {"items": [customer], "next": None},
    }
