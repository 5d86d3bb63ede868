"""A customer who left personal data in every field over HTTP that can carry some, each a string of its own."""

import secrets
from dataclasses import dataclass, field

from tests.api.bulk_desk import BulkDesk, a_refund
from tests.shop import ANYTHING, Shop, a_payment, days_ago
from tests.workflows.bank_desk import IBAN
from tools.client import Api, Json


@dataclass(slots=True)
class Planted:
    """What was planted where: the strings by the field that each was said in, all of them said nowhere else."""

    said: dict[str, str] = field(default_factory=dict)
    drawn: str = field(default_factory=lambda: secrets.token_hex(6))

    def in_(self, place: str) -> str:
        """Make a string for a field."""
        self.said[place] = self.worded(place)
        return self.said[place]

    def worded(self, place: str) -> str:
        return f"planted {place} {self.drawn}"

    def link_in(self, place: str) -> str:
        self.said[place] = f"https://planted.example/{place}-{self.drawn}.jpg"
        return self.said[place]

    def mail_in(self, place: str) -> str:
        self.said[place] = f"{place}-{self.drawn}@planted.example"
        return self.said[place]

    def phone_in(self, place: str) -> str:
        self.said[place] = f"+49{10**9 + secrets.randbelow(9 * 10**9)}"
        return self.said[place]


async def plant(shop: Shop, planted: Planted | None = None) -> tuple[Planted, Json]:
    """Fill in every field, up to a refund to a bank account that is still in review; returns that."""
    planted = planted or Planted()
    planted.said["iban"] = IBAN
    await shop.policy(auto_approve=ANYTHING, refund_to_allowed=["bank_transfer"], declined_tender="hold")
    await _of_customer(shop, planted)
    await _of_a_return(shop, planted)
    await _by_hand(shop, planted)
    await _elsewhere_and_cancelled(shop, planted)
    await _in_a_bulk(shop, planted)
    await _lost(shop, planted)
    account = {"holder": planted.in_("holder"), "iban": IBAN}
    await shop.order("planted-4")
    open_one = await shop.refund("planted-4", refund_to="bank_transfer", bank_account=account)
    await _suspend(shop, planted)
    return planted, await shop.until_judged(open_one)


async def _of_customer(shop: Shop, planted: Planted) -> None:
    path = f"/v1/customers/{shop.customer_id}"
    guest = planted.mail_in("guest")
    order = shop.order_body("planted-0", guest={"email": guest, "phone": planted.phone_in("phone-of-guest")})
    del order["customer_id"]
    await shop.merchant.put("/v1/orders/planted-0", order)
    body: Json = {"name": planted.in_("name"), "email": planted.mail_in("email")}
    body |= {"phone": planted.phone_in("phone")}
    body |= {"metadata": {"key": planted.in_("customer-metadata")}, "guest_of": [guest]}
    await shop.merchant.put(path, body)
    await shop.merchant.post(f"{path}/points", {"points": 5, "note": planted.in_("points-note")})
    coupon = {"customer_id": shop.customer_id, "name": planted.in_("coupon"), "amount": 1, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/planted", coupon)


async def _of_a_return(shop: Shop, planted: Planted) -> None:
    payments = [{**a_payment("p1", 120_000, "ch-planted-1"), "instrument": planted.in_("instrument")}]
    await shop.order("planted-1", payments=payments, metadata={"key": planted.in_("order-metadata")})
    asked: Json = {"note": planted.in_("request-note"), "evidence": [planted.link_in("request-evidence")]}
    asked |= {"metadata": {"key": planted.in_("refund-metadata")}, "reason": "changed_mind", "kind": "return"}
    refund = await shop.refund("planted-1", **asked)
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.until_judged(refund)
    more = {"evidence": [planted.link_in("more-evidence")], "note": planted.in_("evidence-note")}
    await shop.merchant.post(f"{path}/evidence", more, key="planted-key")
    approved = {"decision": "approve", "note": planted.in_("review-note")}
    await shop.reviewer.post(f"{path}/review", approved)
    await shop.until(refund, "awaiting_return")
    brick = {"about": "something_else", "note": planted.in_("parcel-note")}
    await shop.warehouse.post(f"{path}/parcel-notes", {**brick, "evidence": [planted.link_in("parcel-evidence")]})
    sent = {"carrier": planted.in_("carrier"), "tracking_number": planted.in_("tracking-number")}
    await shop.merchant.post(f"{path}/shipment", sent)
    await shop.warehouse.post(f"{path}/receipt", {})
    found = {"line_id": "l1", "accepted": 2, "note": planted.in_("inspection-note")}
    await shop.warehouse.post(f"{path}/inspection", {"lines": [found]})
    await shop.until(refund, "completed")
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))
    await customer.post(f"{path}/feedback", {"score": 5, "comment": planted.in_("feedback-comment")})


async def _by_hand(shop: Shop, planted: Planted) -> None:
    await shop.order("planted-2")
    await shop.behave("ch-planted-2", "decline")
    refund = await shop.refund("planted-2")
    needed = (await shop.until(refund, "needs_attention"))["needs_attention"]
    said = {"step": needed["step"], "action": "settle", "note": planted.in_("resolution-note")}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", said)
    await shop.until(refund, "completed")


async def _elsewhere_and_cancelled(shop: Shop, planted: Planted) -> None:
    await shop.order("planted-3")
    elsewhere: Json = {"external_id": "re_planted", "amount": 60_000, "at": days_ago(3, "09:00:00")}
    elsewhere |= {"lines": [{"line_id": "l1", "quantity": 1}], "note": planted.in_("external-note")}
    noted = await shop.merchant.post("/v1/orders/planted-3/external-refunds", elsewhere)
    await shop.until(noted, "completed")
    refund = await shop.until_judged(await shop.refund("planted-3", reason="changed_mind", kind="return"))
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.merchant.post(f"{path}/cancel", {"note": planted.in_("cancel-note")})
    await shop.until(refund, "cancelled")


async def _in_a_bulk(shop: Shop, planted: Planted) -> None:
    await shop.order("planted-6")
    asked = {"note": planted.in_("bulk-note"), "metadata": {"key": planted.in_("bulk-metadata")}}
    desk = BulkDesk(shop)
    await desk.stop(await desk.previewed(a_refund("planted-6", **asked)))


async def _lost(shop: Shop, planted: Planted) -> None:
    await shop.order("planted-5")
    refund = await shop.refund("planted-5", kind="return")
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{path}/loss", {"note": planted.in_("loss-note")})
    await shop.until(refund, "in_review")
    await shop.reviewer.post(f"{path}/review", {"decision": "reject", "note": planted.in_("rejection-note")})
    await shop.until(refund, "rejected")


async def _suspend(shop: Shop, planted: Planted) -> None:
    path = f"/v1/customers/{shop.customer_id}"
    await shop.ops.post(f"{path}/suspension", {"reason": planted.in_("suspension-reason")})
    appeal = {"note": planted.in_("appeal-note"), "evidence": [planted.link_in("appeal-evidence")]}
    await shop.merchant.post(f"{path}/appeal", appeal)
