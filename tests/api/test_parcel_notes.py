"""A warehouse writes down what it finds in a return parcel besides its units, and shows it."""

import pytest

from db.api_keys import Role
from tests.photographs import photograph, with_a_past
from tests.shop import Shop
from tools.client import Json, Refused


async def awaited(shop: Shop) -> tuple[Json, str]:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    return refund, f"/v1/refunds/{refund['refund_id']}/parcel-notes"


async def test_what_is_found_besides_stands_in_the_timeline_with_its_pictures(shop: Shop) -> None:
    refund, path = await awaited(shop)
    sent = await shop.raw(Role.WAREHOUSE, "POST", "/v1/evidence", content=with_a_past(photograph(7)))
    picture = sent.json()["evidence"]

    noted = await shop.warehouse.post(path, {"about": "something_else", "note": "a brick", "evidence": [picture]})
    await shop.warehouse.post(path, {"about": "shared_parcel"})

    assert noted["evidence"] == [picture] and noted["status"] == "awaiting_return"
    shown = await shop.ops.get(f"/v1/refunds/{refund['refund_id']}")
    said = [each["message"] for each in shown["timeline"] if each["event"] == "parcel_noted"]
    assert said[0] == "something else was in the parcel, with a picture: a brick" and len(said) == 2
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert {each["actor"] for each in trail if each["action"] == "parcel_noted"} == {"warehouse"}
    customers = await shop.http.get(
        f"/v1/refunds/{refund['refund_id']}", headers={"X-API-Key": await shop.customer_key("lilei")}
    )
    assert "a brick" not in customers.text


async def test_a_note_of_nothing_is_refused(shop: Shop) -> None:
    _, path = await awaited(shop)

    with pytest.raises(Refused, match="422 validation_failed: /note: write down what was found"):
        await shop.warehouse.post(path, {"about": "more_than_announced"})
