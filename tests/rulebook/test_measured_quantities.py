"""What is sold by weight or another measure, over HTTP (rule 48)."""

import pytest

from tests.shop import Shop, a_line
from tools.client import Json, Refused

GRAPES = {"line_id": "l1", "name": "Grapes", "quantity": "0.400", "unit": "kg", "total": 7_96, "tax": 66}


def of_grapes(quantity: str | int) -> list[Json]:
    return [{"line_id": "l1", "quantity": quantity}]


def of(refund: Json, line_id: str = "l1") -> Json:
    return next(line for line in refund["lines"] if line["line_id"] == line_id)


async def test_what_was_weighed_comes_back_in_proportion_and_is_said_as_it_was_sent(shop: Shop) -> None:
    coupon = {"source": "coupon", "id": "cpn-1", "amount": 96}
    pushed = await shop.order(lines=[GRAPES, a_line("l2", quantity=2, unit_price=0)], discounts=[coupon])

    quote = await shop.quote(lines=of_grapes("0.1"))
    first = await shop.approved_refund(lines=of_grapes("0.10"))
    left = await shop.merchant.get("/v1/orders/o1")
    rest = await shop.approved_refund()

    assert [pushed["lines"][0][name] for name in ("quantity", "unit", "total")] == ["0.4", "kg", 7_96]
    assert (of(quote)["quantity"], of(quote)["amount"]) == (of(first)["quantity"], of(first)["amount"]) == ("0.1", 1_75)
    assert left["refundable"][0] == {"line_id": "l1", "quantity": "0.3", "amount": 5_25}
    assert [(line["quantity"], line["amount"]) for line in rest["lines"]] == [("0.3", 5_25), (2, 0)]
    assert rest["effects"]["coupons"][0]["outcome"] == "reinstated"
    explained = of(quote)["explanation"]
    assert explained["rule"] == 48
    assert explained["text"] == "¥1.75: 0.1 kg of 0.4 kg cost ¥1.99, less its ¥0.24 share of coupon cpn-1."


async def test_a_part_of_it_may_arrive_and_a_part_of_that_be_accepted(shop: Shop) -> None:
    await shop.order(lines=[GRAPES, a_line("l2")])
    asked = await shop.refund(kind="return", lines=[*of_grapes("0.4"), {"line_id": "l2", "quantity": 1}])
    await shop.until(asked, "awaiting_return")
    path = f"/v1/refunds/{asked['refund_id']}"
    receipt, inspection = f"{path}/receipt", f"{path}/inspection"

    with pytest.raises(Refused, match=r"422 quantity_not_available.*0\.401 kg of line 'l1' received, 0\.4 kg still"):
        await shop.warehouse.post(receipt, {"lines": of_grapes("0.401")})
    with pytest.raises(Refused, match=r"422 validation_failed.*/lines/0/quantity.*'l2' has no unit"):
        await shop.warehouse.post(receipt, {"lines": [{"line_id": "l2", "quantity": "1"}]})
    await shop.warehouse.post(receipt, {"lines": of_grapes("0.3")})
    with pytest.raises(Refused, match=r"0\.1 kg accepted \+ 0\.1 kg rejected of line 'l1', 0\.3 kg received"):
        await shop.warehouse.post(inspection, {"lines": [{"line_id": "l1", "accepted": "0.1", "rejected": "0.1"}]})
    found = {"line_id": "l1", "accepted": "0.1", "rejected": "0.2", "lesser": "0.05", "disposition": "bruised"}
    await shop.warehouse.post(inspection, {"lines": [found]})
    done = await shop.until(asked, "completed")

    assert (of(done)["quantity"], of(done)["amount"], done["total"]) == ("0.1", 1_99, 1_99)
    said = {each["event"]: each["message"] for each in done["timeline"]}
    assert said["parcel_received"] == "parcel received: 0.3 kg of l1"
    assert said["inspected"] == "l1: 0.1 kg accepted, 0.2 kg rejected"


async def test_whole_kilograms_may_be_numbers_and_stay_numbers(shop: Shop) -> None:
    flour = {"line_id": "l1", "quantity": 3, "unit": "kg", "unit_price": 2_00}
    pushed = await shop.order(lines=[flour])

    refund = await shop.approved_refund(lines=of_grapes(1))
    left = await shop.merchant.get("/v1/orders/o1")

    assert (pushed["lines"][0]["quantity"], of(refund)["quantity"], of(refund)["amount"]) == (3, 1, 2_00)
    assert left["refundable"] == [{"line_id": "l1", "quantity": 2, "amount": 4_00}]


async def test_a_request_for_a_part_of_what_is_counted_is_refused(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=2), {**GRAPES, "line_id": "l2"}])

    with pytest.raises(Refused, match=r"422 validation_failed.*/lines/0/quantity.*'l1' has no unit"):
        await shop.quote(lines=of_grapes("0.5"))
    with pytest.raises(Refused, match=r"422 validation_failed.*finer than a thousandth"):
        await shop.quote(lines=[{"line_id": "l2", "quantity": "0.0001"}])
    with pytest.raises(
        Refused, match=r"422 quantity_not_available.*0\.5 kg of line 'l2' asked for, 0\.4 kg of 0\.4 kg"
    ):
        await shop.quote(lines=[{"line_id": "l2", "quantity": "0.5"}])
