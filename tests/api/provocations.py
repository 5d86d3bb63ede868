"""How to make every operation answer every code that it documents, but 500 and 503: one table, read from the top.

A provocation is called with a shop of its own and returns the answer. What follows from an operation's roles,
parameters and body alone is provoked in one way for all of them (`provoked_everywhere`); `PROVOKED` has what only one
operation answers.
"""

from collections.abc import Callable
from typing import Any

import httpx

from db.api_keys import Role
from tests.api.provoked_bulks import BULKS
from tests.api.provoked_carriers import CARRIERS
from tests.api.provoked_everywhere import (
    A_COUPON,
    A_REQUEST,
    CALLS,
    EVIDENCE,
    MERCHANT,
    OPS,
    REVIEWER,
    WAREHOUSE,
    Provocation,
    awaiting_return,
    common,
    waiting,
)
from tests.api.provoked_externals import EXTERNALS
from tests.api.provoked_gateways import GATEWAYS
from tests.api.provoked_keys import KEYS
from tests.api.provoked_passkeys import PASSKEYS
from tests.api.provoked_sign_ins import SIGN_INS
from tests.api.provoked_test_clock import TEST_CLOCK
from tests.api.provoked_webhooks import WEBHOOKS
from tests.api.published import Operation
from tests.shop import Shop, a_line, a_payment, days_ago


async def _completed(shop: Shop) -> str:
    await shop.order()
    return f"/v1/refunds/{(await shop.approved_refund())['refund_id']}"


def _of_a_completed_refund(name: str, what: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        at = await _completed(shop)
        return await shop.raw(CALLS[name].role, "POST", f"{at}/{what}", json=CALLS[name].body)

    return provoke


def _of_a_review_that_is_over(method: str, path: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        refund_id = (await _completed(shop)).rpartition("/")[2]
        return await shop.raw(REVIEWER, method, f"/v1/reviews/{refund_id}{path}")

    return provoke


async def _a_code_of_nobodys(shop: Shop) -> httpx.Response:
    return await shop.raw(MERCHANT, "POST", "/v1/identity/sessions", json=CALLS["openSession"].body)


async def _the_session_of_an_api_key(shop: Shop) -> httpx.Response:
    return await shop.raw(MERCHANT, "DELETE", "/v1/identity/sessions")


async def _old_version_of_the_policy(shop: Shop) -> httpx.Response:
    return await shop.raw(OPS, "PUT", "/v1/policy", json={"version": 999})


async def _old_version_of_the_reasons(shop: Shop) -> httpx.Response:
    return await shop.raw(OPS, "PUT", "/v1/reasons", json={"reasons": [], "version": 999})


async def _reasons_without_end(shop: Shop) -> httpx.Response:
    for batch in ("a", "b"):
        codes = [f"{batch}{number}" for number in range(300)]
        body = {"reasons": [{"reason": code, "stands_for": "changed_mind", "retired": True} for code in codes]}
        answer = await shop.raw(OPS, "PUT", "/v1/reasons", json=body)
    return answer


async def _appeal_of_the_free(shop: Shop) -> httpx.Response:
    await shop.merchant.put("/v1/customers/c1", {})
    return await shop.raw(MERCHANT, "POST", "/v1/customers/c1/appeal", json={"note": "not mine"})


async def _coupon_of_another(shop: Shop) -> httpx.Response:
    await shop.merchant.put("/v1/coupons/k1", A_COUPON)
    return await shop.raw(MERCHANT, "PUT", "/v1/coupons/k1", json={**A_COUPON, "customer_id": "c2"})


async def _order_sold_differently(shop: Shop) -> httpx.Response:
    await shop.order()
    return await shop.raw(MERCHANT, "PUT", "/v1/orders/o1", json=shop.order_body(points_earned=1))


async def _with_anothers_coupon(shop: Shop) -> httpx.Response:
    await shop.merchant.put("/v1/coupons/k1", {**A_COUPON, "customer_id": "hanmeimei"})
    body = shop.order_body(discounts=[{"source": "coupon", "id": "k1", "amount": 1}])
    return await shop.raw(MERCHANT, "PUT", "/v1/orders/o1", json=body)


async def _discount_larger_than_its_line(shop: Shop) -> httpx.Response:
    lines = [a_line("l1", unit_price=100), a_line("l2", unit_price=900)]
    body = shop.order_body(lines=lines, discounts=[{"source": "other", "amount": 500, "line_ids": ["l1"]}])
    return await shop.raw(MERCHANT, "PUT", "/v1/orders/o1", json=body)


async def _payments_too_small(shop: Shop) -> httpx.Response:
    body = shop.order_body(payments=[a_payment("p1", 1, "ch")])
    return await shop.raw(MERCHANT, "PUT", "/v1/orders/o1", json=body)


def _asked(sold: dict[str, Any], asked: dict[str, Any]) -> Callable[[str], Provocation]:
    """An order sold with `sold`, and a refund of it asked with `asked`: at the quote or as a request."""

    def at(path: str) -> Provocation:
        async def provoke(shop: Shop) -> httpx.Response:
            await shop.order(**sold)
            return await shop.raw(MERCHANT, "POST", path, json={**A_REQUEST, "order_id": "o1", **asked})

        return provoke

    return at


def _another_way_than_allowed(path: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        await shop.policy(refund_to_allowed=[])
        return await _asked({}, {"refund_to": "store_credit"})(path)(shop)

    return provoke


async def _to_a_bank_account(shop: Shop) -> str:
    """The path of a refund that two have to approve."""
    await shop.policy(refund_to_allowed=["bank_transfer"])
    await shop.order()
    refund = await shop.refund(refund_to="bank_transfer", bank_account={"holder": "c1", "iban": "NO9386011117947"})
    return f"/v1/refunds/{refund['refund_id']}"


async def _approved_twice_by_one(shop: Shop) -> httpx.Response:
    path = await _to_a_bank_account(shop) + "/review"
    await shop.reviewer.post(path, {"decision": "approve"})
    return await shop.raw(REVIEWER, "POST", path, json={"decision": "approve"})


async def _account_of_what_is_in_review(shop: Shop) -> httpx.Response:
    return await shop.raw(OPS, "GET", await _to_a_bank_account(shop) + "/bank-account")


def _everything_is_refunded(path: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        await _completed(shop)
        return await shop.raw(MERCHANT, "POST", path, json={**A_REQUEST, "order_id": "o1"})

    return provoke


async def _of_a_suspended_customer(shop: Shop) -> httpx.Response:
    await shop.order()
    await shop.ops.post(f"/v1/customers/{shop.customer_id}/suspension", {})
    return await shop.raw(MERCHANT, "POST", "/v1/refunds", json={**A_REQUEST, "order_id": "o1"})


async def _asked_twice(shop: Shop) -> httpx.Response:
    await shop.order()
    body = {**A_REQUEST, "order_id": "o1", "lines": [{"line_id": "l1", "amount": 100}]}
    await shop.merchant.post("/v1/refunds", body)
    return await shop.raw(MERCHANT, "POST", "/v1/refunds", json=body)


async def _guest_of_another(shop: Shop) -> httpx.Response:
    guest = {"guest_of": ["a@example.com"]}
    await shop.merchant.put("/v1/customers/c1", guest)
    return await shop.raw(MERCHANT, "PUT", "/v1/customers/c2", json=guest)


async def _list_of_another_customer(shop: Shop) -> httpx.Response:
    headers = {"Authorization": f"Bearer {await shop.customer_key('lilei')}"}
    return await shop.http.get("/v1/refunds?customer_id=hanmeimei", headers=headers)


async def _more_received_than_sent(shop: Shop) -> httpx.Response:
    at = await awaiting_return(shop)
    return await shop.raw(WAREHOUSE, "POST", f"{at}/receipt", json={"lines": [{"line_id": "l1", "quantity": 3}]})


async def _lost_after_others_had_its_units(shop: Shop) -> httpx.Response:
    at = await awaiting_return(shop)
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until({"refund_id": at.rpartition("/")[2]}, "cancelled")
    await shop.approved_refund()
    return await shop.raw(WAREHOUSE, "POST", f"{at}/loss", json={"note": "the carrier lost it"})


async def _more_inspected_than_received(shop: Shop) -> httpx.Response:
    at = await awaiting_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    lines = [{"line_id": "l1", "accepted": 3}]
    return await shop.raw(WAREHOUSE, "POST", f"{at}/inspection", json={"lines": lines})


async def _feedback_too_early(shop: Shop) -> httpx.Response:
    return await shop.raw(MERCHANT, "POST", f"{await waiting(shop)}/feedback", json={"score": 5})


async def _evidence_without_end(shop: Shop) -> httpx.Response:
    at = await waiting(shop)
    for _ in range(5):
        await shop.merchant.post(f"{at}/evidence", {"evidence": EVIDENCE["evidence"] * 20})
    return await shop.raw(MERCHANT, "POST", f"{at}/evidence", json=EVIDENCE)


async def _pictures_of_a_parcel_without_end(shop: Shop) -> httpx.Response:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    at, twenty = f"/v1/refunds/{refund['refund_id']}/parcel-notes", EVIDENCE["evidence"] * 20
    for _ in range(5):
        await shop.warehouse.post(at, {"about": "inspection", "evidence": twenty})
    return await shop.raw(WAREHOUSE, "POST", at, json={"about": "inspection", **EVIDENCE})


async def _feedback_without_end(shop: Shop) -> httpx.Response:
    at = await _completed(shop)
    for _ in range(20):
        await shop.merchant.post(f"{at}/feedback", {"score": 5})
    return await shop.raw(MERCHANT, "POST", f"{at}/feedback", json={"score": 5})


SIGNED_BADLY = {"webhook-id": "1", "webhook-timestamp": "now", "webhook-signature": "v1"}


def _webhook(source: str, headers: dict[str, str], content: bytes = b"{}") -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        return await shop.http.post(f"/v1/webhooks/{source}", content=content, headers=headers)

    return provoke


LONG_AGO: dict[str, Any] = {
    "placed_at": days_ago(90, "08:00:00"),
    "paid_at": days_ago(90, "08:01:00"),
    "delivered_at": None,
}
UNPAID: dict[str, Any] = {"status": "placed", "paid_at": None, "delivered_at": None, "payments": []}
SOLD_FOR_GOOD = a_line("l1", returnable={"allowed": False, "because": "hygiene"})
POT_AND_LID: dict[str, Any] = {
    "lines": [a_line("l1", bundle_id="set"), a_line("l2", bundle_id="set")],
    "bundles": [{"bundle_id": "set", "parts": "together"}],
}
NEVER_SENT: dict[str, Any] = {"status": "cancelled", "delivered_at": None}

ASKED: dict[str, Callable[[str], Provocation]] = {
    "order_not_refundable": _asked(UNPAID, {}),
    "nothing_left_to_refund": _everything_is_refunded,
    "quantity_not_available": _asked({}, {"lines": [{"line_id": "l1", "quantity": 3}]}),
    "amount_not_available": _asked({}, {"lines": [{"line_id": "l1", "amount": 120_001}]}),
    "outside_return_window": _asked(LONG_AGO, {"reason": "changed_mind"}),
    "line_not_found": _asked({}, {"lines": [{"line_id": "l9", "quantity": 1}]}),
    "bundle_incomplete": _asked(POT_AND_LID, {"reason": "changed_mind", "lines": [{"line_id": "l1", "quantity": 1}]}),
    "line_not_returnable": _asked({"lines": [SOLD_FOR_GOOD]}, {"reason": "changed_mind"}),
    "nothing_was_sent": _asked(NEVER_SENT, {"kind": "return"}),
    "refund_to_not_allowed": _another_way_than_allowed,
}


async def _erased_while_a_refund_is_under_way(shop: Shop) -> httpx.Response:
    await waiting(shop)
    return await shop.raw(Role.OWNER, "DELETE", f"/v1/customers/{shop.customer_id}/personal-data")


async def _preferences_of_another(shop: Shop) -> httpx.Response:
    headers = {"Authorization": f"Bearer {await shop.customer_key('lilei')}"}
    return await shop.http.put("/v1/customers/hanmei/preferences", headers=headers, json={})


PROVOKED: dict[tuple[str, str], Provocation] = {
    ("erasePersonalData", "conflicting_state"): _erased_while_a_refund_is_under_way,
    ("putPreferences", "not_found"): _preferences_of_another,
    ("putPolicy", "conflicting_state"): _old_version_of_the_policy,
    ("putReasons", "conflicting_state"): _old_version_of_the_reasons,
    ("putReasons", "limit_reached"): _reasons_without_end,
    ("appealSuspension", "conflicting_state"): _appeal_of_the_free,
    ("putCoupon", "conflicting_state"): _coupon_of_another,
    ("putCustomer", "conflicting_state"): _guest_of_another,
    ("putOrder", "conflicting_state"): _order_sold_differently,
    ("putOrder", "coupon_of_another_customer"): _with_anothers_coupon,
    ("putOrder", "discount_exceeds_lines"): _discount_larger_than_its_line,
    ("putOrder", "order_does_not_balance"): _payments_too_small,
    **{("quoteRefund", code): asked("/v1/refunds/quote") for code, asked in ASKED.items()},
    **{("requestRefund", code): asked("/v1/refunds") for code, asked in ASKED.items()},
    ("requestRefund", "refund_right_suspended"): _of_a_suspended_customer,
    ("requestRefund", "duplicate_request"): _asked_twice,
    ("listRefunds", "forbidden"): _list_of_another_customer,
    ("getReview", "conflicting_state"): _of_a_review_that_is_over("GET", ""),
    ("takeReview", "conflicting_state"): _of_a_review_that_is_over("PUT", "/assignment"),
    ("reviewRefund", "conflicting_state"): _of_a_completed_refund("reviewRefund", "review"),
    ("reviewRefund", "other_approver_needed"): _approved_twice_by_one,
    ("getBankAccount", "conflicting_state"): _account_of_what_is_in_review,
    ("recordShipment", "conflicting_state"): _of_a_completed_refund("recordShipment", "shipment"),
    ("recordReceipt", "conflicting_state"): _of_a_completed_refund("recordReceipt", "receipt"),
    ("recordReceipt", "quantity_not_available"): _more_received_than_sent,
    ("recordLoss", "conflicting_state"): _of_a_completed_refund("recordLoss", "loss"),
    ("recordLoss", "quantity_not_available"): _lost_after_others_had_its_units,
    ("recordInspection", "conflicting_state"): _of_a_completed_refund("recordInspection", "inspection"),
    ("recordInspection", "quantity_not_available"): _more_inspected_than_received,
    ("cancelRefund", "conflicting_state"): _of_a_completed_refund("cancelRefund", "cancel"),
    ("resolveRefund", "conflicting_state"): _of_a_completed_refund("resolveRefund", "resolution"),
    ("addEvidence", "conflicting_state"): _of_a_completed_refund("addEvidence", "evidence"),
    ("addEvidence", "limit_reached"): _evidence_without_end,
    ("noteParcel", "conflicting_state"): _of_a_completed_refund("noteParcel", "parcel-notes"),
    ("noteParcel", "limit_reached"): _pictures_of_a_parcel_without_end,
    ("giveFeedback", "limit_reached"): _feedback_without_end,
    ("giveFeedback", "conflicting_state"): _feedback_too_early,
    **BULKS,
    **EXTERNALS,
    **CARRIERS,
    **GATEWAYS,
    **WEBHOOKS,
    **KEYS,
    **PASSKEYS,
    **SIGN_INS,
    **TEST_CLOCK,
    ("openSession", "wrong_code"): _a_code_of_nobodys,
    ("endSession", "conflicting_state"): _the_session_of_an_api_key,
    ("takeWebhook", "not_found"): _webhook("nobody", SIGNED_BADLY),
    ("takeWebhook", "bad_signature"): _webhook("sandbox", SIGNED_BADLY),
    ("takeWebhook", "body_too_large"): _webhook("sandbox", SIGNED_BADLY, b" " * 5_000_000),
    ("takeWebhook", "validation_failed"): _webhook("sandbox", {}),
}


def provocation(operation: Operation, code: str) -> Provocation | None:
    return PROVOKED.get((operation.name, code)) or common(operation, code)
