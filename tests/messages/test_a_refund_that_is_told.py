"""A whole refund, with a mail server that refuses the first two attempts: it is paid meanwhile, and told."""

import asyncio

from sqlalchemy import text

from tests.messages.mail_server import Does, MailServer
from tests.shop import ANYTHING, IN_TIME_S, Shop


async def test_a_refund_is_paid_whatever_the_mail_server_does_and_its_messages_arrive_once_each(
    shop: Shop, mail: MailServer
) -> None:
    await shop.policy(auto_approve=ANYTHING)
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei"), "locale": "zh-CN"})
    await shop.order()

    mail.does(Does.GREYLISTS, Does.GREYLISTS)
    done = await shop.approved_refund()
    inbox = (await shop.merchant.get(f"/v1/customers/{shop.customer_id}/inbox"))["items"]
    async with asyncio.timeout(IN_TIME_S):
        while len(mail.letters) < len(inbox):
            await asyncio.sleep(0.2)
            await no_pause(shop)

    assert done["status"] == "completed"
    told = [letter.get_body(("plain",)) for letter in mail.letters]
    bodies = [part.get_content().splitlines()[2] for part in told if part is not None]
    assert sorted(bodies) == sorted(item["body"] for item in inbox)
    assert {letter["Subject"] for letter in mail.letters} == {"关于您的订单 o1 的退款"}


async def no_pause(shop: Shop) -> None:
    refused = "update deliveries set due_at = now() where ended_at is null and reason is not null and merchant_id = :m"
    async with shop.engine.begin() as connection:
        await connection.execute(text(refused), {"m": shop.merchant_id})
