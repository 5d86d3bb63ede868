"""Examples of codes and sessions; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import Json

_CODE_ID = "cod_71c0d4f2a9b84e6f8d13"


def bodies() -> dict[str, Json]:
    return {
        "CodeBody": {"merchant_id": "acme-shop", "order_id": "o1", "contact": "lilei@example.com"},
        "SessionBody": {"code_id": _CODE_ID, "code": "204816"},
    }


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    session: Json = {"session_id": "ses_5d0a2c7be1f94c30", "key": "mk_session_…", "customer_id": "c1", "order_id": None}
    return {
        "CodeAnswer": {"code_id": _CODE_ID, "expires_at": at(0)},
        "SessionAnswer": {**session, "expires_at": at(0)},
    }
