"""Several accounts on one payment are a risk that a reviewer reads of (rule 34)."""

from tests.shop import Shop, a_payment
from tools.client import Json


async def an_order_paid_with(shop: Shop, instrument: str, customer_id: str) -> str:
    order_id = f"o-{customer_id}"
    paid = {**a_payment("p1", 120_000, f"ch-{order_id}"), "instrument": instrument}
    await shop.order(order_id, customer_id=customer_id, payments=[paid])
    return order_id


async def risk_of(shop: Shop, order_id: str) -> dict[str, int]:
    refund = await shop.refund(order_id)
    judged: Json = await shop.until(refund, "completed")
    return {reason["code"]: reason["points"] for reason in judged["risk"]["reasons"]}


async def test_every_other_account_on_the_same_card_adds_to_the_risk(shop: Shop) -> None:
    for customer_id in ("lilei", "hanmeimei", "lucy"):
        await an_order_paid_with(shop, "card-1", customer_id)
    await an_order_paid_with(shop, "card-2", "jim")

    assert await risk_of(shop, "o-lilei") == {"shared_payment": 30}
    assert await risk_of(shop, "o-jim") == {}


async def test_payments_of_which_nothing_is_known_have_nothing_in_common(shop: Shop) -> None:
    for customer_id in ("lilei", "hanmeimei"):
        await an_order_paid_with(shop, "", customer_id)

    assert await risk_of(shop, "o-lilei") == {}


async def test_accounts_of_other_merchants_are_nobodys_business(shop: Shop, other_shop: Shop) -> None:
    await an_order_paid_with(other_shop, "card-1", "hanmeimei")
    await an_order_paid_with(shop, "card-1", "lilei")

    assert await risk_of(shop, "o-lilei") == {}


async def test_the_order_shows_its_instrument_as_it_was_pushed(shop: Shop) -> None:
    order_id = await an_order_paid_with(shop, "card-1", "lilei")

    assert (await shop.merchant.get(f"/v1/orders/{order_id}"))["payments"][0]["instrument"] == "card-1"
