"""Rule 34: a picture that an earlier refund showed, of whichever customer, speaks against the refund that shows it."""

from PIL import Image

from tests.api.test_evidence import asks, send
from tests.photographs import as_file, photograph
from tests.shop import Shop
from tools.client import Json


async def shown(shop: Shop, customer_id: str, picture: Image.Image, order_id: str) -> Json:
    """A customer asks for a refund and shows a picture; returns it with its risk judged, as a reviewer sees it."""
    key = await shop.customer_key(customer_id)
    sent = await send(shop, key, as_file(picture, quality=70))
    assert sent.status_code == 201, sent.text
    asked = await asks(shop, key, sent.json()["evidence"], order_id=order_id)
    assert asked.status_code == 202, asked.text
    await shop.until_judged(asked.json())
    seen: Json = await shop.reviewer.get(f"/v1/refunds/{asked.json()['refund_id']}")
    return seen


def why(refund: Json) -> list[tuple[str, int, str]]:
    reasons = [(each["code"], each["points"], each["message"]) for each in refund["risk"]["reasons"]]
    return [each for each in reasons if each[0] == "same_picture"]


async def test_a_reviewer_reads_which_refund_of_another_customer_showed_the_same_picture(
    shop: Shop, other_shop: Shop
) -> None:
    for each, order_id, customer_id in ((shop, "o1", "lilei"), (shop, "o2", "han"), (other_shop, "o1", "han")):
        await each.order(order_id, customer_id=customer_id)
    width, height = 640, 480
    picture = photograph(1, (width, height))
    cut = picture.crop((20, 0, width, height - 20)).resize((300, 220))

    first = await shown(shop, "lilei", picture, "o1")
    second = await shown(shop, "han", cut, "o2")
    elsewhere = await shown(other_shop, "han", cut, "o1")

    assert why(first) == [] == why(elsewhere)
    assert why(second) == [("same_picture", 40, f"a picture of it was shown before: {first['refund_id']}")]


async def test_who_asks_again_for_the_same_order_shows_the_same_picture_and_another_picture_is_another(
    shop: Shop,
) -> None:
    await shop.order("o1")
    await shop.order("o2")

    first = await shown(shop, shop.customer_id, photograph(1), "o1")
    await shop.merchant.post(f"/v1/refunds/{first['refund_id']}/cancel", {})
    await shop.until(first, "cancelled")
    again = await shown(shop, shop.customer_id, photograph(1), "o1")
    other = await shown(shop, shop.customer_id, photograph(2), "o2")

    assert why(again) == [] == why(other)
