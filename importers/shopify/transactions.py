"""What the order was paid with, from its transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from importers.amounts import in_units
from importers.fields import Fields
from importers.outcome import Json, Unreadable
from importers.shopify import left_out
from importers.shopify.prices import Prices
from importers.tenders import Tenders

TEST = "a test: no money moved, so none can go back; leave it out of the import"

_PAID = frozenset({"paid", "partially_refunded", "refunded"})
_GOES_ON = frozenset({"success", "pending"})


@dataclass(frozen=True, slots=True)
class ShopifyTransaction:
    """One step of a payment; `kind` is authorization, capture, sale, void, refund or change."""

    transaction_id: str
    kind: str
    is_pending: bool
    gateway: str
    amount: int
    parent_id: str
    reference: str
    at: datetime | None
    path: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Paid:
    """The payments as bodies; `paid_at` is None while not all is captured. `by_transaction` leads to a payment."""

    payments: tuple[Json, ...]
    paid_at: datetime | None
    by_transaction: Mapping[str, str]

    @property
    def captured(self) -> int:
        return sum(each["amount"] for each in self.payments if "status" not in each)

    @property
    def promised(self) -> int:
        return sum(each["amount"] for each in self.payments)


def read_transactions(found: Sequence[Fields], prices: Prices) -> list[ShopifyTransaction]:
    """Read those that succeeded or may succeed, each once, as it ended where that is known; raises Unreadable."""
    read: dict[str, ShopifyTransaction] = {}
    for each in found:
        status = each.text("status") or "success"
        if status not in _GOES_ON:
            each.leave_rest("it failed: no money moved")
            continue
        if each.flag("test"):
            raise Unreadable(each.at("test"), TEST)
        made = _transaction(each, prices, status)
        known = read.get(made.transaction_id, made)
        if made.is_pending == known.is_pending and made != known:
            raise Unreadable(each.path, f"transaction {made.transaction_id} came before and said something else")
        read[made.transaction_id] = known if made.is_pending else made
    return list(read.values())


def _transaction(each: Fields, prices: Prices, status: str) -> ShopifyTransaction:
    currency = each.text("currency") or prices.shop
    has_both = each.has("amount_set")
    if currency != prices.currency and not has_both:
        raise Unreadable(
            each.at("currency"),
            f"the customer paid in {prices.currency}: ask for transactions as they were made, not in {currency}",
        )
    made = ShopifyTransaction(
        transaction_id=each.must("id"),
        kind=each.must("kind"),
        is_pending=status == "pending",
        gateway=each.text("gateway"),
        amount=_shown(each, prices) if has_both else each.money("amount", prices.currency),
        parent_id=each.text("parent_id"),
        reference=each.text("authorization"),
        at=each.time("processed_at") or each.time("created_at"),
        path=each.path,
    )
    each.close({**left_out.TRANSACTION, "created_at": "processed_at says it", "amount": "amount_set says it"})
    return made


def _shown(each: Fields, prices: Prices) -> int:
    both = each.object("amount_set")
    if both is None:
        raise Unreadable(each.at("amount_set"), "here is an object expected")
    return prices.shown(both)


def payments_of(transactions: Sequence[ShopifyTransaction], tenders: Tenders) -> Paid:
    """Make a payment of each sale, each capture, and what is left of each authorization; raises Unreadable."""
    by_id = {each.transaction_id: each for each in transactions}
    children: dict[str, list[ShopifyTransaction]] = {}
    for each in transactions:
        children.setdefault(each.parent_id, []).append(each)
    payments: list[Json] = []
    leads = {}
    for each in transactions:
        below = children.get(each.transaction_id, [])
        match each.kind:
            case "sale" | "capture":
                change = sum(other.amount for other in below if other.kind == "change")
                status = "pending" if each.is_pending else ""
                reference = each.reference or _reference(by_id.get(each.parent_id))
                payments.append(_payment(each, each.amount - change, status, reference, tenders))
            case "authorization" if not below:
                payments.append(_payment(each, each.amount, "authorized", each.reference, tenders))
        leads[each.transaction_id] = _paid_by(each, by_id)
    captured = [each for each in transactions if each.kind in ("sale", "capture") and not each.is_pending]
    is_all = len(captured) == len(payments)
    return Paid(
        tuple(payments), max((each.at for each in captured if each.at), default=None) if is_all else None, leads
    )


def payments_of_order(order: Fields, prices: Prices, total: int, tenders: Tenders) -> Paid:
    """Make the payment of an order without transactions, where nothing that matters is unknown; raises Unreadable."""
    status = order.text("financial_status")
    names = order.raw("payment_gateway_names")
    said = [str(each) for each in names] if isinstance(names, list) else []
    gateways = list(dict.fromkeys(said or [order.text("gateway")])) if said or order.has("gateway") else []
    if status not in (*_PAID, "authorized") or not total:
        return Paid((), None, {})
    need = "its transactions (GET /admin/api/orders/{id}/transactions.json) belong to the import"
    if len(gateways) != 1:
        raise Unreadable(order.at("payment_gateway_names"), f"it does not say what was paid through which: {need}")
    way = tenders.way(gateways[0])
    if way is None:
        raise Unreadable(order.at("payment_gateway_names/0"), Tenders.unknown(gateways[0]))
    is_captured = status in _PAID
    if way.method.needs_a_charge and is_captured:
        raise Unreadable(
            order.at("transactions"),
            f"{in_units(total, prices.currency)} {prices.currency} were paid through {gateways[0]}, and nothing says "
            f"by which charge: {need}",
        )
    body: Json = {"payment_id": "paid", "method": str(way.method), "amount": total}
    body |= {"gateway": way.gateway} if way.gateway else {}
    body |= {} if is_captured else {"status": "authorized"}
    return Paid((body,), order.time("processed_at") or order.time("created_at") if is_captured else None, {})


def _payment(each: ShopifyTransaction, amount: int, status: str, reference: str, tenders: Tenders) -> Json:
    way = tenders.way(each.gateway)
    if way is None:
        raise Unreadable(f"{each.path}/gateway", Tenders.unknown(each.gateway))
    return {
        "payment_id": each.transaction_id,
        "method": str(way.method),
        **({"gateway": way.gateway} if way.gateway else {}),
        "gateway_ref": reference or each.transaction_id,
        "amount": amount,
        **({"status": status} if status else {}),
    }


def _reference(parent: ShopifyTransaction | None) -> str:
    return parent.reference if parent else ""


def _paid_by(each: ShopifyTransaction, by_id: Mapping[str, ShopifyTransaction]) -> str:
    """The payment that a refund goes back to: its sale or capture, or the only capture of its authorization."""
    if each.kind in ("sale", "capture"):
        return each.transaction_id
    captures = [other.transaction_id for other in by_id.values() if other.parent_id == each.transaction_id]
    return captures[0] if each.kind == "authorization" and len(captures) == 1 else ""
