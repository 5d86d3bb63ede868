"""What banks say of an order's payments, as far as it is said of an order."""

from collections.abc import Sequence

from importers.fields import Fields
from importers.outcome import Json, Unreadable
from importers.shopify import left_out
from importers.shopify.prices import Prices
from importers.shopify.transactions import Paid

_OPEN = frozenset({"needs_response", "under_review"})
_ENDS = {"won": "won", "lost": "lost", "accepted": "lost"}


def read_disputes(found: Sequence[Fields], paid: Paid, prices: Prices) -> tuple[Json, ...]:
    """Write disputes as bodies, the oldest first; raises Unreadable."""
    made = [_dispute(each, paid, prices) for each in found]
    return tuple(sorted((each for each in made if each), key=lambda body: str(body["at"])))


def _dispute(each: Fields, paid: Paid, prices: Prices) -> Json:
    status, kind = each.must("status"), each.text("type")
    currency = each.text("currency") or prices.currency
    at = each.time("finalized_on") or each.must_time("initiated_at")
    name, amount = each.must("id"), each.money("amount", currency)
    each.close({**left_out.DISPUTE, "order_id": "it says of which order it is", "initiated_at": "finalized_on says it"})
    if status == "charge_refunded":
        each.notes.ignored["/disputes/* that are charge_refunded"] = "the refund by which it ended is read itself"
        return {}
    if status not in _OPEN and status not in _ENDS:
        raise Unreadable(each.at("status"), f"nobody here knows what {status!r} means for the money")
    payments = [payment for payment in paid.payments if "status" not in payment]
    if len(payments) != 1:
        raise Unreadable(each.path, "it names no payment, and the order has several or none: tell of it by itself")
    return {
        "dispute_id": name,
        "payment_id": payments[0]["payment_id"],
        "status": _ENDS.get(status) or ("warning" if kind == "inquiry" else "opened"),
        "amount": amount,
        "currency": currency,
        "at": at.isoformat(),
    }
