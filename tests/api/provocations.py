"""How to make every operation answer every code that it documents, but 500 and 503: one table, read from the top.

A provocation is called with a shop of its own and returns the answer. What follows from an operation's roles,
parameters and body alone is provoked in one way for all of them; `PROVOKED` has what only one operation answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx

from db.api_keys import Role
from proof.bench.statements import an_order
from tests.api.provoked_externals import A_DISPUTE, AN_EXTERNAL_REFUND, EXTERNALS
from tests.api.provoked_gateways import A_GATEWAY, GATEWAYS
from tests.api.published import Operation
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json

Provocation = Callable[[Shop], Awaitable[httpx.Response]]

NOBODY = "nobody-knows-this"
TOO_LONG = "x" * 101


class Call(NamedTuple):
    """A request that its operation understands; whether it can be granted is another matter."""

    role: Role
    body: Json | None = None
    query: str = ""


MERCHANT, REVIEWER, WAREHOUSE, OPS = Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS
A_COUPON = {"customer_id": "c1", "name": "100 off", "amount": 1, "currency": "CNY"}
A_CAMPAIGN = {
    "name": "first", "kind": "first_purchase", "starts_at": days_ago(9, "08:00:00"), "ends_at": days_ago(1, "08:00:00"),
    "discount": 1,
}  # fmt: skip
A_REQUEST = {"order_id": NOBODY, "reason": "quality_issue", "kind": "refund_only"}
EVIDENCE = {"evidence": ["https://shop.example/1.jpg"]}

CALLS = {
    "getPolicy": Call(OPS),
    "putPolicy": Call(OPS, {}),
    "simulatePolicy": Call(OPS, {}),
    "getReasons": Call(OPS),
    "putReasons": Call(OPS, {"reasons": []}),
    "putGateway": Call(Role.OWNER, A_GATEWAY),
    "getGateway": Call(Role.OWNER),
    "putCustomer": Call(MERCHANT, {}),
    "getCustomer": Call(MERCHANT),
    "adjustPoints": Call(MERCHANT, {"points": 1}),
    "getCustomerInbox": Call(MERCHANT),
    "getSuspension": Call(MERCHANT),
    "suspendCustomer": Call(OPS, {}),
    "reinstateCustomer": Call(OPS),
    "appealSuspension": Call(MERCHANT, {"note": "not mine"}),
    "putCoupon": Call(MERCHANT, A_COUPON),
    "getCoupon": Call(MERCHANT),
    "putCampaign": Call(MERCHANT, A_CAMPAIGN),
    "getCampaign": Call(MERCHANT),
    "putOrder": Call(MERCHANT, an_order("c1", "ch-1")),
    "getOrder": Call(MERCHANT),
    "noteExternalRefund": Call(MERCHANT, AN_EXTERNAL_REFUND),
    "noteDispute": Call(MERCHANT, A_DISPUTE),
    "quoteRefund": Call(MERCHANT, A_REQUEST),
    "requestRefund": Call(MERCHANT, A_REQUEST),
    "listRefunds": Call(MERCHANT),
    "getRefund": Call(MERCHANT),
    "getReturnLabel": Call(MERCHANT),
    "reviewRefund": Call(REVIEWER, {"decision": "approve"}),
    "recordShipment": Call(MERCHANT, {"carrier": "SF", "tracking_number": "1"}),
    "recordReceipt": Call(WAREHOUSE, {}),
    "recordLoss": Call(WAREHOUSE, {}),
    "recordInspection": Call(WAREHOUSE, {}),
    "cancelRefund": Call(MERCHANT, {}),
    "getBankAccount": Call(OPS),
    "resolveRefund": Call(OPS, {"step": "workflow", "action": "retry"}),
    "addEvidence": Call(MERCHANT, EVIDENCE),
    "giveFeedback": Call(MERCHANT, {"score": 5}),
    "reportRefunds": Call(OPS),
    "getAuditTrail": Call(OPS, query="?order_id=o1"),
    "verifyAuditTrail": Call(OPS),
    "getOperationsInbox": Call(OPS),
    "setChargeBehaviour": Call(MERCHANT, {"behaviour": "pending"}),
    "setCarrierTerms": Call(MERCHANT, {"pickup": True}),
    "getMetrics": Call(OPS),
    "reconcileBooks": Call(OPS),
}

WRONG_QUERY = {
    "listRefunds": "limit=0",
    "reportRefunds": "from=yesterday",
    "getAuditTrail": "order_id=",
    "getCustomerInbox": "limit=0",
    "getOperationsInbox": "limit=0",
}
"""For operations whose query can be wrong."""


# What follows from roles, parameters and bodies alone.


def common(operation: Operation, code: str) -> Provocation | None:
    """Return how a code is provoked that many operations have; None where only the operation itself knows."""
    ways = {
        "unauthenticated": _without_key,
        "forbidden": _with_anothers_key,
        "not_found": _of_nobody,
        "malformed_request": _unreadable,
        "body_too_large": _too_large,
        "validation_failed": _wrong,
        "idempotency_key_reused": _under_a_used_key,
    }
    way = ways.get(code)
    return None if way is None else lambda shop: way(shop, operation)


async def _send(shop: Shop, operation: Operation, role: Role, name: str = NOBODY, **request: Any) -> httpx.Response:
    path = operation.path
    for part in operation.spec.get("parameters", []):
        if part["in"] == "path":
            path = path.replace("{" + part["name"] + "}", name)
    return await shop.raw(role, operation.method, path, **request)


def _json(operation: Operation) -> dict[str, Any]:
    body = CALLS[operation.name].body
    return {} if body is None else {"json": body}


async def _without_key(shop: Shop, operation: Operation) -> httpx.Response:
    return await _send(shop, operation, MERCHANT, headers={"Authorization": "Bearer wrong"}, **_json(operation))


async def _with_anothers_key(shop: Shop, operation: Operation) -> httpx.Response:
    another = next(role for role in shop.keys if role not in operation.spec["x-roles"])
    return await _send(shop, operation, another, **_json(operation))


async def _of_nobody(shop: Shop, operation: Operation) -> httpx.Response:
    return await _send(shop, operation, CALLS[operation.name].role, **_json(operation))


async def _unreadable(shop: Shop, operation: Operation) -> httpx.Response:
    body: dict[str, Any] = {"content": b'{"note": "\xff\xfe"}', "headers": {"Content-Type": "application/json"}}
    return await _send(shop, operation, CALLS[operation.name].role, **body)


async def _too_large(shop: Shop, operation: Operation) -> httpx.Response:
    body: dict[str, Any] = {"content": b" " * 5_000_000, "headers": {"Content-Type": "application/json"}}
    return await _send(shop, operation, CALLS[operation.name].role, **body)


async def _wrong(shop: Shop, operation: Operation) -> httpx.Response:
    role = CALLS[operation.name].role
    if "requestBody" in operation.spec:
        return await _send(shop, operation, role, content=b"[", headers={"Content-Type": "application/json"})
    has_query = any(part["in"] == "query" for part in operation.spec.get("parameters", []))
    if has_query and operation.name in WRONG_QUERY:
        return await _send(shop, operation, role, params=httpx.QueryParams(WRONG_QUERY[operation.name]))
    return await _send(shop, operation, role, TOO_LONG)


async def _under_a_used_key(shop: Shop, operation: Operation) -> httpx.Response:
    """The key is used by the same role for something else of the same kind."""
    used, role = {"Idempotency-Key": "used"}, CALLS[operation.name].role
    first = await (_use_as_ops if role is OPS else _use_by_evidence if role is MERCHANT else _use_at_the_desk)(
        shop, role, used
    )
    assert first.status_code < 300, first.text
    return await _send(shop, operation, role, headers=used, **_json(operation))


async def _use_by_evidence(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    return await shop.raw(role, "POST", "/v1/customers/c9/points", json={"points": 7}, headers=used)


async def _use_as_ops(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    await shop.merchant.put("/v1/customers/c9", {})
    return await shop.raw(role, "POST", "/v1/customers/c9/suspension", json={}, headers=used)


async def _use_at_the_desk(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    at = await _waiting(shop)
    if role is REVIEWER:
        return await shop.raw(role, "POST", f"{at}/review", json={"decision": "approve"}, headers=used)
    at = await _awaiting_return(shop, "o2")
    return await shop.raw(role, "POST", f"{at}/receipt", json={}, headers=used)


# What only one operation answers.


async def _waiting(shop: Shop, order_id: str = "o1", **fields: Any) -> str:
    """A refund that waits for a reviewer."""
    await shop.order(order_id)
    refund = await shop.refund(order_id, **{"reason": "changed_mind", **fields})
    return f"/v1/refunds/{refund['refund_id']}"


async def _awaiting_return(shop: Shop, order_id: str = "o1") -> str:
    await shop.order(order_id)
    refund = await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return")
    return f"/v1/refunds/{refund['refund_id']}"


async def _completed(shop: Shop) -> str:
    await shop.order()
    return f"/v1/refunds/{(await shop.approved_refund())['refund_id']}"


def _of_a_completed_refund(name: str, what: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        at = await _completed(shop)
        return await shop.raw(CALLS[name].role, "POST", f"{at}/{what}", json=CALLS[name].body)

    return provoke


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
    at = await _awaiting_return(shop)
    return await shop.raw(WAREHOUSE, "POST", f"{at}/receipt", json={"lines": [{"line_id": "l1", "quantity": 3}]})


async def _lost_after_others_had_its_units(shop: Shop) -> httpx.Response:
    at = await _awaiting_return(shop)
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until({"refund_id": at.rpartition("/")[2]}, "cancelled")
    await shop.approved_refund()
    return await shop.raw(WAREHOUSE, "POST", f"{at}/loss", json={"note": "the carrier lost it"})


async def _more_inspected_than_received(shop: Shop) -> httpx.Response:
    at = await _awaiting_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    lines = [{"line_id": "l1", "accepted": 3}]
    return await shop.raw(WAREHOUSE, "POST", f"{at}/inspection", json={"lines": lines})


async def _feedback_too_early(shop: Shop) -> httpx.Response:
    return await shop.raw(MERCHANT, "POST", f"{await _waiting(shop)}/feedback", json={"score": 5})


async def _evidence_without_end(shop: Shop) -> httpx.Response:
    at = await _waiting(shop)
    for _ in range(5):
        await shop.merchant.post(f"{at}/evidence", {"evidence": EVIDENCE["evidence"] * 20})
    return await shop.raw(MERCHANT, "POST", f"{at}/evidence", json=EVIDENCE)


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

PROVOKED: dict[tuple[str, str], Provocation] = {
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
    ("giveFeedback", "limit_reached"): _feedback_without_end,
    ("giveFeedback", "conflicting_state"): _feedback_too_early,
    **EXTERNALS,
    **GATEWAYS,
    ("takeWebhook", "not_found"): _webhook("nobody", SIGNED_BADLY),
    ("takeWebhook", "bad_signature"): _webhook("sandbox", SIGNED_BADLY),
    ("takeWebhook", "body_too_large"): _webhook("sandbox", SIGNED_BADLY, b" " * 5_000_000),
    ("takeWebhook", "validation_failed"): _webhook("sandbox", {}),
}


def provocation(operation: Operation, code: str) -> Provocation | None:
    return PROVOKED.get((operation.name, code)) or common(operation, code)
