"""How codes are provoked that many operations answer: what follows from roles, parameters and bodies alone.

`CALLS` has a request for every operation.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx

from db.api_keys import Role
from proof.bench.statements import an_order
from tests.api.provoked_carriers import A_CARRIER
from tests.api.provoked_externals import A_DISPUTE, AN_EXTERNAL_REFUND
from tests.api.provoked_gateways import A_GATEWAY, A_SYSTEM
from tests.api.provoked_sign_ins import A_PROVIDER
from tests.api.provoked_webhooks import AN_ENDPOINT
from tests.api.published import Operation
from tests.shop import Shop, days_ago
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
    "askForCode": Call(MERCHANT, {"merchant_id": "m", "order_id": NOBODY, "contact": "nobody@example.com"}),
    "openSession": Call(MERCHANT, {"code_id": NOBODY, "code": "123456"}),
    "endSession": Call(MERCHANT),
    "askForPasskey": Call(MERCHANT, {"merchant_id": "m"}),
    "makePasskey": Call(MERCHANT, {"challenge_id": NOBODY, "credential": {}}),
    "listPasskeys": Call(MERCHANT, query="?customer_id=c1"),
    "forgetPasskey": Call(MERCHANT),
    "listIdentityProviders": Call(Role.OWNER),
    "putIdentityProvider": Call(Role.OWNER, A_PROVIDER),
    "getIdentityProvider": Call(Role.OWNER),
    "deleteIdentityProvider": Call(Role.OWNER),
    "beginSignIn": Call(MERCHANT),
    "completeSignIn": Call(MERCHANT),
    "listStaffSessions": Call(Role.OWNER),
    "getStaffSession": Call(MERCHANT),
    "signOut": Call(MERCHANT),
    "revokeStaffSession": Call(Role.OWNER),
    "getCaller": Call(REVIEWER),
    "makeApiKey": Call(Role.OWNER, {"role": "reviewer"}),
    "listApiKeys": Call(Role.OWNER),
    "rotateApiKey": Call(Role.OWNER, {}),
    "revokeApiKey": Call(Role.OWNER),
    "makeCustomerKey": Call(MERCHANT, {}),
    "putGateway": Call(Role.OWNER, A_GATEWAY),
    "getGateway": Call(Role.OWNER),
    "listGateways": Call(Role.OWNER),
    "putEntitlementSystem": Call(Role.OWNER, A_SYSTEM),
    "getEntitlementSystem": Call(Role.OWNER),
    "getTestClock": Call(Role.OWNER),
    "advanceTestClock": Call(Role.OWNER, {"by": "PT0S"}),
    "putCarrier": Call(Role.OWNER, A_CARRIER),
    "getCarrier": Call(Role.OWNER),
    "getLabel": Call(MERCHANT),
    "addLabel": Call(MERCHANT, {}),
    "listWebhookEndpoints": Call(Role.OWNER),
    "putWebhookEndpoint": Call(Role.OWNER, AN_ENDPOINT),
    "getWebhookEndpoint": Call(Role.OWNER),
    "deleteWebhookEndpoint": Call(Role.OWNER),
    "rotateWebhookSecret": Call(Role.OWNER, {}),
    "listWebhookEvents": Call(MERCHANT),
    "getWebhookEvent": Call(MERCHANT),
    "redeliverWebhookEvent": Call(MERCHANT, {}),
    "listOrders": Call(MERCHANT),
    "listCustomers": Call(MERCHANT),
    "putCustomer": Call(MERCHANT, {}),
    "getCustomer": Call(MERCHANT),
    "exportPersonalData": Call(Role.OWNER),
    "erasePersonalData": Call(Role.OWNER),
    "adjustPoints": Call(MERCHANT, {"points": 1}),
    "getCustomerInbox": Call(MERCHANT),
    "putPreferences": Call(MERCHANT, {}),
    "getPreferences": Call(MERCHANT),
    "previewMessage": Call(MERCHANT, query="?topic=paid"),
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
    "getOrderPage": Call(MERCHANT),
    "makePageLink": Call(MERCHANT),
    "noteExternalRefund": Call(MERCHANT, AN_EXTERNAL_REFUND),
    "noteDispute": Call(MERCHANT, A_DISPUTE),
    "quoteRefund": Call(MERCHANT, A_REQUEST),
    "requestRefund": Call(MERCHANT, A_REQUEST),
    "listRefunds": Call(MERCHANT),
    "getRefund": Call(MERCHANT),
    "listRefundMessages": Call(MERCHANT),
    "watchRefund": Call(MERCHANT),
    "getReturnLabel": Call(MERCHANT),
    "listReviews": Call(REVIEWER),
    "previewSafeReviews": Call(REVIEWER),
    "listPrecedents": Call(REVIEWER),
    "getReview": Call(REVIEWER),
    "takeReview": Call(REVIEWER),
    "putReviewBack": Call(REVIEWER),
    "listRiskAlerts": Call(OPS),
    "getRiskAlert": Call(OPS),
    "acknowledgeRiskAlert": Call(OPS, {}),
    "getReturnGoods": Call(MERCHANT),
    "reviewRefund": Call(REVIEWER, {"decision": "approve"}),
    "recordShipment": Call(MERCHANT, {"carrier": "SF", "tracking_number": "1"}),
    "recordReceipt": Call(WAREHOUSE, {}),
    "recordLoss": Call(WAREHOUSE, {}),
    "recordInspection": Call(WAREHOUSE, {}),
    "cancelRefund": Call(MERCHANT, {}),
    "getBankAccount": Call(OPS),
    "resolveRefund": Call(OPS, {"step": "workflow", "action": "retry"}),
    "addEvidence": Call(MERCHANT, EVIDENCE),
    "noteParcel": Call(WAREHOUSE, {"about": "inspection", **EVIDENCE}),
    "sendPicture": Call(MERCHANT),
    "getPicture": Call(MERCHANT),
    "giveFeedback": Call(MERCHANT, {"score": 5}),
    "reportRefunds": Call(OPS),
    "reportResponse": Call(REVIEWER),
    "reportGateways": Call(OPS, query="?from=2026-01-01T00:00:00Z"),
    "getWorkflow": Call(OPS),
    "reportTrends": Call(OPS),
    "reportMoney": Call(OPS),
    "reportEntitlements": Call(OPS),
    "reportOpinions": Call(OPS),
    "getAuditTrail": Call(OPS, query="?order_id=o1"),
    "verifyAuditTrail": Call(OPS),
    "listAuditCheckpoints": Call(OPS),
    "listAuditKeys": Call(OPS),
    "proveAuditEntry": Call(OPS),
    "exportAuditTrail": Call(OPS),
    "getOperationsInbox": Call(OPS),
    "setChargeBehaviour": Call(MERCHANT, {"behaviour": "pending"}),
    "moveParcel": Call(MERCHANT, {"state": "in_transit"}),
    "setCarrierTerms": Call(MERCHANT, {"pickup": True}),
    "getMetrics": Call(OPS),
    "reconcileBooks": Call(OPS),
    "sendSettlementReport": Call(OPS, query="?gateway=sandbox&format=stripe&name=november"),
    "listSettlementReports": Call(OPS),
    "requestBulkRefunds": Call(OPS, A_REQUEST),
    "listBulkRefunds": Call(OPS),
    "getBulkRefunds": Call(OPS),
    "confirmBulkRefunds": Call(OPS, {"totals": []}),
    "stopBulkRefunds": Call(OPS, {}),
    "listSettlementDifferences": Call(OPS),
    "getSettlementReport": Call(OPS),
}

WRONG_QUERY = {
    "beginSignIn": "return_to=//evil.example",
    "completeSignIn": f"state={TOO_LONG * 50}",
    "listStaffSessions": "limit=0",
    "listApiKeys": "limit=0",
    "listReviews": "limit=0",
    "previewSafeReviews": "limit=0",
    "reportResponse": "from=yesterday",
    "reportGateways": "from=yesterday",
    "listRiskAlerts": "limit=0",
    "listOrders": "limit=0",
    "listCustomers": "limit=0",
    "listRefunds": "limit=0",
    "reportRefunds": "from=yesterday",
    "reportTrends": "every=decade",
    "reportMoney": "from=yesterday",
    "reportEntitlements": "from=2020-01-01T00:00:00Z",
    "reportOpinions": "to=1900-02-01T00:00:00Z&from=1900-02-02T00:00:00Z",
    "getAuditTrail": "order_id=",
    "listAuditCheckpoints": "limit=0",
    "exportAuditTrail": "limit=0",
    "getCustomerInbox": "limit=0",
    "exportPersonalData": "limit=0",
    "getOperationsInbox": "limit=0",
    "listWebhookEvents": "limit=0",
    "previewMessage": "topic=nothing",
    "listPasskeys": "customer_id=",
    "listSettlementDifferences": f"report_id={TOO_LONG}",
}
"""For operations whose query can be wrong."""


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
    uses = {OPS: _use_as_ops, MERCHANT: _use_by_evidence, Role.OWNER: _use_as_owner}
    first = await uses.get(role, _use_at_the_desk)(shop, role, used)
    assert first.status_code < 300, first.text
    return await _send(shop, operation, role, headers=used, **_json(operation))


async def _use_by_evidence(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    return await shop.raw(role, "POST", "/v1/customers/c9/points", json={"points": 7}, headers=used)


async def _use_as_owner(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    await shop.owner.put("/v1/webhook-endpoints/e-1", AN_ENDPOINT)
    return await shop.raw(role, "POST", "/v1/webhook-endpoints/e-1/secret", json={}, headers=used)


async def _use_as_ops(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    await shop.merchant.put("/v1/customers/c9", {})
    return await shop.raw(role, "POST", "/v1/customers/c9/suspension", json={}, headers=used)


async def _use_at_the_desk(shop: Shop, role: Role, used: dict[str, str]) -> httpx.Response:
    at = await waiting(shop)
    if role is REVIEWER:
        return await shop.raw(role, "POST", f"{at}/review", json={"decision": "approve"}, headers=used)
    at = await awaiting_return(shop, "o2")
    return await shop.raw(role, "POST", f"{at}/receipt", json={}, headers=used)


async def waiting(shop: Shop, order_id: str = "o1", **fields: Any) -> str:
    """A refund that waits for a reviewer."""
    await shop.order(order_id)
    refund = await shop.refund(order_id, **{"reason": "changed_mind", **fields})
    return f"/v1/refunds/{refund['refund_id']}"


async def awaiting_return(shop: Shop, order_id: str = "o1") -> str:
    await shop.order(order_id)
    refund = await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return")
    return f"/v1/refunds/{refund['refund_id']}"
