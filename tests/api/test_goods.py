"""What a warehouse finds of a return by the number on its parcel, and what it is told of the goods."""

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line
from tools.client import Api, Json, Refused

LINES = [{**a_line("l1", quantity=3), "name": "Kettle"}, {**a_line("l2", quantity=1), "name": "Tea"}]


async def awaited(shop: Shop, order_id: str = "o1") -> Json:
    await shop.order(order_id, lines=LINES)
    return await shop.until(await shop.refund(order_id, kind="return"), "awaiting_return")


async def found_by(shop: Shop, rma: str) -> list[str]:
    return [each["refund_id"] for each in (await shop.warehouse.get("/v1/refunds", rma=rma))["items"]]


async def test_a_return_is_found_by_its_rma_however_it_is_typed(shop: Shop, other_shop: Shop) -> None:
    refund, _ = await awaited(shop), await awaited(shop, "o2")
    rma = refund["return"]["rma"]

    for typed in (rma, rma.lower(), f" {rma.removeprefix('RMA-')} ", f"{rma}-2"):
        assert await found_by(shop, typed) == [refund["refund_id"]], typed
    assert await found_by(shop, "RMA-000000000000") == await found_by(other_shop, rma) == []
    with pytest.raises(Refused, match="422 validation_failed: /rma: 'SF 12' is no RMA"):
        await found_by(shop, "SF 12")


async def test_the_goods_are_told_by_name_with_what_has_come_and_what_was_found(shop: Shop) -> None:
    refund = await awaited(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 3}]})
    await shop.warehouse.post(f"{at}/loss", {"lines": [{"line_id": "l2", "quantity": 1}]})
    await shop.reviewer.post(f"{at}/review", {"decision": "reject"})
    found = {"line_id": "l1", "accepted": 2, "rejected": 1, "disposition": "restock"}
    await shop.warehouse.post(f"{at}/inspection", {"lines": [found]})

    goods = await shop.warehouse.get(f"{at}/goods")

    assert goods["rma"] == refund["return"]["rma"]
    kettle, tea = goods["lines"]
    assert (kettle["name"], kettle["quantity"], kettle["expected"], kettle["received"]) == ("Kettle", 3, 0, 3)
    assert (kettle["accepted"], kettle["rejected"], kettle["disposition"]) == (2, 1, "restock")
    assert (tea["sku"], tea["quantity"], tea["expected"], tea["received"]) == ("sku-l2", 1, 0, 0)


async def test_what_is_measured_is_told_as_it_was_sold(shop: Shop) -> None:
    await shop.order(lines=[{"line_id": "l1", "sku": "tea", "quantity": "0.4", "unit": "kg", "total": 40_00}])
    refund = await shop.refund(kind="return", lines=[{"line_id": "l1", "quantity": "0.3"}])

    (line,) = (await shop.warehouse.get(f"/v1/refunds/{refund['refund_id']}/goods"))["lines"]

    assert (line["unit"], line["quantity"], line["accepted"]) == ("kg", "0.3", None)


async def test_customers_see_their_own_alone(shop: Shop) -> None:
    refund = await awaited(shop)
    at = f"/v1/refunds/{refund['refund_id']}/goods"

    assert len((await Api(shop.http, await shop.customer_key("lilei")).get(at))["lines"]) == 2
    with pytest.raises(Refused, match="404 not_found"):
        await Api(shop.http, await shop.customer_key("hanmeimei")).get(at)
    assert (await shop.raw(Role.WAREHOUSE, "GET", "/v1/refunds/rf_x/goods")).status_code == 404
