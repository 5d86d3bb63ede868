"""An Idempotency-Key belongs to its caller, has a life, and is not used up by what was refused."""

from datetime import timedelta

from sqlalchemy import insert, select, update

from db import idempotency
from db.api_keys import Role
from db.idempotency import Key
from db.schema import idempotency_keys
from domain import clock
from tests.shop import Shop
from tools.client import Json
from upkeep.seal import forget_old_keys

UNDER = {"Idempotency-Key": "k-1"}
ASKED: Json = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}


async def test_a_customer_does_not_use_up_the_merchants_key(shop: Shop) -> None:
    await shop.order()
    theirs = {**UNDER, "Authorization": f"Bearer {await shop.customer_key(shop.customer_id)}"}
    half = {**ASKED, "lines": [{"line_id": "l1", "quantity": 1}]}
    taken = await shop.http.post("/v1/refunds", headers=theirs, json=half)

    answer = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", headers=UNDER, json=half)

    assert (taken.status_code, answer.status_code) == (202, 202)
    assert answer.json()["refund_id"] != taken.json()["refund_id"]


async def test_a_customer_who_cancels_under_a_key_leaves_the_merchants_alone(shop: Shop) -> None:
    await shop.order()
    await shop.order("o2")
    first, second = [await shop.refund(each, reason="changed_mind") for each in ("o1", "o2")]
    theirs = {**UNDER, "Authorization": f"Bearer {await shop.customer_key(shop.customer_id)}"}
    await shop.http.post(f"/v1/refunds/{first['refund_id']}/cancel", headers=theirs, json={})

    answer = await shop.raw(Role.MERCHANT, "POST", f"/v1/refunds/{second['refund_id']}/cancel", headers=UNDER, json={})

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


async def test_what_was_refused_leaves_its_key_free(shop: Shop) -> None:
    await shop.order()
    await shop.order("o2")
    over = await shop.approved_refund()
    other = await shop.refund("o2", reason="changed_mind")
    path = f"/v1/refunds/{over['refund_id']}/cancel"
    refused = await shop.raw(Role.MERCHANT, "POST", path, headers=UNDER, json={})

    path = f"/v1/refunds/{other['refund_id']}/cancel"
    answer = await shop.raw(Role.MERCHANT, "POST", path, headers=UNDER, json={"note": "not wanted any more"})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflicting_state")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


async def test_a_key_is_forgotten_after_thirty_days_and_no_day_before(shop: Shop) -> None:
    await shop.order()
    for key in ("old", "young"):
        await shop.raw(
            Role.MERCHANT, "POST", "/v1/customers/c9/points", headers={"Idempotency-Key": key}, json={"points": 1}
        )
    mine = idempotency_keys.c.merchant_id == shop.merchant_id
    for key, days in (("old", 30), ("young", 29)):
        made = clock.now() - timedelta(days=days, minutes=1)
        async with shop.engine.begin() as books:
            await books.execute(
                update(idempotency_keys).where(mine, idempotency_keys.c.key == key).values(created_at=made)
            )

    await forget_old_keys(shop.engine)

    async with shop.engine.connect() as books:
        assert list((await books.execute(select(idempotency_keys.c.key).where(mine))).scalars()) == ["young"]


async def test_a_key_of_an_earlier_version_still_answers_what_it_answered(shop: Shop) -> None:
    row = {"merchant_id": shop.merchant_id, "caller": "", "key": "k-1", "request_sha256": "abc", "status_code": 202}
    async with shop.engine.begin() as books:
        await books.execute(insert(idempotency_keys).values(**row, answer={"refund_id": "rf_1"}))
        known = await idempotency.recall(books, Key(shop.merchant_id, "merchant", "k-1"), "abc")

    assert known == idempotency.KeptAnswer(202, {"refund_id": "rf_1"})
