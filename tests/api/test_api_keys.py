"""API keys are made, replaced and revoked by an owner; each names its person, and a revoked one is out at once."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.known_callers import KnownCallers
from db import api_keys
from db.api_keys import NewKey, Role
from db.schema import api_keys as table
from domain import clock
from tests.api.provider import configured, providing, signed_in
from tests.shop import IN_TIME_S, Shop, days_ago
from tools.client import Api, Json, Refused

FOR_EVER_S = 1e9
ROLES = ("merchant", "ops")


async def made(shop: Shop, **fields: str) -> tuple[Json, Api]:
    key = await shop.owner.post("/v1/api-keys", {"role": "reviewer", **fields})
    return key, Api(shop.http, key["key"])


async def revoke(shop: Shop, key: Json) -> int:
    return (await shop.raw(Role.OWNER, "DELETE", f"/v1/api-keys/{key['key_id']}")).status_code


async def is_open(api: Api) -> bool:
    try:
        await api.get("/v1/refunds")
    except Refused as refused:
        assert "401 unauthenticated" in str(refused)
        return False
    return True


async def test_a_key_is_shown_once_and_stored_as_its_hash(shop: Shop) -> None:
    key, api = await made(shop, person="han.meimei")

    assert await is_open(api)
    listed = (await shop.owner.get("/v1/api-keys", limit=1))["items"][0]
    assert (listed["key_id"], listed["person"], listed["made_by"]) == (key["key_id"], "han.meimei", "owner")
    assert key["key"].startswith(listed["prefix"]) and "key" not in listed
    assert listed["last_used_at"] is not None
    async with shop.engine.connect() as connection:
        row = (await connection.execute(select(table).where(table.c.key_id == key["key_id"]))).one()
    assert key["key"] not in str(row) and row.key_sha256 == api_keys.hashed(key["key"])


async def test_a_repeated_request_makes_no_second_key_and_does_not_show_the_first_again(shop: Shop) -> None:
    first = await shop.owner.post("/v1/api-keys", {"role": "ops"}, key="k-1")

    again = await shop.owner.post("/v1/api-keys", {"role": "ops"}, key="k-1")

    assert again == {**first, "key": None} and first["key"]


async def test_a_revoked_key_is_out_at_once(shop: Shop) -> None:
    key, api = await made(shop)
    assert await is_open(api)

    assert [await revoke(shop, key), await revoke(shop, key)] == [204, 204]

    assert not await is_open(api)


async def test_a_process_that_remembers_a_key_hears_that_another_has_revoked_it(
    shop: Shop, engine: AsyncEngine
) -> None:
    key, _ = await made(shop)
    callers = KnownCallers(engine, remembered_for_s=FOR_EVER_S)
    async with callers.listening(), asyncio.timeout(IN_TIME_S):
        while not callers.remembers(key["key"]):
            assert await callers.find(key["key"]) is not None
            await asyncio.sleep(0.05)

        await revoke(shop, key)

        while await callers.find(key["key"]) is not None:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.05)


async def test_a_key_ends_by_itself(shop: Shop) -> None:
    past = NewKey("mk_ops_that-is-over", shop.merchant_id, Role.OPS, expires_at=clock.now() - timedelta(minutes=1))
    async with shop.engine.begin() as connection:
        await api_keys.store(connection, past)

    assert not await is_open(Api(shop.http, past.key))
    with pytest.raises(Refused, match="422 validation_failed"):
        await made(shop, expires_at="2026-01-01T00:00:00Z")


async def test_a_key_that_replaces_another_repeats_what_that_has_sent(shop: Shop) -> None:
    await shop.order()
    old = await shop.owner.post("/v1/api-keys", {"role": "merchant", "person": "back-end"})
    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
    first = await Api(shop.http, old["key"]).post("/v1/refunds", asked, key="k-1")

    new = await shop.owner.post(f"/v1/api-keys/{old['key_id']}/rotation", {"overlap": "PT1H"})

    assert (new["role"], new["person"]) == ("merchant", "back-end")
    assert await is_open(Api(shop.http, old["key"]))
    again = await Api(shop.http, new["key"]).post("/v1/refunds", asked, key="k-1")
    assert again["refund_id"] == first["refund_id"]
    await shop.owner.post(f"/v1/api-keys/{new['key_id']}/rotation", {"overlap": "PT0S"})
    assert not await is_open(Api(shop.http, new["key"]))


async def owner_who_signed_in(shop: Shop) -> dict[str, str]:
    """An owner by a session, of a merchant whose owners have no key any more."""
    owners = [{"claim": "groups", "value": "refund-reviewers", "role": "owner"}]
    async with providing() as provider:
        browser = await signed_in(shop, provider, await configured(shop, provider, roles=owners))
    async with shop.engine.begin() as connection:
        of_owners = (table.c.merchant_id == shop.merchant_id) & (table.c.role == Role.OWNER)
        await connection.execute(update(table).where(of_owners).values(revoked_at=func.now()))
    return {"Authorization": f"Bearer {browser.session}"}


@pytest.mark.parametrize("has_a_key", [True, False], ids=["with a key", "signed in"])
async def test_of_many_who_replace_a_key_at_once_one_does_and_who_revokes_it_meanwhile_ends_it(
    shop: Shop, has_a_key: bool
) -> None:
    old, revoked = [await shop.owner.post("/v1/api-keys", {"role": "ops"}) for _ in range(2)]
    headers = {"Authorization": f"Bearer {shop.keys[Role.OWNER]}"} if has_a_key else await owner_who_signed_in(shop)

    async def replace(key: Json, overlap: str) -> httpx.Response:
        path = f"/v1/api-keys/{key['key_id']}/rotation"
        return await shop.http.post(path, json={"overlap": overlap}, headers=headers)

    at_once = await asyncio.gather(*(replace(old, "PT0S") for _ in range(8)))
    racing = [replace(revoked, "PT1H") for _ in range(4)]
    ended, *_ = await asyncio.gather(shop.http.delete(f"/v1/api-keys/{revoked['key_id']}", headers=headers), *racing)

    assert sorted(each.status_code for each in at_once) == [201] + [409] * 7
    assert ended.status_code == 204 and (await replace(revoked, "PT1H")).status_code == 409
    assert [await is_open(Api(shop.http, each["key"])) for each in (old, revoked)] == [False, False]


async def test_another_persons_idempotency_key_is_another(shop: Shop) -> None:
    bodies = [{"role": "merchant", "person": each} for each in ("li", "han")]
    one, two = [Api(shop.http, (await shop.owner.post("/v1/api-keys", each))["key"]) for each in bodies]
    await one.post("/v1/customers/c1/points", {"points": 5}, key="k-1")

    answer = await two.post("/v1/customers/c1/points", {"points": 5}, key="k-1")

    assert answer["points"]["balance"] == 10


async def test_the_last_owner_stays(shop: Shop) -> None:
    (only,) = [each for each in (await shop.owner.get("/v1/api-keys"))["items"] if each["role"] == "owner"]
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    for short in ({"role": "owner", "expires_at": tomorrow}, {"role": "ops"}):
        await shop.owner.post("/v1/api-keys", short)
        assert await revoke(shop, only) == 409
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.owner.post(f"/v1/api-keys/{only['key_id']}/rotation", {"expires_at": tomorrow})

    await shop.owner.post("/v1/api-keys", {"role": "owner"})

    assert await revoke(shop, only) == 204


async def test_another_merchants_owner_sees_and_ends_nothing(shop: Shop, other_shop: Shop) -> None:
    key, api = await made(shop)

    listed = (await other_shop.owner.get("/v1/api-keys"))["items"]

    assert key["key_id"] not in {each["key_id"] for each in listed}
    assert await revoke(other_shop, key) == 404
    with pytest.raises(Refused, match="404 not_found"):
        await other_shop.owner.post(f"/v1/api-keys/{key['key_id']}/rotation", {})
    assert await is_open(api)


@pytest.mark.parametrize(
    "body", [{"role": "customer"}, {"role": "ops", "person": "owner"}, {"role": "ops", "merchant_id": "x"}]
)
async def test_a_key_is_for_the_owners_own_staff(shop: Shop, body: Json) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.owner.post("/v1/api-keys", body)


async def test_a_merchant_makes_keys_for_its_customers_alone(shop: Shop, other_shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    key = await shop.merchant.post(f"/v1/customers/{shop.customer_id}/keys", {})
    customer = Api(shop.http, key["key"])

    assert [each["refund_id"] for each in (await customer.get("/v1/refunds"))["items"]] == [refund["refund_id"]]
    assert key["expires_at"] and key["role"] == "customer"
    with pytest.raises(Refused, match="404 not_found"):
        await other_shop.merchant.post(f"/v1/customers/{shop.customer_id}/keys", {})
    with pytest.raises(Refused, match="403 forbidden"):
        await shop.merchant.post("/v1/api-keys", {"role": "owner"})


async def test_whatever_changes_policy_value_keys_or_accounts_is_in_the_trail_by_person_and_key(shop: Shop) -> None:
    roles = ("ops", "merchant", "owner")
    people = {each: await shop.owner.post("/v1/api-keys", {"role": each, "person": f"p-{each}"}) for each in roles}
    owners_key = people["owner"]["key"]
    ops, merchant, owner = (Api(shop.http, people[role]["key"]) for role in roles)
    await ops.put("/v1/policy", {"restocking_fee_bp": 500})
    await ops.put("/v1/reasons", {"reasons": []})
    await merchant.post("/v1/customers/c1/points", {"points": 5})
    await merchant.post("/v1/customers/c1/keys", {})
    await ops.post("/v1/customers/c1/suspension", {})
    await merchant.put("/v1/coupons/x", {"customer_id": "c1", "name": "x", "amount": 1, "currency": "CNY"})
    await owner.put("/v1/webhook-endpoints/e-1", {"url": "https://shop.example/hooks"})
    await owner.post("/v1/webhook-endpoints/e-1/secret", {})
    stripe = {"adapter": "stripe", "secrets": {"api_key": "rk_live_1234567890", "webhook_secrets": "whsec_abc"}}
    await owner.put("/v1/gateways/stripe", stripe)
    made_by_owner = await owner.post("/v1/api-keys", {"role": "ops"})
    theirs = {"Authorization": f"Bearer {owners_key}"}
    await shop.http.request("DELETE", f"/v1/api-keys/{made_by_owner['key_id']}", headers=theirs)

    trail = (await shop.ops.get("/v1/audit"))["items"]

    told = {each["action"]: each for each in trail if "by_person" in each["detail"]}
    actions = {
        "ops": ["policy_changed", "reasons_changed", "suspended"],
        "merchant": ["points_adjusted", "coupon_changed"],
        "owner": ["webhook_endpoint_changed", "webhook_secret_made", "gateway_changed", "key_made", "key_revoked"],
    }
    for role, of_role in actions.items():
        for action in of_role:
            detail = told[action]["detail"]
            assert (detail["by_person"], detail["by_key"]) == (f"p-{role}", people[role]["key_id"]), action
            assert told[action]["actor"] == f"{role}:p-{role}"
    assert told["policy_changed"]["detail"]["changed"]["restocking_fee_bp"] == [0, 500]
    assert "rk_live" not in str(trail)
    assert (await shop.ops.get("/v1/audit/verification"))["intact"]


async def test_who_says_what_an_order_a_customer_and_a_dispute_are_now_is_in_the_trail_by_person_and_key(
    shop: Shop,
) -> None:
    merchants, opss = [await shop.owner.post("/v1/api-keys", {"role": each, "person": each[:2]}) for each in ROLES]
    merchant, theirs = Api(shop.http, merchants["key"]), {"Authorization": f"Bearer {opss['key']}"}
    guest = {"email": shop.address_of("guest"), "phone": "+8613800000001"}
    for order_id, buyer in (("o1", {}), ("g1", {"customer_id": None, "guest": guest})):
        await merchant.put(f"/v1/orders/{order_id}", shop.order_body(order_id, **buyer))
    await merchant.put("/v1/orders/o1", shop.order_body(updated_at=days_ago(1), points_earned=7))
    await merchant.put("/v1/orders/g1", shop.order_body("g1", customer_id=None, guest=guest, status="shipped"))
    another = {**guest, "phone": "+8613800000002"}
    await merchant.put("/v1/orders/g1", shop.order_body("g1", customer_id=None, guest=another))
    for email in ("a", "a", "b"):
        await merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of(email)})
    await merchant.put("/v1/customers/claims", {"guest_of": [shop.address_of("not-yet-known")]})
    dispute = {"dispute_id": "d1", "payment_id": "p1", "status": "opened", "amount": 1, "at": days_ago(2)}
    for _ in range(2):
        await merchant.post("/v1/orders/o1/disputes", dispute)
    report = {"gateway": "sandbox", "format": "stripe", "name": "november"}
    for _ in range(2):
        sent = await shop.http.post("/v1/settlement-reports", params=report, content=b"a report", headers=theirs)
        sent.raise_for_status()

    told = [each for each in (await shop.ops.get("/v1/audit"))["items"] if "by_person" in each["detail"]]
    by = {(each["actor"], each["detail"]["by_person"], each["detail"]["by_key"]) for each in told}

    assert [(each["action"], each["order_id"], each["detail"].get("changed")) for each in told] == [
        ("order_booked", "o1", None),
        ("order_booked", "g1", None),
        ("order_changed", "o1", ["points_earned"]),
        ("order_changed", "g1", ["guest"]),
        ("customer_changed", None, ["email"]),
        ("customer_changed", None, ["email"]),
        ("customer_changed", None, ["guest_of"]),
        ("dispute_heard", "o1", None),
        ("settlement_report_sent", None, None),
    ]
    assert by == {("merchant:me", "me", merchants["key_id"]), ("ops:op", "op", opss["key_id"])}
    assert shop.domain not in str(told) and "+86138" not in str(told)
    assert (await shop.ops.get("/v1/audit/verification"))["intact"]


async def test_a_customer_is_not_told_which_of_the_staff_it_was(shop: Shop) -> None:
    await shop.order()
    key = await shop.owner.post("/v1/api-keys", {"role": "merchant", "person": "han.meimei"})
    body = {"order_id": "o1", "reason": "changed_mind", "kind": "refund_only"}
    refund = await Api(shop.http, key["key"]).post("/v1/refunds", body)
    await Api(shop.http, key["key"]).post(f"/v1/refunds/{refund['refund_id']}/cancel", {})
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))

    shown = await customer.get(f"/v1/refunds/{refund['refund_id']}")

    assert "han.meimei" not in str(shown)
    assert "han.meimei" in str((await shop.ops.get("/v1/audit", order_id="o1"))["items"])
