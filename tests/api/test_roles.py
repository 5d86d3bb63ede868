"""Who may call what, and that merchants never meet."""

import pytest

from db.api_keys import Role
from tests.shop import Shop
from tools.client import Api, Refused

CALLS = {
    ("PUT", "/v1/policy"): {Role.OPS},
    ("GET", "/v1/policy"): {Role.OPS},
    ("PUT", "/v1/customers/c1"): {Role.MERCHANT},
    ("GET", "/v1/customers/c1"): {Role.MERCHANT},
    ("POST", "/v1/customers/c1/points"): {Role.MERCHANT},
    ("PUT", "/v1/coupons/x"): {Role.MERCHANT},
    ("GET", "/v1/coupons/x"): {Role.MERCHANT},
    ("PUT", "/v1/campaigns/x"): {Role.MERCHANT},
    ("GET", "/v1/campaigns/x"): {Role.MERCHANT},
    ("PUT", "/v1/orders/x"): {Role.MERCHANT},
    ("GET", "/v1/orders/x"): {Role.MERCHANT},
    ("GET", "/v1/orders/x/page"): {Role.MERCHANT},
    ("POST", "/v1/refunds/quote"): {Role.MERCHANT},
    ("POST", "/v1/refunds"): {Role.MERCHANT},
    ("GET", "/v1/refunds"): {Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER},
    ("GET", "/v1/refunds/x"): {Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER},
    ("PUT", "/v1/gateways/x"): {Role.OWNER},
    ("GET", "/v1/gateways/x"): {Role.OWNER},
    ("PUT", "/v1/identity-providers/x"): {Role.OWNER},
    ("GET", "/v1/identity-providers/x"): {Role.OWNER},
    ("DELETE", "/v1/identity-providers/x"): {Role.OWNER},
    ("GET", "/v1/staff-sessions"): {Role.OWNER},
    ("DELETE", "/v1/staff-sessions/x"): {Role.OWNER},
    ("PUT", "/v1/entitlement-systems/x"): {Role.OWNER},
    ("GET", "/v1/entitlement-systems/x"): {Role.OWNER},
    ("PUT", "/v1/carriers/x"): {Role.OWNER},
    ("GET", "/v1/carriers/x"): {Role.OWNER},
    ("POST", "/v1/refunds/x/labels"): {Role.MERCHANT},
    ("POST", "/v1/refunds/x/review"): {Role.REVIEWER},
    ("GET", "/v1/reviews"): {Role.REVIEWER},
    ("GET", "/v1/reviews/x"): {Role.REVIEWER},
    ("GET", "/v1/reviews/safe"): {Role.REVIEWER},
    ("GET", "/v1/reviews/x/precedents"): {Role.REVIEWER},
    ("GET", "/v1/reports/response"): {Role.REVIEWER, Role.OPS},
    ("PUT", "/v1/reviews/x/assignment"): {Role.REVIEWER},
    ("DELETE", "/v1/reviews/x/assignment"): {Role.REVIEWER},
    ("POST", "/v1/refunds/x/shipment"): {Role.MERCHANT},
    ("POST", "/v1/refunds/x/receipt"): {Role.WAREHOUSE},
    ("POST", "/v1/refunds/x/inspection"): {Role.WAREHOUSE},
    ("POST", "/v1/refunds/x/parcel-notes"): {Role.WAREHOUSE},
    ("POST", "/v1/refunds/x/cancel"): {Role.MERCHANT},
    ("POST", "/v1/refunds/x/resolution"): {Role.OPS},
    ("GET", "/v1/audit?order_id=x"): {Role.OPS},
    ("GET", "/v1/audit/verification"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/audit/checkpoints"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/audit/keys"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/audit/entries/x/proof"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/audit/export"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/risk-alerts"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/risk-alerts/x"): {Role.OPS, Role.OWNER},
    ("POST", "/v1/risk-alerts/x/acknowledgement"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/inbox"): {Role.OPS},
    ("GET", "/v1/reports/refunds"): {Role.OPS},
    ("GET", "/v1/reports/gateways?from=2026-01-01T00:00:00Z"): {Role.OPS, Role.OWNER},
    ("GET", "/v1/gateways"): {Role.OWNER},
    ("GET", "/v1/refunds/x/workflow"): {Role.OPS},
    ("GET", "/v1/reports/trends"): {Role.OPS},
    ("GET", "/v1/reports/money"): {Role.OPS},
    ("GET", "/v1/reports/entitlements"): {Role.OPS},
    ("GET", "/v1/reports/opinions"): {Role.OPS},
    ("POST", "/v1/refunds/x/feedback"): {Role.MERCHANT},
    ("PUT", "/v1/sandbox/parcels/x"): {Role.MERCHANT, Role.OPS},
    ("PUT", "/v1/sandbox/carrier"): {Role.MERCHANT, Role.OPS},
    ("GET", "/v1/customers/c1/suspension"): {Role.MERCHANT, Role.OPS},
    ("POST", "/v1/customers/c1/suspension"): {Role.OPS},
    ("DELETE", "/v1/customers/c1/suspension"): {Role.OPS},
    ("POST", "/v1/customers/c1/appeal"): {Role.MERCHANT},
}


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_a_call_is_open_to_its_roles_alone(shop: Shop, method: str, path: str) -> None:
    for role in shop.keys:
        answer = await shop.raw(role, method, path, json={})

        is_refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        assert is_refused != (role in CALLS[method, path]), f"{role} {answer.text}"


async def test_everybody_may_ask_who_they_are(shop: Shop) -> None:
    shown = await shop.reviewer.get("/v1/caller")
    customer = await Api(shop.http, await shop.customer_key("lilei")).get("/v1/caller")

    assert (shown["merchant_id"], shown["role"], shown["name"]) == (shop.merchant_id, "reviewer", "reviewer")
    assert (shown["person"], shown["customer_id"], customer["customer_id"]) == (None, None, "lilei")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "wrong"}])
async def test_without_a_known_key_nothing_is_open(shop: Shop, headers: dict[str, str]) -> None:
    answer = await shop.http.get("/v1/refunds", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_key_may_also_come_as_x_api_key(shop: Shop) -> None:
    answer = await shop.http.get("/v1/refunds", headers={"X-API-Key": shop.keys[Role.OPS]})

    assert answer.status_code == 200


async def test_another_merchants_things_do_not_exist(shop: Shop, other_shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")

    for role, path in [
        (Role.MERCHANT, "/v1/orders/o1"),
        (Role.MERCHANT, f"/v1/customers/{shop.customer_id}"),
        (Role.OPS, f"/v1/refunds/{refund['refund_id']}"),
    ]:
        answer = await other_shop.raw(role, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    review = f"/v1/refunds/{refund['refund_id']}/review"
    answer = await other_shop.raw(Role.REVIEWER, "POST", review, json={"decision": "approve"})
    assert answer.status_code == 404
    body = {"order_id": "o1", "reason": "quality_issue"}
    answer = await other_shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body)
    assert answer.status_code == 404
    assert (await other_shop.ops.get("/v1/refunds"))["items"] == []


async def test_customers_see_and_ask_for_their_own_alone(shop: Shop) -> None:
    await shop.order()
    await shop.order("o2", customer_id="hanmeimei")
    lilei = Api(shop.http, await shop.customer_key("lilei"))

    own = await lilei.post("/v1/refunds", {"order_id": "o1", "reason": "changed_mind"})
    await shop.refund("o2", reason="changed_mind")

    assert [item["refund_id"] for item in (await lilei.get("/v1/refunds"))["items"]] == [own["refund_id"]]
    with pytest.raises(Refused, match="404 not_found"):
        await lilei.post("/v1/refunds", {"order_id": "o2", "reason": "changed_mind"})
    with pytest.raises(Refused, match="403 forbidden"):
        await lilei.post("/v1/refunds/quote", {"order_id": "o1", "reason": "changed_mind", "include_shipping": True})
