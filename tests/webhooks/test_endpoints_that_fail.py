"""Endpoints refuse, are slow, die and come back: nothing is lost, nothing overtakes, and none waits for another."""

import asyncio
import base64
from collections import Counter

import pytest

from db import webhook_events
from db.engine import open_engine
from db.whose import Everyones, of_everyone
from domain.merchant_events import MerchantEvent
from gateways.addresses import Addresses
from gateways.posting import Poster
from service.vault import Vault
from tests.shop import IN_TIME_S, Shop
from tests.webhooks.desk import all_delivered, delete, endpoint, log, none_pending, until_logged
from tests.webhooks.receiver import Posted, receiving
from tools.stack.keys import kept_encryption_key
from tools.stack.stack import Stack
from upkeep.webhook_sender import WebhookSender


def in_order(posted: list[Posted]) -> bool:
    """Whether no event of a refund came, for the first time, before one that had happened earlier."""
    by_refund: dict[str, list[int]] = {}
    for each in posted:
        data = each.json["data"]
        seen = by_refund.setdefault(data["refund"]["refund_id"], [])
        if data["sequence"] not in seen:
            seen.append(data["sequence"])
    return all(seen == sorted(seen) for seen in by_refund.values())


async def test_what_is_refused_is_sent_again_under_its_id_before_what_follows_it(shop: Shop) -> None:
    async with receiving(status=500, says=b"not today") as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        await shop.approved_refund()
        await receiver.until(lambda posted: len(posted) >= 2)
        refused = list(receiver.posted)
        receiver.status = 200
        told = await until_logged(shop, all_delivered)

    assert {each.event_id for each in refused} == {told[0]["event_id"]}, "the first keeps the others waiting"
    assert in_order(receiver.taken) and len(receiver.taken) == len(told)
    first = told[0]["deliveries"][0]
    assert first["attempts"] == len(refused) + 1
    assert [(each["status_code"], each["answer"]) for each in first["log"][:2]] == [(500, "not today")] * 2


async def test_who_dies_and_comes_back_has_everything(shop: Shop) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        await receiver.stop()
        refunds = []
        for number in range(3):
            await shop.order(f"o{number}")
            refunds.append(await shop.refund(f"o{number}"))
        await until_logged(shop, lambda items: any(each["deliveries"][0]["attempts"] for each in items))
        await receiver.start()
        for refund in refunds:
            await shop.until(refund, "completed")
        told = await until_logged(shop, all_delivered)

        assert Counter(each.event_id for each in receiver.taken) == Counter(each["event_id"] for each in told)
        assert in_order(receiver.taken)
        assert any("ConnectError" in (attempt["trouble"] or "") for attempt in told[0]["deliveries"][0]["log"])


async def test_a_slow_and_a_dead_endpoint_keep_no_other_waiting(shop: Shop) -> None:
    async with receiving(delay_s=600) as slow, receiving() as quick, receiving() as dead:
        await endpoint(shop, slow, "a-slow")
        await endpoint(shop, dead, "b-dead")
        await endpoint(shop, quick, "quick")
        await dead.stop()
        await shop.order()
        await shop.approved_refund()
        await until_logged(shop, lambda items: any(each["type"] == "refund.completed" for each in items))
        await quick.until(lambda posted: any(each.type == "refund.completed" for each in posted))

        assert slow.posted == [], "the slow one has not answered anything yet"
        assert in_order(quick.posted)
        await dead.start()


async def test_who_answers_that_it_is_gone_is_disabled_and_others_are_told(shop: Shop) -> None:
    async with receiving(status=410) as gone, receiving() as other:
        await endpoint(shop, gone, "gone")
        await endpoint(shop, other, "other", event_types=["webhook_endpoint.disabled"])
        await shop.order()
        await shop.approved_refund()
        (told,) = await other.until(len)
        shown = await shop.owner.get("/v1/webhook-endpoints/gone")
        inbox = await shop.ops.get("/v1/inbox")

    assert told.json["data"] == {"endpoint_id": "gone", "url": gone.url, "because": "gone"}
    assert (shown["enabled"], shown["disabled_because"]) == (False, "gone")
    assert any("gone" in message["body"] for message in inbox["items"])
    # What waited for it is given up, and can be sent again by hand; also what was just being written.
    await until_logged(shop, lambda waiting: waiting == [], endpoint_id="gone", status="pending")


async def test_what_is_being_written_while_its_endpoint_is_disabled_or_deleted_is_given_up(shop: Shop) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver, "disabled")
        await endpoint(shop, receiver, "deleted")
        async with shop.engine.begin() as writing:
            await webhook_events.tell(writing, shop.merchant_id, MerchantEvent.REFUND_COMPLETED, "done", "{}")
            await endpoint(shop, receiver, "disabled", enabled=False)
            await delete(shop, "deleted")
        (event,) = await until_logged(shop, none_pending)

    assert {each["endpoint_id"]: each["status"] for each in event["deliveries"]} == {
        "deleted": "failed",
        "disabled": "failed",
    }
    assert receiver.posted == []


async def test_an_endpoint_that_takes_nothing_for_three_days_is_disabled_until_its_owner_enables_it(shop: Shop) -> None:
    async with receiving(status=503) as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        refund = await shop.approved_refund()
        await receiver.until(len)
        async with asyncio.timeout(IN_TIME_S):
            while (await shop.owner.get("/v1/webhook-endpoints/shop"))["enabled"]:
                async with shop.engine.begin() as connection:
                    await connection.exec_driver_sql(
                        "update webhook_endpoints set failing_since = failing_since - interval '3 days', "
                        "rests_until = now() where merchant_id = %s",
                        (shop.merchant_id,),
                    )
                    await connection.exec_driver_sql(
                        "update webhook_deliveries set next_at = now() where merchant_id = %s", (shop.merchant_id,)
                    )
                await asyncio.sleep(0.5)
        shown = await shop.owner.get("/v1/webhook-endpoints/shop")
        given_up = await log(shop)
        receiver.status = 200
        enabled = await endpoint(shop, receiver)
        again = await shop.merchant.post(f"/v1/webhook-events/{given_up[0]['event_id']}/redelivery", {})
        await receiver.until(lambda posted: posted[-1].status == 200)

    assert shown["disabled_because"] == "failing"
    assert {each["deliveries"][0]["status"] for each in given_up} == {"failed"}
    assert (enabled["enabled"], enabled["disabled_because"], enabled["secret"]) == (True, None, None)
    assert again["event_id"] == receiver.posted[-1].event_id
    assert receiver.posted[-1].json["data"]["refund"]["refund_id"] == refund["refund_id"]


async def test_an_event_is_sent_again_by_hand_with_the_same_id_and_letter_by_letter_the_same(shop: Shop) -> None:
    async with receiving() as receiver, receiving() as new_one:
        await endpoint(shop, receiver, event_types=["refund.completed"])
        await shop.order()
        await shop.approved_refund()
        (event,) = await until_logged(shop, all_delivered)
        await endpoint(shop, new_one, "new")
        await shop.ops.post(f"/v1/webhook-events/{event['event_id']}/redelivery", {"endpoint_id": "shop"})
        await shop.ops.post(f"/v1/webhook-events/{event['event_id']}/redelivery", {"endpoint_id": "new"})
        first, second = await receiver.until(lambda posted: len(posted) == 2)
        (third,) = await new_one.until(len)

    assert first.event_id == second.event_id == third.event_id == event["event_id"]
    assert first.body == second.body == third.body


async def test_what_is_sent_on_to_elsewhere_is_not_followed(shop: Shop) -> None:
    async with receiving() as elsewhere, receiving(status=307) as receiver:
        receiver.location = elsewhere.url
        await endpoint(shop, receiver, event_types=["refund.completed"])
        await shop.order()
        await shop.approved_refund()
        await receiver.until(len)
        (event,) = await until_logged(shop, lambda items: items[0]["deliveries"][0]["attempts"] > 0 if items else False)

    assert event["deliveries"][0]["log"][0]["status_code"] == 307
    assert elsewhere.posted == []


async def test_nothing_more_is_sent_to_an_endpoint_that_was_deleted(shop: Shop) -> None:
    async with receiving(status=500) as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        await shop.approved_refund()
        await receiver.until(len)
        assert await delete(shop) == 204
        given_up = await until_logged(shop, none_pending)
        assert {each["deliveries"][0]["status"] for each in given_up} == {"failed"}
        assert (await shop.owner.get("/v1/webhook-endpoints"))["items"] == []
        assert await delete(shop) == 404


async def test_a_worker_that_is_killed_while_it_sends_loses_nothing(shop: Shop, stack: Stack) -> None:
    async with receiving(delay_s=8) as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        refund = await shop.refund()
        await receiver.until_begun(1)
        for worker in [name for name in stack.children if name.startswith("worker")]:
            stack.kill(worker)
        receiver.delay_s = 0
        # A worker begins anew, and what the other had taken is free after half a minute.
        await shop.merchant.wait_for(refund["refund_id"], {"completed"}, within_s=4 * IN_TIME_S)
        told = await until_logged(shop, all_delivered, within_s=4 * IN_TIME_S)

    assert {each.event_id for each in receiver.taken} == {each["event_id"] for each in told}
    assert in_order(receiver.taken)


@pytest.fixture
def vault(stack: Stack) -> Vault:
    key_id, _, key = kept_encryption_key(stack.home).partition(":")
    return Vault({key_id: base64.b64decode(key)})


async def test_of_two_senders_one_works_for_an_endpoint(shop: Shop, stack: Stack, vault: Vault) -> None:
    """Each event comes once where nothing goes wrong, however many processes send."""
    engine = open_engine(stack.description.database_url, pool_size=4)
    async with receiving(delay_s=0.2) as receiver, Poster(Addresses(["http://127.0.0.1"])) as poster:
        others = [WebhookSender(engine, vault, poster) for _ in range(2)]
        with of_everyone(Everyones.KEEPERS):
            rounds = [asyncio.create_task(each.round()) for each in others]
        await endpoint(shop, receiver)
        for number in range(3):
            await shop.order(f"o{number}")
            await shop.approved_refund(f"o{number}")
        told = await until_logged(shop, all_delivered)
        await asyncio.gather(*rounds)
        for each in others:
            await each.stop()
    await engine.dispose()

    assert Counter(each.event_id for each in receiver.posted) == Counter(each["event_id"] for each in told)
    assert in_order(receiver.posted)


async def test_whose_secret_can_not_be_read_is_sent_nothing_and_waits(shop: Shop) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        async with shop.engine.begin() as connection:
            await connection.exec_driver_sql(
                "update webhook_secrets set key_id = 'gone' where merchant_id = %s", (shop.merchant_id,)
            )
        await shop.order()
        await shop.approved_refund()
        await until_it_rests(shop)
        waiting = await log(shop)

    assert receiver.posted == [] and {each["deliveries"][0]["status"] for each in waiting} == {"pending"}


async def until_it_rests(shop: Shop) -> None:
    asked = "select rests_until > now() + interval '30 s' from webhook_endpoints where merchant_id = %s"
    async with asyncio.timeout(IN_TIME_S):
        while True:
            async with shop.engine.connect() as connection:
                if (await connection.exec_driver_sql(asked, (shop.merchant_id,))).scalar():
                    return
            await asyncio.sleep(0.2)
