"""A payment that a provider captured names its charge: what is paid back goes to that, and to no other."""

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_payment


@pytest.mark.parametrize("method", ["card", "alipay", "wechat_pay", "bank_transfer"])
@pytest.mark.parametrize("reference", ["", "  "])
async def test_a_payment_of_a_provider_without_its_charge_is_refused(shop: Shop, method: str, reference: str) -> None:
    body = shop.order_body(payments=[a_payment("p1", 120_000, reference, method)])
    if not reference:
        del body["payments"][0]["gateway_ref"]

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/payments/0/gateway_ref"]


@pytest.mark.parametrize("method", ["gift_card", "store_credit", "other"])
async def test_a_payment_that_no_provider_captured_needs_no_charge(shop: Shop, method: str) -> None:
    await shop.order(payments=[a_payment("p1", 120_000, "", method)])

    assert (await shop.merchant.get("/v1/orders/o1"))["payments"][0]["gateway_ref"] == ""


async def test_an_order_of_an_earlier_version_without_a_charge_is_still_shown(shop: Shop) -> None:
    await shop.order()
    async with shop.engine.begin() as connection:
        emptied = "jsonb_set(snapshot, '{payments,0,gateway_ref}', '\"\"')"
        forgotten = f"update orders set snapshot = {emptied} where merchant_id = %s"  # noqa: S608
        await connection.exec_driver_sql(forgotten, (shop.merchant_id,))

    assert (await shop.merchant.get("/v1/orders/o1"))["payments"][0]["gateway_ref"] == ""
