"""A return by a carrier of the merchant's own, from the label to the parcel that is here, over HTTP and a worker."""

import secrets as dice
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from db.api_keys import Role
from domain import clock
from gateways import registry
from gateways.ports import Declined, ParcelState
from gateways.sandbox.carrier import SandboxCarrier
from service.carrier_accounts import NO_CARRIER, Carriers
from tests.api.provoked_carriers import A_CARRIER
from tests.carriers.test_news import STRANGE, signed, told
from tests.shop import IN_TIME_S, Shop
from tools.client import Json, Refused
from upkeep.parcels import MOST_LOOKS, Parcels

SECRET = "whsec_b2YgYSBtZXJjaGFudA=="
IN_TRANSIT, DELIVERED, LOST = ParcelState.IN_TRANSIT, ParcelState.DELIVERED, ParcelState.LOST


async def with_post(shop: Shop, **fields: object) -> Json:
    """Give a merchant an account at karrio's generic carrier."""
    body = {**A_CARRIER, "secrets": {"webhook_secrets": SECRET}, **fields}
    told: Json = await shop.owner.put("/v1/carriers/post", body)
    return told


async def a_return(shop: Shop, **fields: Any) -> Json:
    await shop.order()
    return await shop.until(await shop.refund(kind="return", **fields), "awaiting_return")


async def hears(
    shop: Shop, path: str, number: str, state: ParcelState, *, secret: str = SECRET, at: datetime | None = None
) -> httpx.Response:
    body = told(number, state, at or clock.now())
    headers = signed(body, secret, webhook_id=f"msg_{dice.token_hex(8)}")
    return await shop.http.post(path, content=body, headers=headers)


def number_of(refund: Json, parcel: int = 1) -> str:
    return str(refund["return"]["labels"][parcel - 1]["tracking_number"])


async def test_a_label_is_read_as_pdf_and_zpl_by_whoever_has_its_address(shop: Shop) -> None:
    await with_post(shop)

    refund = await a_return(shop)
    at = refund["return"]["label_url"]
    pdf = await shop.http.get(at)
    zpl = [await shop.http.get(at, headers={"accept": "application/zpl"}), await shop.http.get(f"{at}.zpl")]

    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert {each.headers["content-type"] for each in zpl} == {"application/zpl"}
    assert zpl[0].content == zpl[1].content and refund["return"]["rma"] in zpl[0].text
    assert number_of(refund) in zpl[0].text and refund["refund_id"] not in at
    assert refund["return"]["address"].startswith("Nordwind Returns")
    assert (await shop.http.get(f"{at}.png")).status_code == 404


@pytest.mark.parametrize("with_account", [True, False])
async def test_a_label_says_that_it_is_void_when_its_refund_is_cancelled(shop: Shop, with_account: bool) -> None:
    if with_account:
        await with_post(shop)
    refund = await a_return(shop)
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/labels", {})
    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    labels = shown["return"]["labels"]
    before = [(await shop.http.get(each["label_url"])).status_code for each in labels]

    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/cancel", {})
    await shop.until(refund, "cancelled")

    after = [await shop.http.get(each["label_url"]) for each in labels]
    assert before == [200, 200] and len({each["tracking_number"] for each in labels}) == 2
    assert [(each.status_code, each.json()["code"]) for each in after] == [(410, "label_void")] * 2
    slip = await shop.raw(Role.MERCHANT, "GET", f"/v1/refunds/{refund['refund_id']}/label")
    assert slip.status_code == 410


async def test_a_label_says_that_it_is_void_when_its_return_has_expired(shop: Shop) -> None:
    await with_post(shop)
    await shop.lenient_policy(return_deadline="PT2S")
    await shop.order()

    refund = await shop.until(await shop.refund(kind="return"), "expired")

    assert (await shop.http.get(refund["return"]["label_url"])).json()["code"] == "label_void"


async def test_a_carrier_is_told_with_all_that_it_lacks_and_its_secrets_are_not_shown(shop: Shop) -> None:
    kept = await with_post(shop)
    shown = await shop.owner.get("/v1/carriers/post")

    assert shown == kept and shown["secrets"] == ["webhook_secrets"] and SECRET not in str(shown)
    lacking = {**A_CARRIER, "carrier": "ups", "connection": {"display_name": "x", "label_template": "{{ 7*7 }}"}}
    answer = await shop.raw(Role.OWNER, "PUT", "/v1/carriers/ups", json=lacking)
    strange = await shop.raw(Role.OWNER, "PUT", "/v1/carriers/x", json={**A_CARRIER, "carrier": "pigeon"})
    elsewhere = await shop.raw(
        Role.OWNER, "PUT", "/v1/carriers/x", json={**A_CARRIER, "base_address": "http://10.0.0.1"}
    )
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/secrets/client_id",
        "/secrets/client_secret",
        "/connection/display_name",
        "/connection/label_template",
    }
    assert "it has generic, ups" in strange.text and elsewhere.json()["errors"][0]["pointer"] == "/base_address"
    assert (await shop.raw(Role.OWNER, "PUT", "/v1/carriers/sandbox", json=A_CARRIER)).status_code == 422


async def test_what_a_carrier_refuses_waits_for_people_and_goes_on_when_it_does_not(shop: Shop) -> None:
    await shop.ops.put("/v1/sandbox/carrier", {"pickup": True, "refuses": "the depot is closed"})
    await shop.order()
    refund = await shop.until_noticed(await shop.refund(kind="return"))

    assert "the depot is closed" in refund["needs_attention"]["reason"]
    await shop.ops.put("/v1/sandbox/carrier", {"pickup": True})
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", {"step": "issue_return", "action": "retry"})
    await shop.until(refund, "awaiting_return")


async def test_where_there_is_no_carrier_nobody_pretends_that_there_is_one(shop: Shop) -> None:
    with pytest.raises(Declined, match="has no carrier: PUT /v1/carriers") as declined:
        await Carriers(shop.engine, None, None).issue_label(shop.merchant_id, "rf_1", "RMA-1")

    assert declined.value.code == NO_CARRIER
    assert registry.open_carrier(shop.engine, ()) is None


@pytest.mark.parametrize("state", [IN_TRANSIT, DELIVERED])
async def test_a_carriers_word_puts_a_parcel_on_its_way_and_pays_nothing(shop: Shop, state: ParcelState) -> None:
    told = await with_post(shop)
    refund = await a_return(shop)

    answers = [await hears(shop, told["callback_path"], number_of(refund), state) for _ in range(2)]
    now = await shop.until(refund, "in_transit")

    assert [each.json()["outcome"] for each in answers] == ["taken", "taken"]
    assert now["payouts"] == [] and now["return"]["tracking_number"] == number_of(refund)
    assert now["return"]["labels"][0]["tracked"] == state and len(now["return"]["parcels"]) == 1
    await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/receipt", {})
    await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/inspection", {})
    assert (await shop.until(refund, "completed"))["total"] == 120_000


async def test_a_webhook_that_is_forged_of_another_merchant_or_old_news_changes_nothing(
    shop: Shop, other_shop: Shop
) -> None:
    told, others = await with_post(shop), await with_post(other_shop)
    refund = await a_return(shop)
    path, number = told["callback_path"], number_of(refund)

    forged = await hears(shop, path, number, LOST, secret=STRANGE)
    of_another = await hears(other_shop, others["callback_path"], number, LOST)
    body = told_twice(number)
    twice = [await shop.http.post(path, content=body, headers=signed(body, SECRET)) for _ in range(2)]
    older = await hears(shop, path, number, IN_TRANSIT, at=clock.now() - timedelta(days=2))

    assert (forged.status_code, forged.json()["code"]) == (401, "bad_signature")
    assert of_another.json()["outcome"] == "unknown_reference"
    assert [each.json()["outcome"] for each in twice] == ["taken", "repeated"] and older.json()["outcome"] == "taken"
    now = await shop.until(refund, "in_transit")
    assert now["return"]["labels"][0]["tracked"] == "delivered"
    assert [each["event"] for each in now["timeline"]].count("parcel_tracked") == 1


def told_twice(number: str) -> bytes:
    return told(number, DELIVERED, clock.now())


async def test_a_parcel_that_its_carrier_has_lost_is_for_a_reviewer(shop: Shop) -> None:
    told = await with_post(shop)
    refund = await a_return(shop)
    await hears(shop, told["callback_path"], number_of(refund), IN_TRANSIT)
    await shop.until(refund, "in_transit")

    await hears(shop, told["callback_path"], number_of(refund), LOST)

    now = await shop.until(refund, "in_review")
    assert now["payouts"] == [] and "parcel_lost" in [each["event"] for each in now["timeline"]]
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    by = {each["actor"] for each in trail if each["action"] in ("shipped", "parcel_lost")}
    assert len(by) == 1 and not by.pop().startswith("temporal")


async def test_one_lost_parcel_of_two_is_shown_and_the_warehouse_says_what_was_in_it(shop: Shop) -> None:
    told = await with_post(shop)
    refund = await a_return(shop)
    two = await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/labels", {})
    first, second = number_of(two, 1), number_of(two, 2)

    for number, state in ((first, DELIVERED), (second, IN_TRANSIT)):
        await hears(shop, told["callback_path"], number, state)
    await shop.until(refund, "in_transit")
    await shop.merchant.wait_until(
        refund["refund_id"], lambda now: len(now["return"]["parcels"]) == 2, within_s=IN_TIME_S
    )
    await hears(shop, told["callback_path"], second, LOST)
    now = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")

    assert now["status"] == "in_transit"
    assert [each["tracked"] for each in now["return"]["labels"]] == ["delivered", "lost"]
    assert {each["tracking_number"] for each in now["return"]["parcels"]} == {first, second}
    lost = {"lines": [{"line_id": "l1", "quantity": 1}]}
    await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/loss", lost)
    await shop.until(refund, "in_review")


async def test_the_sandbox_tells_of_its_parcels_by_webhook(shop: Shop) -> None:
    refund = await a_return(shop)

    await shop.merchant.put(f"/v1/sandbox/parcels/{number_of(refund)}", {"state": "in_transit"})

    now = await shop.until(refund, "in_transit")
    assert now["return"]["carrier"] == "sandbox"
    with pytest.raises(Refused, match="404"):
        await shop.merchant.put("/v1/sandbox/parcels/nobodys", {"state": "in_transit"})


async def test_who_gets_no_webhooks_asks_and_asks_no_more_when_nothing_is_awaited(shop: Shop) -> None:
    refund = await a_return(shop)
    moved = "update sandbox.labels set tracked = 'in_transit', tracked_at = now() where tracking_number = %s"
    async with shop.engine.begin() as connection:
        await connection.exec_driver_sql(moved, (number_of(refund),))

    await look(shop)
    await shop.until(refund, "in_transit")
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/cancel", {})
    await shop.until(refund, "cancelled")
    await look(shop)

    assert [look_at for look_at, _ in await looks(shop)] == [None]


async def test_nobody_is_asked_for_ever(shop: Shop) -> None:
    await a_return(shop)
    for _ in range(2 * MOST_LOOKS):  # the worker of the stack looks at it as well
        await look(shop)

    assert await looks(shop) == [(None, MOST_LOOKS + 1)]


async def look(shop: Shop) -> None:
    """Let the time come at which this merchant's parcels are looked at, and look."""
    due = "update return_labels set look_at = now() where merchant_id = %s and look_at is not null"
    async with shop.engine.begin() as connection:
        await connection.exec_driver_sql(due, (shop.merchant_id,))
    carriers = Carriers(shop.engine, None, SandboxCarrier(shop.engine))
    await Parcels(shop.temporal, shop.engine, carriers).look_at_some()


async def looks(shop: Shop) -> list[tuple[object, int]]:
    async with shop.engine.connect() as connection:
        query = "select look_at, looks from return_labels where merchant_id = %s"
        return [tuple(row) for row in await connection.exec_driver_sql(query, (shop.merchant_id,))]
