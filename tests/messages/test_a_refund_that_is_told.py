"""A whole refund, with servers of mail and SMS that refuse the first two attempts: it is paid meanwhile, and told."""

import asyncio
import secrets
from collections import Counter

from aiohttp import web
from sqlalchemy import text

from tests.messages.mail_server import Does, MailServer
from tests.messages.sms_peers import Does as DoesBySms
from tests.messages.sms_peers import TwilioPeer, serving
from tests.shop import ANYTHING, IN_TIME_S, Shop, a_line, a_payment
from tests.workflows.test_payouts import gateway_refunds


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


async def test_card_gift_card_and_points_come_back_once_though_the_card_times_out_and_nobody_takes_messages_at_first(
    shop: Shop, mail: MailServer, twilio_port: int
) -> None:
    phone = f"+4477008{secrets.randbelow(10**5):05}"
    await shop.policy(auto_approve=ANYTHING)
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"email": shop.address_of("lilei"), "phone": phone})
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 500})
    gift_card = {"payment_id": "gift", "method": "gift_card", "gateway_ref": "gc-1", "amount": 50_00}
    await shop.order(
        lines=[a_line("l1", unit_price=150_00)],
        discounts=[{"source": "points", "points": 500, "amount": 5_00}],
        payments=[a_payment("card", 95_00, "ch-o1"), gift_card],
        points_earned=300,
    )
    await shop.behave("ch-o1", "timeout_after_paying")
    mail.does(Does.GREYLISTS, Does.GREYLISTS)
    carrier = BusyAtFirst(phone)

    async with serving(carrier, twilio_port):
        done = await shop.approved_refund()
        ends = await how_messages_end(shop)

    paid = {each["payment_id"]: (each["amount"], each["status"]) for each in done["payouts"]}
    assert paid == {"card": (95_00, "succeeded"), "gift": (50_00, "succeeded")}
    assert await gateway_refunds(shop) == [("ch-o1", 95_00, "succeeded")]
    assert (await shop.customer())["points"]["balance"] == 500
    assert set(ends) == {("email", "sent"), ("sms", "sent")}
    assert len({letter["Message-ID"] for letter in mail.letters}) == len(mail.letters) == ends["email", "sent"]
    texts = [each["body"] for each in carrier.taken if each["to"] == phone]
    assert len(texts) == ends["sms", "sent"]
    assert len([each for each in texts if "¥145.00" in each]) == 1


class BusyAtFirst(TwilioPeer):
    """Breaks down at the first two messages to a number; those of other tests, which come here as well, it takes."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number
        self._refused = 0

    async def send(self, request: web.Request) -> web.StreamResponse:
        if (await request.post())["To"] == self._number and self._refused < 2:
            self._refused += 1
            self.next.appendleft(DoesBySms.BREAKS_DOWN)
        return await super().send(request)


async def how_messages_end(shop: Shop) -> Counter[tuple[str, str]]:
    """Wait until each message of the shop is planned and each delivery has ended; by channel and outcome, how many."""
    waiting = """
        select (select count(*) from messages where merchant_id = :m and recipient is not null and planned_at is null)
             + (select count(*) from deliveries where merchant_id = :m and ended_at is null)
    """
    async with asyncio.timeout(IN_TIME_S):
        while True:
            await no_pause(shop)
            async with shop.engine.connect() as connection:
                if not (await connection.execute(text(waiting), {"m": shop.merchant_id})).scalar_one():
                    break
            await asyncio.sleep(0.2)
    async with shop.engine.connect() as connection:
        ended = text("select channel, outcome from deliveries where merchant_id = :m")
        return Counter(tuple(row) for row in await connection.execute(ended, {"m": shop.merchant_id}))


async def no_pause(shop: Shop) -> None:
    refused = "update deliveries set due_at = now() where ended_at is null and reason is not null and merchant_id = :m"
    async with shop.engine.begin() as connection:
        await connection.execute(text(refused), {"m": shop.merchant_id})
