"""Reading figures off what the API answers."""

from tools.client import Json


def paid(refund: Json, method: str) -> int:
    """Add up what a refund has paid by a method, in fen."""
    return sum(int(each["amount"]) for each in answers(refund, "succeeded") if each["method"] == method)


def answers(refund: Json, *statuses: str) -> list[Json]:
    """List what the providers said so far, of these statuses."""
    return [each for each in refund["payouts"] if each["status"] in statuses]


def left(order: Json) -> list[tuple[str, int, int]]:
    """List what of an order can still be refunded: line, units, fen."""
    return [(each["line_id"], each["quantity"], each["amount"]) for each in order["refundable"] if each["quantity"]]


def review(refund: Json) -> tuple[str, str]:
    """Return what was decided, and by whom."""
    return refund["review"]["decision"], refund["review"]["by"]


def points(customer: Json) -> int:
    return int(customer["points"]["balance"])


def store_credit(customer: Json) -> int:
    return int(customer["store_credit"]["balances"].get("CNY", 0))


def standing(customer: Json) -> tuple[int, bool]:
    """Return what counts for the shop's campaign, in fen, and whether it is enough."""
    (campaign,) = customer["campaigns"]
    return campaign["spend"], campaign["qualified"]
